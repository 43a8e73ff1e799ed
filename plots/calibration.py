"""How far to trust a run: what calibration.csv says about the harness on this machine, and forecast.csv about the run.

Lookups, tables and sentences; nothing here estimates anything. Rows of a figure that has no trials yet say so.
"""

import wording

ALL = "all"
FRESH, FIXED, ONE_AFTER_OTHER, FEW = "fresh_layouts", "fixed_layout", "one_after_other", "layouts_"
STATUSES = ("met", "missed", "more trials needed", "no target")
TOO_FEW = "too few"

FIGURES = {
    "false_differences": "intervals without zero",
    "false_differences_relative": "intervals without zero, relative",
    "false_differences_over_looks": "the same over all looks of a profile",
    "missed_median": "intervals without the median",
    "missed_mean": "intervals without the mean",
    "called_different": "called faster or slower, all gates",
    "covered": "intervals that hold the true effect",
    "found": "found with the right sign",
    "half_width": "half-width of the interval",
    "bias": "mean error of the estimate",
    "confirmed": "confirmed at the very end of the region",
    "refuted": "refuted at the very end of the region",
    "interval_confirmed": "confirmed there by the interval alone",
    "interval_refuted": "refuted there by the interval alone",
    "sd_ratio": "spread over that of pairs in one process",
    "identical": "counts equal to the first",
    "contradicted": "parts confirmed in one report, refuted in another",
    "same_verdict": "parts that every report judges the same",
    "false_batch_dependent": "called batch-dependent where nothing is",
    "imprecise": "could not be told",
    "not_shown": "reached, and not shown",
    "mde": "MDE as printed",
    "mde_ratio": "effect really found that often, over the MDE",
}
PROPERTIES = {"aa": "identical code", "linearity": "size of the batch", "state": "state of an op",
              "truth": "known truths", "margin": "at a margin", "power": "power", "pairing": "pairing",
              "ablation": "ablation", "simulation": "simulation", "instructions": "instructions",
              "reports": "whole reports"}


def subject_of(row):
    return f"{PROPERTIES.get(row['property'], row['property'])}, " + ("all" if row["subject"] == ALL else f"`{row['subject']}`")


def figure_words(row):
    return FIGURES.get(row["figure"], row["figure"].replace("_", " "))


def unit_of(row):
    return "times" if row["unit"] == "ratio" else wording.UNIT_SIGNS.get(row["unit"], row["unit"])


def digits(value):
    """Three of them: no rate here is known better."""
    return wording.number(float(f"{value:.3g}"))


def seen(row):
    """'0.9 %' or 'none yet' where there was no trial."""
    if row["value"] is None:
        return "none yet"
    return f"{digits(row['value'])} {unit_of(row)}".strip()


def times(row):
    """'9 of 1000', or how many trials a figure that is no rate comes from."""
    if row["trials"] is None:
        return ""
    return str(row["trials"]) if row["count"] is None else f"{row['count']} of {row['trials']}"


def bounds(row):
    if row["low"] is None or row["high"] is None or row["value"] is None:
        return ""
    return f"[{digits(row['low'])}, {digits(row['high'])}]"


def with_bounds(row):
    return " ".join(text for text in (seen(row), bounds(row)) if text)


def short(row, key):
    return "" if row[key] is None else str(row[key])


def targets(run):
    """The table of what was asked of the harness, and why what was missed was missed; None where nothing was."""
    rows = [row for row in run.calibration if row["target"] is not None]
    if not rows:
        return None
    table = wording.table(("Of", "Figure", "N", "Seen", "Bounds", "Trials", "Target", "Status"),
                          [(subject_of(row), figure_words(row), short(row, "processes"), seen(row), bounds(row), times(row),
                            row["target"], row["status"]) for row in rows])
    reasons = [{"name": f"{subject_of(row)}, {figure_words(row)}" + (f", N = {row['processes']}" if row["processes"] else ""),
                "status": row["status"], "reason": row["reason"] or "no reason given"}
               for row in rows if row["status"] == "missed"]
    count = {status: sum(row["status"] == status for row in rows) for status in STATUSES}
    return {"table": table, "reasons": reasons, "count": count, "total": len(rows)}


# What single parts of the design are worth.

def design_name(design):
    """As short as a figure needs it."""
    if design == FIXED:
        return "one layout"
    return f"{design.removeprefix(FEW)} layouts" if design.startswith(FEW) else design.replace("_", " ")


def design_words(design):
    if design == FIXED:
        return "one layout an arm for a whole trial"
    if design == ONE_AFTER_OTHER:
        return "the arms one after the other"
    if design.startswith(FEW):
        return f"{design.removeprefix(FEW)} layouts an arm"
    return "fresh layouts"


def false_differences(run):
    """[(subject, processes, rows by design)]: the same pairs of identical code under every design that was tried."""
    found = {}
    for row in run.calibration:
        if row["figure"] == "false_differences" and row["value"] is not None and row["property"] in ("aa", "ablation", "pairing") and row["subject"] != ALL:
            found.setdefault((row["subject"], row["processes"]), {})[row["design"]] = row
    return [(*key, rows) for key, rows in found.items() if FRESH in rows and len(rows) > len((FRESH,))]


def ablations(run):
    """Sentences: to what the false differences rise without fresh layouts, or without turns."""
    sentences = []
    for subject, processes, rows in false_differences(run):
        others = [f"with {design_words(design)} {with_bounds(row)}" for design, row in rows.items() if design != FRESH]
        sentences.append(f"`{subject}` against itself, N = {processes}: intervals without zero are {with_bounds(rows[FRESH])} with "
                         f"fresh layouts, {', '.join(others)}.")
    return sentences


