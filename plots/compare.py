#!/usr/bin/env python3
"""Writes COMPARE.md and figures/ of a directory that `encbench compare` made: compare.py DIRECTORY

Every figure comes from the directory's CSV files (harness/compare.h says what they hold); the prose is compare.md.j2. Ends with a few
lines on standard output. The same files give the same bytes. Bad input: one line, exit status two.
"""

import math
from pathlib import Path

import jinja2
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import figures  # noqa: E402
import style  # noqa: E402
import subject  # noqa: E402
import wording  # noqa: E402
from report import folded, seen_from_here  # noqa: E402
from rundir import SOURCE, ArgumentParser, InputError, check_replaceable, read_csv, replacing, run_main, schema  # noqa: E402

TABLES = ("compare_runs", "compare_facts", "compare_verdicts", "compare_effects", "compare_metrics", "compare_counts")
NOT_COMPARABLE = "not comparable"
OPPOSED = ("contradict", "opposite directions")
# Facts of run.csv that two runs differ in whatever they measured, or that the table of runs says already.
OWN_FACTS = ("command", "seed", "profile", "processes", "processes_void", "look_processes", "error_share", "chain_iterations",
             "chain_multiply_iterations", "for_conclusions", "complete", "selection", "git_revision", "git_dirty", "process_ms")
OWN_ENDINGS = ("_sha256", "_crc32")
CONTROLS = ("twin", "planted")
RUN_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK, style.OTHER)


class Comparison:
    """The tables of a directory of `compare` as attributes."""

    def __init__(self, directory):
        self.path = Path(directory)
        if not self.path.is_dir():
            raise InputError(f"{directory}: not a directory, expected one that `encbench compare` made")
        tables = schema()
        self.files = {name: tables[name][0] for name in TABLES}
        for name in TABLES:
            setattr(self, name.removeprefix("compare_"), read_csv(self.path / tables[name][0], tables[name][1]))
        self.compared = [row for row in self.runs if row["compared"] == "yes"]
        self.base = next((row for row in self.runs if row["base"] == "yes"), None)
        if self.base is None:
            raise InputError(f"{self.path / self.files['compare_runs']}: no run is the base; expected one")

    def count(self, what):
        for row in self.counts:
            if row["what"] == what:
                return row["count"]
        raise InputError(f"{self.path / self.files['compare_counts']}: no count of {what}")

    def groups(self, rows, *columns):
        """Rows of one thing, a row a run: [(key, {run: row})] in the order of the file."""
        found = {}
        for row in rows:
            found.setdefault(tuple(row[column] for column in columns), {})[row["run"]] = row
        return list(found.items())


def heading(row):
    return f"{row['run']}: {row['name']}"


def run_table(comparison):
    rows = [(row["run"], row["name"], row["profile"] or "", row["fingerprint"] or "", row["valid"] or "", row["reason"] or "")
            for row in comparison.runs]
    return wording.table(("Run", "Name", "Profile", "Fingerprint", "Valid", "Why not"), rows)


def is_own(by_run):
    """Facts that any two runs differ in, or any two builds: they say nothing about the machine."""
    row = next(iter(by_run.values()))
    if row["source"] == "machine":
        return any(row["status"] == "volatile" for row in by_run.values())
    return row["key"] in OWN_FACTS or row["key"].startswith("select_") or row["key"].endswith(OWN_ENDINGS)


def fact_text(row):
    return row["value"] or ("not visible" if row["status"] == "not visible" else "-")


def fact_tables(comparison):
    """Facts that differ: those about machine and build, and the rest folded."""
    tables = {True: [], False: []}
    for (_, key), by_run in comparison.groups(comparison.facts, "source", "key"):
        if any(row["differs"] == "yes" for row in by_run.values()):
            tables[is_own(by_run)].append((f"`{key}`", *(fact_text(by_run[run["run"]]) for run in comparison.compared)))
    header = ("Fact", *(heading(run) for run in comparison.compared))
    rest = tables[True]
    return {"machine": wording.table(header, tables[False]) if tables[False] else None,
            "rest": folded(f"{len(rest)} more that any two runs differ in: seeds, counts, hashes", wording.table(header, rest))
            if rest else None}


def agreement_of(by_run):
    return next(iter(by_run.values()))["agreement"]


