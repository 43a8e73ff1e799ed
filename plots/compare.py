#!/usr/bin/env python3
"""Writes COMPARE.md and figures/ of a directory that `encbench compare` made: compare.py DIRECTORY

Every figure comes from the directory's CSV files (harness/compare.h says what they hold); the prose is compare.md.j2. Ends with a few
lines on standard output. The same files give the same bytes. Bad input: one line, exit status two.
"""

import math
from pathlib import Path

import jinja2

import compare_figure
import figures
import subject
import wording
from report import folded, seen_from_here
from rundir import SOURCE, ArgumentParser, InputError, check_replaceable, read_csv, replacing, run_main, schema

TABLES = ("compare_runs", "compare_facts", "compare_verdicts", "compare_effects", "compare_metrics", "compare_counts")
NOT_COMPARABLE = "not comparable"
OPPOSED = ("contradict", "opposite directions")
# Facts that two runs differ in whatever they measured and wherever, or that the table of runs says already.
OWN_FACTS = {
    "machine": ("fingerprint", "cpu_pinned", "steal_since_boot_percent", "cpu_pressure_10_s_percent"),
    "run": ("command", "seed", "profile", "processes", "processes_void", "look_processes", "error_share", "chain_iterations",
            "chain_multiply_iterations", "for_conclusions", "complete", "selection", "process_ms"),
}
OWN_ENDINGS = ("_sha256", "_crc32")
MODULE = "module:"
CONTROLS = ("twin", "planted")
MOST_CHANGES = 10  # that a reader looks at; all are in the file


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
        self.valid = [row for row in self.compared if row["valid"] == "yes"]
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
    dates = {row["run"]: row["value"].partition("T")[0] for row in comparison.facts if row["key"] == "date_utc" and row["value"]}
    rows = [(row["run"], row["name"], dates.get(row["run"], ""), row["profile"] or "", row["fingerprint"] or "", row["valid"] or "",
             row["reason"] or "") for row in comparison.runs]
    return wording.table(("Run", "Name", "Date", "Profile", "Fingerprint", "Valid", "Why not"), rows)


def is_own(by_run):
    """Facts that any two runs differ in, or any two builds; unless it is noise in one and not in another."""
    rows = list(by_run.values())
    source, key = rows[0]["source"], rows[0]["key"]
    statuses = {row["status"] for row in rows}
    if key in OWN_FACTS[source]:
        return len(statuses) == 1
    return "volatile" in statuses or source == "run" and (key.startswith("select_") or key.endswith(OWN_ENDINGS))


def fact_text(row):
    if row["value"] is None:
        return "not visible" if row["status"] == "not visible" else "-"
    return f"{row['value']} (noisy)" if row["status"] == "noisy" else row["value"]


def fact_tables(comparison):
    """Facts that differ: those about machine and build, and the rest folded."""
    matter, rest = [], []
    for _, by_run in comparison.groups(comparison.facts, "source", "key"):
        row = next(iter(by_run.values()))
        if row["differs"] == "yes":
            (rest if is_own(by_run) else matter).append(
                (f"`{row['key']}`", *(fact_text(by_run[run["run"]]) for run in comparison.compared)))
    header = ("Fact", *(heading(run) for run in comparison.compared))
    return {"machine": wording.table(header, matter) if matter else None,
            "rest": folded(f"{len(rest)} more that any two runs differ in: seeds, counts, hashes", wording.table(header, rest))
            if rest else None}


def modules(comparison):
    """How many objects of variants all runs have, and how many of them are not the same in all."""
    alike = [by_run for (_, key), by_run in comparison.groups(comparison.facts, "source", "key")
             if key.startswith(MODULE) and all(row["value"] is not None for row in by_run.values())]
    return {"count": len(alike), "differ": sum(next(iter(by_run.values()))["differs"] == "yes" for by_run in alike)}


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
    return wording.table(("Part", "Run", "Verdict", "Figure", "Together"), rows)


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
    valid = {row["run"] for row in comparison.valid}

    def cells(row):
        if row["estimate_percent"] is None:
            return "-", ""
        if row["run"] not in valid:
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
    return wording.table(("Contrast", "Run", "Within the run", f"Change over run {comparison.base['run']}", "Together"), rows)


def distance(by_run):
    """How far apart the runs are: of the change that is most times more or less."""
    ratios = [1 + row["change_percent"] / 100 for row in by_run.values() if row["changed"] == "yes"]
    return max((abs(math.log(ratio)) for ratio in ratios if ratio > 0), default=0)


def changed_effects(comparison):
    """That changed or are opposed, the largest first."""
    return sorted((item for item in effects(comparison, controls=False)
                   if agreement_of(item[1]) in OPPOSED or any(row["changed"] == "yes" for row in item[1].values())),
                  key=lambda item: -distance(item[1]))


def effect_tables(comparison):
    """What changed, open; all, folded, a table a workload, that of the op first."""
    changed, controls, by_workload = changed_effects(comparison), effects(comparison, controls=True), {subject.OP: []}
    for item in effects(comparison, controls=False):
        by_workload.setdefault(item[0][0], []).append(item)
    tables = []
    for workload, chosen in by_workload.items():
        shown = sum(agreement_of(by_run) == "same direction" for _, by_run in chosen)
        if chosen:
            tables.append(folded(f"{workload}: {len(chosen)} effects, {shown} in the same direction", effect_table(comparison, chosen)))
    if controls:
        tables.append(folded(f"{len(controls)} effects of twins and planted arms", effect_table(comparison, controls, workloads=True)))
    return {"changed": effect_table(comparison, changed[:MOST_CHANGES], workloads=True) if changed else None,
            "changed_count": len(changed), "changed_shown": min(MOST_CHANGES, len(changed)), "all": "\n\n".join(tables)}