def pairing(run):
    sentences = []
    for row in run.calibration:
        if row["figure"] == "sd_ratio" and row["value"] is not None:
            how = "with all batches of an arm before those of the next" if row["design"] == ONE_AFTER_OTHER else \
                "with the arms in successive processes"
            sentences.append(f"`{row['subject']}`, {how}: {digits(row['value'])} {bounds(row)} times the spread.")
    return sentences


def every_figure(run):
    rows = [(subject_of(row), row["design"], figure_words(row),
             "" if row["true_effect"] is None else f"{wording.number(row['true_effect'])} {row['true_effect_unit'] or ''}".strip(),
             short(row, "processes"), "" if row["confidence"] is None else wording.confidence(row["confidence"]), with_bounds(row),
             times(row), row["status"]) for row in run.calibration]
    return wording.table(("Of", "Design", "Figure", "True effect", "N", "Interval", "Seen", "Trials", "Status"), rows)


def reports(run):
    """Verdicts of several whole reports of one program here, part by part; None without."""
    numbers = sorted({row["report"] for row in run.calibration_reports})
    if not numbers:
        return None
    parts = {}
    for row in run.calibration_reports:
        parts.setdefault((row["claim"], row["part"]), {})[row["report"]] = row
    rows = []
    for (claim, part), by_report in parts.items():
        if part == ALL:
            continue
        seen = list(by_report.values())
        verdicts = [row["verdict"] for row in seen]
        estimates = [row["estimate"] for row in seen if row["estimate"] is not None]
        same = len(set(verdicts)) == len(verdicts[:1])
        figures = "" if not estimates else wording.quantity(estimates[0], seen[0]["unit"]) if min(estimates) == max(estimates) else \
            f"{wording.coarse(min(estimates), seen[0]['unit'])} to {wording.coarse(max(estimates), seen[0]['unit'])}"
        rows.append((f"{claim}{part}", verdicts[0] if same else "; ".join(verdicts), figures))
    profile = run.calibration_reports[0]["profile"]
    return {"count": len(numbers), "profile": profile, "table": wording.table(("Part", f"Verdict of all {len(numbers)}; or of each", "Estimates"), rows)}


# Figures.

def power_points(run):
    """{curve: [(effect over the MDE printed, row)]}: a curve a real op, and one for all known truths of the kernels."""
    printed = {(row["subject"], row["unit"]): row["value"] for row in run.calibration if row["figure"] == "mde"}
    curves = {}
    for row in run.calibration:
        if row["property"] != "power" or row["figure"] != "found" or row["value"] is None or row["true_effect"] is None:
            continue
        if row["true_effect_unit"] == "mde":
            curves.setdefault(row["subject"], []).append((row["true_effect"], row))
            continue
        mde = printed.get((row["subject"], row["true_effect_unit"]))
        if mde:
            curves.setdefault("", []).append((row["true_effect"] / mde, row))
    return {name: sorted(points, key=lambda point: point[0]) for name, points in curves.items()}


def covered(run):
    """Rows of coverage, the sum of all of them last."""
    rows = [row for row in run.calibration if row["property"] == "truth" and row["figure"] == "covered" and row["value"] is not None]
    return sorted(rows, key=lambda row: row["subject"] == ALL)


def missing_power(run):
    return None if power_points(run) else "calibration.csv has no power of this machine" if run.calibration else NEVER


def missing_coverage(run):
    return None if covered(run) else "calibration.csv has no coverage of this machine" if run.calibration else NEVER


NEVER = "this machine was not calibrated"


# The forecast.

def needed(row):
    """'160 (57 to more than there are)': processes needed, and at both ends of the spread's interval."""
    def count(value):
        return "beyond reach" if value is None else wording.number(float(f"{value:.1e}"))

    return f"{count(row['processes_needed'])} ({count(row['processes_needed_low'])} to {count(row['processes_needed_high'])})"


def forecast(run):
    """What a few processes ahead of the run foretold; None for a run without."""
    if not run.forecast:
        return None
    rows = [(f"{row['claim']}{row['part']}", f"`{row['contrast']}`", f"`{row['workload']}`", wording.coarse(row["process_sd"], row["unit"]),
             "" if row["margin"] is None else wording.coarse(row["margin"], row["unit"]), needed(row), row["processes_planned"],
             row["outlook"]) for row in run.forecast]
    few = list(dict.fromkeys(f"{row['claim']}{row['part']}" for row in run.forecast if row["outlook"] == TOO_FEW))
    return {"table": wording.table(("Part", "Contrast", "Workload", "sd", "Margin", "Needed", "Planned", "Outlook"), rows),
            "few": few, "processes": wording.number(max(row["forecast_processes"] for row in run.forecast))}


def trials_of(rows):
    counts = sorted({row["trials"] for row in rows if row["trials"] is not None})
    return " to ".join(map(str, dict.fromkeys((*counts[:1], *counts[-1:]))))


def context(run):
    rates = covered(run) + [row for _, _, by_design in false_differences(run) for row in by_design.values() if row["value"] is not None]
    return {"power_trials": trials_of(row for points in power_points(run).values() for _, row in points),
            "coverage_trials": trials_of(rates),
            "targets": targets(run), "ablations": ablations(run), "pairing": pairing(run), "there": bool(run.calibration),
            "forecast": forecast(run), "reports": reports(run), "every": every_figure(run) if run.calibration else None}