def rows_by_run(comparison, name, by_run, cells):
    """The rows of one thing: its name and whether the runs agree stand on the first only."""
    agreement = agreement_of(by_run)
    agreement = f"**{agreement}**" if agreement in OPPOSED else agreement
    for place, run in enumerate(comparison.compared):
        yield (name if place == 0 else "", heading(run), *cells(by_run[run["run"]]), agreement if place == 0 else "")


def verdict_cells(row):
    if row["verdict"] is None:
        return "-", ""
    return row["verdict"], wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])


def verdict_table(comparison, parts):
    rows = [line for (claim, part), by_run in parts for line in rows_by_run(
        comparison, f"{claim}{part}", by_run, verdict_cells)]
    return wording.table(("Part", "Run", "Verdict", "Figure", "Of all runs"), rows)


def verdict_tables(comparison):
    """Parts that some decide and others not, or otherwise; then all."""
    parts = [(key, by_run) for key, by_run in comparison.groups(comparison.verdicts, "claim", "part") if key[1] != "all"]
    differing = [item for item in parts if agreement_of(item[1]) in ("contradict", "some undecided")]
    return {"differing": verdict_table(comparison, differing) if differing else None,
            "all": folded(f"all {len(parts)} parts", verdict_table(comparison, parts)) if parts else None}


def effects(comparison, *, controls):
    """Those that can be compared: [((workload, panel, contrast), {run: row})]."""
    return [(key, by_run) for key, by_run in comparison.groups(comparison.effects, "workload", "panel", "contrast")
            if (next(iter(by_run.values()))["kind"] in CONTROLS) == controls
            and agreement_of(by_run) != NOT_COMPARABLE]


def effect_cells(comparison):
    invalid = {row["run"] for row in comparison.compared if row["valid"] != "yes"}

    def cells(row):
        if row["estimate_percent"] is None:
            return "-", ""
        if row["run"] in invalid:
            return "the run is not valid", ""
        effect = wording.effect({"estimate": row["estimate_percent"], "ci_low": row["ci_low_percent"], "ci_high": row["ci_high_percent"],
                                 "unit": "percent", "words": row["words"], "kind": row["kind"]})
        if row["change_percent"] is None:
            return effect, row["reason"] or ""
        change = wording.interval(row["change_percent"], row["change_low_percent"], row["change_high_percent"], "percent")
        return effect, f"**{change}**" if row["changed"] == "yes" else change

    return cells


def effect_table(comparison, chosen, *, workloads=False):
    rows = [line for (workload, _, contrast), by_run in chosen for line in rows_by_run(
        comparison, f"`{contrast}`" + (f" `{workload}`" if workloads else ""), by_run, effect_cells(comparison))]
    return wording.table(("Contrast", "Run", "Within the run", f"Change over run {comparison.base['run']}", "Of all runs"), rows)


def effect_tables(comparison):
    """A table a workload; that of the op first and open, the others folded."""
    tables = {}
    for key, by_run in effects(comparison, controls=False):
        tables.setdefault(key[0], []).append((key, by_run))
    op = tables.pop(subject.OP, None)
    rest = []
    for workload, chosen in tables.items():
        shown = sum(agreement_of(by_run) == "same direction" for _, by_run in chosen)
        rest.append(folded(f"{workload}: {len(chosen)} effects, {shown} in the same direction", effect_table(comparison, chosen)))
    controls = effects(comparison, controls=True)
    return {"op": effect_table(comparison, op) if op else None, "rest": "\n\n".join(rest),
            "controls": folded(f"{len(controls)} effects of twins and planted arms", effect_table(comparison, controls, workloads=True))
            if controls else None}


def differing_metrics(comparison):
    return [(key, by_run) for key, by_run in comparison.groups(comparison.metrics, "variant", "workload", "metric")
            if agreement_of(by_run) == "differ"]


