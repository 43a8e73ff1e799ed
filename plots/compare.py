#!/usr/bin/env python3
"""Writes COMPARE.md and figures/ of a directory that `encbench compare` made: compare.py DIRECTORY

Every figure comes from the directory's CSV files (harness/compare.h says what they hold); the prose is compare.md.j2. Ends with a few
lines on standard output. The same files give the same bytes. Bad input: one line, exit status two.
"""

import math
from pathlib import Path

import jinja2

import compare_figure
import escape
import figures
import subject
import wording
from report import seen_from_here
from rundir import SOURCE, ArgumentParser, InputError, check_replaceable, own_folder, read_csv, replacing, run_main, schema

TABLES = ("compare_runs", "compare_facts", "compare_verdicts", "compare_effects", "compare_replicates", "compare_changes",
          "compare_groups", "compare_metrics", "compare_counts")
NOT_COMPARABLE = "not comparable"
OPPOSED = ("contradict", "runs of a group disagree", "opposite directions")
APART = ("changed", "differs between the runs")
# Facts that two runs differ in whatever they measured and wherever, or that the table of runs says already.
OWN_FACTS = {
    "machine": ("fingerprint", "cpu_pinned", "steal_since_boot_percent", "cpu_pressure_10_s_percent",
                "busiest_cpu_percent"),
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
            setattr(self, name.removeprefix("compare_"), read_csv(self.path / tables[name][0], tables[name][1], inert=True))
        self.compared = [row for row in self.runs if row["compared"] == "yes"]
        self.valid = [row for row in self.compared if row["valid"] == "yes"]
        self.base = next((row for row in self.groups if row["base"] == "yes"), None)
        if self.base is None:
            raise InputError(f"{self.path / self.files['compare_groups']}: no group is the base; expected one")
        self.others = [row for row in self.groups if row is not self.base]

    def count(self, what):
        for row in self.counts:
            if row["what"] == what:
                return row["count"]
        raise InputError(f"{self.path / self.files['compare_counts']}: no count of {what}")

    def by_run(self, rows, *columns):
        """Rows of one thing, a row a run: [(key, {run: row})] in the order of the file."""
        return self.by("run", rows, *columns)

    def by(self, inner, rows, *columns):
        found = {}
        for row in rows:
            found.setdefault(tuple(row[column] for column in columns), {})[row[inner]] = row
        return list(found.items())

    def runs_of(self, group):
        """Its rows of compare_runs.csv."""
        return [row for row in self.compared if row["group"] == group["group"]]


def folded(summary, table):
    """A table behind a line: shut on GitHub, plain below it elsewhere."""
    return f"<details><summary>{summary}</summary>\n\n{table}\n\n</details>"


def heading(row):
    return f"{row['run']}: {row['name']}"


def group_heading(comparison, group):
    """'A: NAME' of one run, 'A: runs 1, 2' of more."""
    runs = comparison.runs_of(group)
    return f"{group['group']}: " + (runs[0]["name"] if len(runs) == 1 else "runs " + ", ".join(str(row["run"]) for row in runs))


def group_headings(comparison):
    return [group_heading(comparison, group) for group in comparison.groups]


def run_table(comparison):
    dates = {row["run"]: row["value"].partition("T")[0] for row in comparison.facts if row["key"] == "date_utc" and row["value"]}
    rows = [(row["run"], row["group"] or "", row["name"], dates.get(row["run"], ""), row["profile"] or "", row["fingerprint"] or "",
             row["valid"] or "", row["reason"] or "") for row in comparison.runs]
    return wording.table(("Run", "Group", "Name", "Date", "Profile", "Fingerprint", "Valid", "Why not"), rows)


def replicate_table(comparison):
    """How often replicates are apart, and the effect that moved most between them."""
    rows = []
    for group in comparison.groups:
        if not group["pairs"]:
            continue
        most = max((row for row in comparison.replicates if row["group"] == group["group"] and row["kind"] not in CONTROLS),
                   key=lambda row: row["largest_percent"])
        rows.append((group_heading(comparison, group), group["pairs"], group["apart"], wording.coarse(group["apart_percent"], "percent"),
                     wording.coarse(group["nominal_percent"], "percent"),
                     f"`{most['contrast']}` `{most['workload']}`, {wording.coarse(most['largest_percent'], 'percent')} "
                     f"(runs {most['smallest_run']} and {most['largest_run']})"))
    return wording.table(("Group", "Pairs", "Apart", "Share", "Promised", "Moved most"), rows) if rows else None


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


def group_fact(comparison, by_run, group):
    """Each value that its runs have, in their order."""
    return " / ".join(dict.fromkeys(fact_text(by_run[run["run"]]) for run in comparison.runs_of(group)))


def fact_tables(comparison):
    """Facts that differ: those about machine and build, and the rest folded."""
    matter, rest = [], []
    for _, by_run in comparison.by_run(comparison.facts, "source", "key"):
        row = next(iter(by_run.values()))
        if row["differs"] == "yes":
            (rest if is_own(by_run) else matter).append((f"`{row['key']}`", by_run))
    of_groups = [(key, *(group_fact(comparison, by_run, group) for group in comparison.groups)) for key, by_run in matter]
    of_runs = [(key, *(fact_text(by_run[run["run"]]) for run in comparison.compared)) for key, by_run in rest]
    header = ("Fact", *(heading(run) for run in comparison.compared))
    return {"machine": wording.table(("Fact", *group_headings(comparison)), of_groups) if matter else None,
            "rest": folded(f"{len(rest)} more that any two runs differ in: seeds, counts, hashes", wording.table(header, of_runs))
            if rest else None}


def modules(comparison):
    """How many objects of variants all runs have, and how many of them are not the same in all."""
    alike = [by_run for (_, key), by_run in comparison.by_run(comparison.facts, "source", "key")
             if key.startswith(MODULE) and all(row["value"] is not None for row in by_run.values())]
    return {"count": len(alike), "differ": sum(next(iter(by_run.values()))["differs"] == "yes" for by_run in alike)}


def agreement_of(by_run):
    return next(iter(by_run.values()))["agreement"]


def together(agreement):
    return f"**{agreement}**" if agreement in OPPOSED else agreement


def verdict_cell(rows):
    """Of a group: what its runs decide, with the figure of a single run; where they do not agree, which decides what."""
    rows = [row for row in rows if row["verdict"] is not None]
    if not rows:
        return "-"
    if len(rows) == 1:
        figure = wording.interval(rows[0]["estimate"], rows[0]["ci_low"], rows[0]["ci_high"], rows[0]["unit"])
        return f"{rows[0]['verdict']}: {figure}" if figure else rows[0]["verdict"]
    found = {}
    for row in rows:
        found.setdefault(row["verdict"], []).append(str(row["run"]))
    return next(iter(found)) if len(found) == 1 else "; ".join(f"{verdict} (run{'s' * (len(runs) > 1)} {', '.join(runs)})"
                                                              for verdict, runs in found.items())


def verdict_table(comparison, parts):
    rows = [(f"{claim}{part}", *(verdict_cell([by_run[run["run"]] for run in comparison.runs_of(group)]) for group in comparison.groups),
             together(agreement_of(by_run))) for (claim, part), by_run in parts]
    return wording.table(("Part", *group_headings(comparison), "Together"), rows)


def verdict_tables(comparison):
    """Parts that some decide and others not, or otherwise; then all."""
    parts = [(key, by_run) for key, by_run in comparison.by_run(comparison.verdicts, "claim", "part") if key[1] != "all"]
    differing = [item for item in parts if agreement_of(item[1]) in ("contradict", "runs of a group disagree", "some undecided")]
    return {"differing": verdict_table(comparison, differing) if differing else None,
            "all": folded(f"all {len(parts)} parts", verdict_table(comparison, parts)) if parts else None}


def effects(comparison, *, controls):
    """Those that can be compared: [((workload, panel, contrast), {run: row})]."""
    return [(key, by_run) for key, by_run in comparison.by_run(comparison.effects, "workload", "panel", "contrast")
            if (next(iter(by_run.values()))["kind"] in CONTROLS) == controls
            and agreement_of(by_run) != NOT_COMPARABLE]


def effect_text(row):
    return wording.effect({"estimate": row["estimate_percent"], "ci_low": row["ci_low_percent"], "ci_high": row["ci_high_percent"],
                           "unit": "percent", "words": row["words"], "kind": row["kind"]})


def effect_cell(comparison, rows):
    """Of a group: the effect with its interval in a single run, from the smallest to the largest estimate of several."""
    valid = {row["run"] for row in comparison.valid}
    measured = [row for row in rows if row["estimate_percent"] is not None]
    shown = [row for row in measured if row["run"] in valid]
    if not shown:
        return "not valid" if measured else "-"
    if len(shown) == 1:
        return effect_text(shown[0])
    ends = [wording.coarse(end([row["estimate_percent"] for row in shown]), "percent") for end in (min, max)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def change_cell(change):
    if change["change_percent"] is None:
        return change["reason"] or ""
    figure = wording.interval(change["change_percent"], change["change_low_percent"], change["change_high_percent"], "percent")
    if change["change"] == "no":
        return figure
    return f"**{figure}** {change['change']}" if change["change"] in APART else f"{figure} {change['change']}"


def changes_of(comparison):
    """{(workload, panel, contrast): {group: row}}"""
    return dict(comparison.by("group", comparison.changes, "workload", "panel", "contrast"))


def effect_table(comparison, chosen, *, workloads=False):
    changes = changes_of(comparison)
    rows = []
    for key, by_run in chosen:
        workload, _, contrast = key
        rows.append((f"`{contrast}`" + (f" `{workload}`" if workloads else ""),
                     *(effect_cell(comparison, [by_run[run["run"]] for run in comparison.runs_of(group)]) for group in comparison.groups),
                     *(change_cell(changes[key][group["group"]]) for group in comparison.others), together(agreement_of(by_run))))
    base = comparison.base["group"]
    return wording.table(("Contrast", *group_headings(comparison), *(f"{group['group']} over {base}" for group in comparison.others),
                          "Together"), rows)


def distance(by_group):
    """How far apart the groups are: of the change that is most times more or less."""
    ratios = [1 + row["change_percent"] / 100 for row in by_group.values() if row["change"] in APART]
    return max((abs(math.log(ratio)) for ratio in ratios if ratio > 0), default=0)


def changed_effects(comparison):
    """That changed or differ or are opposed, what changed first and then the largest."""
    changes = changes_of(comparison)
    order = {"changed": 0, "differs between the runs": 1}

    def place(item):
        by_group = changes.get(item[0], {})
        return min((order.get(row["change"], 2) for row in by_group.values()), default=2), -distance(by_group)

    return sorted((item for item in effects(comparison, controls=False)
                   if agreement_of(item[1]) in OPPOSED or place(item)[0] < 2), key=place)


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
    return [(key, by_run) for key, by_run in comparison.by_run(comparison.metrics, "variant", "workload", "metric")
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
    base = comparison.runs_of(comparison.base)[0]
    others = [run for run in comparison.compared if run is not base]
    summary = [(f"`{metric}`", len(rows), *(ratios_text(metric, rows, base["run"], run["run"]) for run in others))
               for metric, rows in metrics.items()]
    header = ("Metric", "Differ", *(f"{heading(run)}, over run {base['run']}" for run in others))
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
        for _, by_run in comparison.by_run(rows, *columns):
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
    folder = own_folder(comparison.path / "figures")
    figure = compare_figure.draw([(escape.shown(contrast), by_run) for contrast, by_run in rows],
                                 [(escape.shown(group_heading(comparison, group)), [run["run"] for run in comparison.runs_of(group)
                                                                                    if run in comparison.valid])
                                  for group in comparison.groups])
    for kind in figures.KINDS:
        with replacing(folder / f"compare.{kind}") as partial:
            figures.write_matplotlib(figure, partial, kind)
    compare_figure.plt.close(figure)


def context(comparison, rows):
    confidences = [row["change_confidence"] for row in comparison.changes if row["change_confidence"] is not None]
    valid_runs = [[run for run in comparison.runs_of(group) if run in comparison.valid] for group in comparison.groups]
    return {
        "counts": {row["what"]: row["count"] for row in comparison.counts}, "files": comparison.files, "runs": run_table(comparison),
        "count": len(comparison.runs), "left_out": [row for row in comparison.runs if row["compared"] != "yes"],
        "invalid": [row for row in comparison.compared if row["valid"] != "yes"], "facts": fact_tables(comparison),
        "modules": modules(comparison), "same_machine": len({row["fingerprint"] for row in comparison.compared}) == 1,
        "verdicts": verdict_tables(comparison), "effects": effect_tables(comparison), "metrics": metric_tables(comparison),
        "not_comparable": not_comparable_table(comparison), "figure": bool(rows), "op": subject.OP,
        "groups": len(comparison.groups), "base": comparison.base["group"], "replicates": replicate_table(comparison),
        "alone": any(len(runs) == 1 for runs in valid_runs) and len(comparison.groups) > 1,
        "replicated": sum(len(runs) > 1 for runs in valid_runs), "in_pairs": any(len(runs) == 2 for runs in valid_runs),
        "confidence": wording.confidence(confidences[0]) if confidences else None,
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
    ]
    if comparison.others:
        lines.append(
            ("changes", f"of {count('changes of an effect with an interval')} effects against group {comparison.base['group']} "
                        f"{count('effects changed beyond what replicates differ by')} changed, "
                        f"{count('effects that differ between runs without replicates')} differ between runs without replicates, "
                        f"{count('effects that differ no more than replicates')} no more than replicates do; of twins, where nothing can, "
                        f"{count('twins that changed or differ')} of {count('changes of a twin with an interval')}"))
    lines += [("groups", f"group {group['group']}: {group['apart']} of {group['pairs']} pairs are apart, "
                             f"{wording.coarse(group['apart_percent'], 'percent')} where the intervals promise "
                             f"{wording.coarse(group['nominal_percent'], 'percent')}") for group in comparison.groups if group["pairs"]]
    lines += [
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
