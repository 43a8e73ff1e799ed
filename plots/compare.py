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
# Facts of run.csv that two runs differ in whatever they measured, or that the table of runs says already.
OWN_FACTS = ("command", "seed", "profile", "processes", "processes_void", "look_processes", "error_share", "chain_iterations",
             "chain_multiply_iterations", "calibration_crc32", "git_revision", "git_dirty", "process_ms")
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


def is_own(key):
    """Facts that say what differs between any two runs, or between builds, but nothing about the machine."""
    return key in OWN_FACTS or key.endswith("_sha256") or key.startswith("select_")


def fact_tables(comparison):
    """Facts that differ: those about machine and build, and the rest folded."""
    tables = {}
    for (source, key), by_run in comparison.groups(comparison.facts, "source", "key"):
        if any(row["differs"] == "yes" for row in by_run.values()):
            tables.setdefault(source == "run" and is_own(key), []).append(
                (f"`{key}`", *(by_run[run["run"]]["value"] or "" for run in comparison.compared)))
    header = ("Fact", *(heading(run) for run in comparison.compared))
    rest = tables.get(True, [])
    return {"machine": wording.table(header, tables[False]) if False in tables else None,
            "rest": folded(f"{len(rest)} more: seeds, counts and hashes", wording.table(header, rest)) if rest else None}


def verdict_text(row):
    if row is None or row["verdict"] is None:
        return "-"
    figure = wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])
    return f"{row['verdict']}{': ' + figure if figure else ''}"


def verdict_tables(comparison):
    """Parts that are not judged alike, then all."""
    parts = [(f"{claim}{part}", by_run) for (claim, part), by_run in comparison.groups(comparison.verdicts, "claim", "part")
             if part != "all"]
    header = ("Part", "Agreement", *(heading(run) for run in comparison.compared))

    def table(chosen):
        rows = []
        for name, by_run in chosen:
            first = next(iter(by_run.values()))
            rows.append((name, first["agreement"] + (f" ({first['reason']})" if first["reason"] else ""),
                         *(verdict_text(by_run.get(run["run"])) for run in comparison.compared)))
        return wording.table(header, rows)

    differing = [(name, by_run) for name, by_run in parts if next(iter(by_run.values()))["agreement"] != "agree"]
    return {"differing": table(differing) if differing else None,
            "all": folded(f"all {len(parts)} parts", table(parts)) if parts else None}


def effect_text(row):
    if row is None or row["estimate_percent"] is None:
        return "-"
    return wording.interval(row["estimate_percent"], row["ci_low_percent"], row["ci_high_percent"], "percent") + f" {row['words']}"


def change_text(row):
    if row is None or row["change_percent"] is None:
        return row["reason"] if row is not None and row["reason"] else "-"
    text = wording.interval(row["change_percent"], row["change_low_percent"], row["change_high_percent"], "percent")
    return f"**{text}**" if row["changed"] == "yes" else text


def effects(comparison, *, controls):
    return [(key, by_run) for key, by_run in comparison.groups(comparison.effects, "workload", "panel", "contrast")
            if (next(iter(by_run.values()))["kind"] in CONTROLS) == controls]


def effect_table(comparison, chosen):
    others = [run for run in comparison.compared if run["run"] != comparison.compared[0]["run"]]
    header = ("Contrast", "Agreement", *(heading(run) for run in comparison.compared),
              *(f"Change, {run['run']} over {comparison.compared[0]['run']}" for run in others))
    rows = []
    for (_, panel, contrast), by_run in chosen:
        first = next(iter(by_run.values()))
        rows.append((f"`{contrast}`", first["agreement"], *(effect_text(by_run.get(run["run"])) for run in comparison.compared),
                     *(change_text(by_run.get(run["run"])) for run in others)))
    return wording.table(header, rows)


def effect_tables(comparison):
    """A table a workload; that of the op first and open, the others folded."""
    tables = {}
    for key, by_run in effects(comparison, controls=False):
        tables.setdefault(key[0], []).append((key, by_run))
    op = tables.pop(subject.OP, None)
    rest = []
    for workload, chosen in tables.items():
        shown = sum(next(iter(by_run.values()))["agreement"] == "same direction" for _, by_run in chosen)
        rest.append(folded(f"{workload}: {len(chosen)} effects, {shown} in the same direction", effect_table(comparison, chosen)))
    twins = effects(comparison, controls=True)
    return {"op": effect_table(comparison, op) if op else None, "rest": "\n\n".join(rest),
            "controls": folded(f"{len(twins)} effects of twins and planted arms", effect_table(comparison, twins)) if twins else None}


def metric_table(comparison):
    rows = []
    for (variant, workload, metric), by_run in comparison.groups(comparison.metrics, "variant", "workload", "metric"):
        first = next(iter(by_run.values()))
        cells = ["-" if by_run[run["run"]]["value"] is None else wording.number(by_run[run["run"]]["value"])
                 for run in comparison.compared]
        rows.append((f"`{variant}`", f"`{workload}`", f"`{metric}`", *cells, first["agreement"]))
    if not rows:
        return None
    table = wording.table(("Variant", "Workload", "Metric", *(heading(run) for run in comparison.compared), "Agreement"), rows)
    return folded(f"{len(rows)} exact figures that are not the same in all", table)


# The figure: ratios within each run, one below the other.

def drawn(comparison):
    """Effects on the op that at least two runs measured, the largest first: [(contrast, {run: row})]."""
    chosen = []
    for (workload, _, contrast), by_run in effects(comparison, controls=False):
        rows = {run: row for run, row in by_run.items() if row["estimate_percent"] is not None}
        if workload == subject.OP and len(rows) > 1 and contrast not in dict(chosen):
            chosen.append((contrast, rows))
    return sorted(chosen, key=lambda item: -max(abs(row["estimate_percent"]) for row in item[1].values()))


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
    return {
        "counts": {row["what"]: row["count"] for row in comparison.counts}, "files": comparison.files, "runs": run_table(comparison),
        "count": len(comparison.runs), "left_out": [row for row in comparison.runs if row["compared"] != "yes"],
        "invalid": [row for row in comparison.compared if row["valid"] != "yes"], "facts": fact_tables(comparison),
        "same_machine": len({row["fingerprint"] for row in comparison.compared}) == len(comparison.compared[:1]),
        "verdicts": verdict_tables(comparison), "effects": effect_tables(comparison), "metrics": metric_table(comparison),
        "figure": bool(drawn(comparison)), "op": subject.OP, "first": comparison.compared[0]["run"],
        "confidence": next((wording.confidence(row["change_confidence"]) for row in comparison.effects
                            if row["change_confidence"] is not None), None),
    }


def say(comparison):
    """What came of it, in a few lines for the terminal."""
    count = comparison.count
    lines = [
        ("verdicts", f"{count('parts judged the same by all')} of {count('parts of claims in common')} parts judged the same by all, "
                     f"{count('parts confirmed by one and refuted by another')} contradicted"),
        ("effects", f"{count('effects shown in the same direction by all')} of {count('effects in common')} shown in the same direction by "
                    f"all, {count('effects shown in opposite directions')} in opposite ones"),
        ("changes", f"{count('changes whose interval leaves out 0')} of {count('changes of an effect with an interval')} differ from run "
                    f"{comparison.compared[0]['run']}; of twins, where nothing can, "
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