def ratios_text(rows, base, run):
    """How far a run's figures are from the base's: from the smallest to the largest ratio."""
    ratios = [by_run[run]["value"] / by_run[base]["value"] for by_run in rows if by_run[run]["value"] is not None and by_run[base]["value"]]
    if not ratios:
        return "-"
    ends = [wording.interval(100 * (ratio - 1), None, None, "percent") for ratio in (min(ratios), max(ratios))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def metric_tables(comparison):
    """How often each figure differs and by how much; row by row only as long as that can be read."""
    differing, metrics = differing_metrics(comparison), {}
    for (_, _, metric), by_run in differing:
        metrics.setdefault(metric, []).append(by_run)
    others = [run for run in comparison.compared if run is not comparison.base]
    summary = [(f"`{metric}`", len(rows), *(ratios_text(rows, comparison.base["run"], run["run"]) for run in others))
               for metric, rows in metrics.items()]
    header = ("Metric", "Differ", *(f"{heading(run)}, over run {comparison.base['run']}" for run in others))
    rows = [(f"`{metric}`", f"`{variant}`", f"`{workload}`", *(metric_text(by_run[run["run"]]) for run in comparison.compared))
            for (variant, workload, metric), by_run in differing]
    table = wording.table(("Metric", "Variant", "Workload", *(heading(run) for run in comparison.compared)), rows) if rows else None
    return {"summary": wording.table(header, summary) if summary else None,
            "rows": folded(f"these {len(rows)} figures", table) if rows and len(rows) <= 50 else None}


def metric_text(row):
    return row["status"] if row["value"] is None else wording.number(row["value"])


def not_comparable_table(comparison):
    """What was left out, by reason."""
    reasons = {}
    for kind, rows, columns in (("parts of claims", comparison.verdicts, ("claim", "part")),
                                ("effects", comparison.effects, ("panel", "workload", "contrast")),
                                ("exact figures", comparison.metrics, ("variant", "workload", "metric"))):
        for key, by_run in comparison.groups(rows, *columns):
            if agreement_of(by_run) == NOT_COMPARABLE and key[-1] != "all":
                reasons.setdefault((kind, next(iter(by_run.values()))["reason"]), []).append(key)
    rows = [(len(keys), kind, f"{keys[0][0]}{keys[0][1]}" if kind == "parts of claims" else f"`{keys[0][-1]}`", reason)
            for (kind, reason), keys in reasons.items()]
    return wording.table(("Count", "What", "The first", "Why"), rows) if rows else None


# The figure: ratios within each run, one below the other.

def drawn(comparison):
    """Effects on the op that at least two valid runs measured, the largest first: [(contrast, {run: row})]."""
    valid = {row["run"] for row in comparison.compared if row["valid"] == "yes"}
    chosen = {}
    for (workload, _, contrast), by_run in effects(comparison, controls=False):
        rows = {run: row for run, row in by_run.items() if row["estimate_percent"] is not None and run in valid}
        if workload == subject.OP and len(rows) > 1:
            chosen.setdefault(contrast, rows)
    return sorted(chosen.items(), key=lambda item: -max(abs(row["estimate_percent"]) for row in item[1].values()))


def split_by_magnitude(rows):
    """Panels, so that a hundredth of a percent can be read beside a third: a new one wherever the largest is ten times smaller."""
    panels = []
    for contrast, by_run in rows:
        size = max(abs(row["estimate_percent"]) for row in by_run.values())
        if not panels or size * 10 < panels[-1][0]:
            panels.append((size, []))
        panels[-1][1].append((contrast, by_run))
    return [panel for _, panel in panels]


def draw(comparison):
    panels = split_by_magnitude(drawn(comparison))
    runs = [run["run"] for run in comparison.compared]
    row_inches, gap, head, foot = 0.13 * len(runs) + 0.12, 0.42, 0.2 + 0.17 * math.ceil(len(runs) / 2), 0.25
    height = head + foot + sum(row_inches * len(panel) + gap for panel in panels)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    top = height - head
    for panel in panels:
        tall = row_inches * len(panel)
        axes = figure.add_axes([0.24, (top - tall) / height, 0.72, tall / height])
        draw_panel(axes, panel, runs)
        top -= tall + gap
    handles = [plt.Line2D([], [], color=RUN_COLOURS[i % len(RUN_COLOURS)], marker=style.MARKERS[i % len(style.MARKERS)], markersize=5,
                          linewidth=2, label=heading(run)) for i, run in enumerate(comparison.compared)]
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.01, 1 - 0.03 / height), ncol=2, frameon=False, fontsize=8)
    figure.text(0.6, 0.1 / height, "contender - baseline within each run: faster to the left, slower to the right", ha="center",
                va="center", fontsize=8)
    return figure