def differing_metrics(comparison):
    return [(key, by_run) for key, by_run in comparison.groups(comparison.metrics, "variant", "workload", "metric")
            if agreement_of(by_run) == "differ"]


def ratios_text(metric, rows, base, run):
    """How far a run's figures are from the base's: from the smallest to the largest ratio. A digest has none."""
    if metric.startswith("digest"):
        return "other output"
    ratios = [by_run[run]["value"] / by_run[base]["value"] for by_run in rows
              if by_run[run]["value"] is not None and by_run[base]["value"]]
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
    summary = [(f"`{metric}`", len(rows), *(ratios_text(metric, rows, comparison.base["run"], run["run"]) for run in others))
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
    for kind, rows, columns, name in (
            ("parts of claims", comparison.verdicts, ("claim", "part"), "{claim}{part}"),
            ("effects", comparison.effects, ("contrast", "workload", "panel"), "`{contrast}` on `{workload}`"),
            ("exact figures", comparison.metrics, ("metric", "variant", "workload"), "`{metric}` of `{variant}` on `{workload}`")):
        for _, by_run in comparison.groups(rows, *columns):
            row = next(iter(by_run.values()))
            if row["agreement"] == NOT_COMPARABLE and row.get("part") != "all":
                reasons.setdefault((kind, row["reason"]), []).append(name.format(**row))
    rows = [(len(names), kind, names[0], reason) for (kind, reason), names in reasons.items()]
    return wording.table(("Count", "What", "The first", "Why"), rows) if rows else None


def drawn(comparison):
    """Effects on the op that at least two valid runs measured, the largest first: [(contrast, {run: row})]."""
    valid = {row["run"] for row in comparison.valid}
    chosen = {}
    for (workload, _, contrast), by_run in effects(comparison, controls=False):
        rows = {run: row for run, row in by_run.items() if row["estimate_percent"] is not None and run in valid}
        if workload == subject.OP and len(rows) > 1:
            chosen.setdefault(contrast, rows)
    return sorted(chosen.items(), key=lambda item: -max(abs(row["estimate_percent"]) for row in item[1].values()))


def write_figure(comparison, rows):
    folder = comparison.path / "figures"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made: {error.strerror}") from error
    figure = compare_figure.draw(rows, {run["run"]: heading(run) for run in comparison.valid})
    for kind in figures.KINDS:
        with replacing(folder / f"compare.{kind}") as partial:
            figures.write_matplotlib(figure, partial, kind)
    compare_figure.plt.close(figure)


def context(comparison, rows):
    confidences = [row["change_confidence"] for row in comparison.effects
                   if row["change_confidence"] is not None and row["kind"] not in CONTROLS]
    return {
        "counts": {row["what"]: row["count"] for row in comparison.counts}, "files": comparison.files, "runs": run_table(comparison),
        "count": len(comparison.runs), "left_out": [row for row in comparison.runs if row["compared"] != "yes"],
        "invalid": [row for row in comparison.compared if row["valid"] != "yes"], "facts": fact_tables(comparison),
        "modules": modules(comparison), "same_machine": len({row["fingerprint"] for row in comparison.compared}) == 1,
        "verdicts": verdict_tables(comparison), "effects": effect_tables(comparison), "metrics": metric_tables(comparison),
        "not_comparable": not_comparable_table(comparison), "figure": bool(rows), "op": subject.OP,
        "base": heading(comparison.base), "base_run": comparison.base["run"],
        "confidence": wording.confidence(confidences[0]) if confidences else None,
        "by_chance": wording.number(round(sum(1 - each for each in confidences), 1)),
    }


def say(comparison):
    """What came of it, in a few lines for the terminal."""
    count = comparison.count
    lines = [
        ("verdicts", f"{count('parts decided the same by all')} of {count('parts of claims in common')} parts decided the same by all, "
                     f"{count('parts confirmed by one and refuted by another')} contradicted, {count('parts decided by none')} "
                     "decided by none"),
        ("effects", f"{count('effects shown in the same direction by all')} of {count('effects in common')} shown in the same direction by "
                    f"all, {count('effects shown in opposite directions')} in opposite ones"),
        ("changes", f"{count('changes whose interval leaves out zero')} of {count('changes of an effect with an interval')} differ from "
                    f"run {comparison.base['run']}; of twins, where nothing can, "
                    f"{count('changes of a twin whose interval leaves out zero')} of {count('changes of a twin with an interval')}"),
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
    rows = drawn(comparison)
    if rows:
        write_figure(comparison, rows)
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), undefined=jinja2.StrictUndefined, trim_blocks=True,
                                     lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    output = comparison.path / "COMPARE.md"
    check_replaceable(output)
    text = wording.wrapped(environment.get_template("compare.md.j2").render(context(comparison, rows)))
    with replacing(output) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")
    say(comparison)
    return 0


if __name__ == "__main__":
    run_main(main)