def draw_panel(axes, panel, runs):
    for y, (_, by_run) in enumerate(panel):
        for run, row in by_run.items():
            place = runs.index(run)
            at = y + (place - (len(runs) - 1) / 2) * 0.75 / len(runs)
            colour, marker = RUN_COLOURS[place % len(RUN_COLOURS)], style.MARKERS[place % len(style.MARKERS)]
            ends = [row["ci_low_percent"], row["ci_high_percent"]]
            if all(map(math.isfinite, ends)):
                axes.plot(ends, [at, at], color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
            axes.plot([row["estimate_percent"]], [at], color=colour, marker=marker, markersize=4.5, markeredgecolor=style.INK,
                      markeredgewidth=0.5, zorder=4)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=2)
    axes.set_ylim(len(panel) - 0.5, -0.5)
    axes.set_yticks(range(len(panel)), [contrast for contrast, _ in panel], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(lambda x, _: f"{wording.number(round(x, 6))} %")


def write_figure(comparison):
    folder = comparison.path / "figures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    figure = draw(comparison)
    for kind in figures.KINDS:
        with replacing(folder / f"compare.{kind}") as partial:
            figures.write_matplotlib(figure, partial, kind)
    plt.close(figure)


def context(comparison):
    confidences = [row["change_confidence"] for row in comparison.effects
                   if row["change_confidence"] is not None and row["kind"] not in CONTROLS]
    return {
        "counts": {row["what"]: row["count"] for row in comparison.counts}, "files": comparison.files, "runs": run_table(comparison),
        "count": len(comparison.runs), "left_out": [row for row in comparison.runs if row["compared"] != "yes"],
        "invalid": [row for row in comparison.compared if row["valid"] != "yes"], "facts": fact_tables(comparison),
        "same_machine": len({row["fingerprint"] for row in comparison.compared}) == 1,
        "verdicts": verdict_tables(comparison), "effects": effect_tables(comparison), "metrics": metric_tables(comparison),
        "not_comparable": not_comparable_table(comparison), "figure": bool(drawn(comparison)), "op": subject.OP,
        "base": heading(comparison.base), "base_run": comparison.base["run"],
        "confidence": wording.confidence(confidences[0]) if confidences else None,
        "by_chance": wording.number(round(sum(1 - each for each in confidences), 1)),
    }


def say(comparison):
    """What came of it, in a few lines for the terminal."""
    count = comparison.count
    lines = [
        ("verdicts", f"{count('parts decided the same by all')} of {count('parts of claims in common')} parts decided the same by all, "
                     f"{count('parts confirmed by one and refuted by another')} contradicted, {count('parts decided by none')} decided by none"),
        ("effects", f"{count('effects shown in the same direction by all')} of {count('effects in common')} shown in the same direction by "
                    f"all, {count('effects shown in opposite directions')} in opposite ones"),
        ("changes", f"{count('changes whose interval leaves out 0')} of {count('changes of an effect with an interval')} differ from run "
                    f"{comparison.base['run']}; of twins, where nothing can, "
                    f"{count('changes of a twin whose interval leaves out 0')} of {count('changes of a twin with an interval')}"),
        ("exact", f"{count('exact figures that differ')} of {count('exact figures in common')} differ"),
    ]
    lines += [("left out", f"{row['name']}: {row['reason']}") for row in comparison.runs if row["compared"] != "yes"]
    lines += [("invalid", f"{row['name']}: {row['reason']}") for row in comparison.compared if row["valid"] != "yes"]
    lines.append(("written", seen_from_here(comparison.path / "COMPARE.md")))
    for name, text in lines:
        print(wording.line_of(name, text))


def main(arguments):
    parser = ArgumentParser(description="Writes COMPARE.md and the figure of a directory of `encbench compare`.")
    parser.add_argument("directory", metavar="DIRECTORY")
    options = parser.parse_args(arguments)
    comparison = Comparison(options.directory)
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(style.RC)
    if drawn(comparison):
        write_figure(comparison)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    output = comparison.path / "COMPARE.md"
    check_replaceable(output)
    text = wording.wrapped(environment.get_template("compare.md.j2").render(context(comparison)))
    with replacing(output) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    say(comparison)
    return 0


if __name__ == "__main__":
    run_main(main)
