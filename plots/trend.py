#!/usr/bin/env python3
"""Draws trend.csv, which `gate --record` appends to: figures over revisions, in the order in which they were recorded.

Exact figures as they are, each metric in a panel of its own that has any change, and time as its ratio to the base with its interval. What
was declared is a hollow mark with its reason beside it. Only what is in the file: no revision is left out or put between.
"""

import math
import textwrap
from pathlib import Path

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import style  # noqa: E402
from rundir import ArgumentParser, InputError, own_folder, read_csv, replacing, run_main, schema  # noqa: E402

KINDS = ("png", "svg")
TIME = "time"
MOST_PANELS = 8
MOST_REASON_LETTERS = 40
MOST_LOST = 6
COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK)
RED = ("regression", "lost", "red", "not comparable")


def revisions_of(rows):
    return list(dict.fromkeys(row["revision"] for row in rows))


def figure_of(row):
    return row["base_ratio"] if row["metric"] == TIME else row["value"]


def is_there(value):
    return value is not None and math.isfinite(value)


def panels_of(rows):
    """[(metric, {(variant, workload): rows})]: of exact figures what is not always the same, and all times; those that changed most first."""
    by_metric = {}
    for row in rows:
        if is_there(figure_of(row)):
            by_metric.setdefault(row["metric"], {}).setdefault((row["variant"], row["workload"]), []).append(row)
    panels = []
    for metric, lines in by_metric.items():
        shown = {key: line for key, line in lines.items() if metric == TIME or len({figure_of(row) for row in line}) > 1}
        if shown:
            panels.append((metric, shown))
    panels.sort(key=lambda panel: (panel[0] == TIME, -change_of(panel[1]), panel[0]))
    return panels[:MOST_PANELS - 1] + panels[MOST_PANELS - 1:][-1:]  # time is the last


def change_of(lines):
    """The largest step among the lines of a metric, as a part of the larger figure."""
    return max((abs(b - a) / max(abs(a), abs(b), 1e-300) for line in lines.values()
                for a, b in zip(map(figure_of, line), map(figure_of, line[1:]))), default=0)


def lost_of(rows):
    """[(variant, workload, metric, revision)]: exact figures that were there and are not in a later revision, and the first such revision. Time
    is left out: `--exact` has none."""
    revisions, there, lost = revisions_of(rows), {}, []
    for row in rows:
        if row["metric"] != TIME and is_there(figure_of(row)):
            there.setdefault((row["variant"], row["workload"], row["metric"]), set()).add(row["revision"])
    for key, has in there.items():
        places = [place for place, revision in enumerate(revisions) if revision in has]
        lost += [(*key, revisions[a + 1]) for a, b in zip(places, places[1:] + [len(revisions)]) if b > a + 1]
    return lost


def draw_line(axes, places, line, colour, marker):
    x = [places[row["revision"]] for row in line]
    y = [figure_of(row) for row in line]
    axes.plot(x, y, color=colour, linewidth=1.2, zorder=3)
    for row, at, value in zip(line, x, y):
        declared, red = row["status"] == "declared", row["status"] in RED
        if is_there(row["low_ratio"]) and is_there(row["high_ratio"]):
            axes.plot([at, at], [row["low_ratio"], row["high_ratio"]], color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
        axes.plot([at], [value], marker=marker, markersize=7 if red else 5, zorder=4, markeredgewidth=1.2 if declared or red else 0.5,
                  color="white" if declared else colour, markeredgecolor=style.VERMILLION if red else colour if declared else style.INK)
        if declared and row["reason"]:
            axes.annotate(textwrap.shorten(row["reason"], MOST_REASON_LETTERS), (at, value), textcoords="offset points", xytext=(5, 5), fontsize=7)


def draw(rows):
    revisions, panels = revisions_of(rows), panels_of(rows)
    places = {revision: place for place, revision in enumerate(revisions)}
    height = 1.7 * max(len(panels), 1) + 0.9
    figure, all_axes = plt.subplots(max(len(panels), 1), 1, sharex=True, squeeze=False, figsize=(style.WIDTH_INCHES, height))
    for axes, (metric, lines) in zip(all_axes[:, 0], panels):
        axes.set_title("time: revision over base, with its interval" if metric == TIME else metric)
        for number, (key, line) in enumerate(sorted(lines.items())):
            colour, marker = COLOURS[number % len(COLOURS)], style.MARKERS[number % len(style.MARKERS)]
            draw_line(axes, places, line, colour, marker)
            axes.plot([], [], color=colour, marker=marker, markersize=5, linewidth=1.2, label=" ".join(key))
        axes.legend(fontsize=7, frameon=False, loc="best")
        axes.yaxis.grid(True, color=style.GRID, linewidth=0.6)
        axes.margins(x=0.04, y=0.18)
        axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    if not panels:
        all_axes[0, 0].set_title("no exact figure changed")
    step = max(1, math.ceil(len(revisions) / 24))
    all_axes[-1, 0].set_xticks(range(0, len(revisions), step), [revision[:8] for revision in revisions[::step]], rotation=60, ha="right", fontsize=7)
    lost = lost_of(rows)
    said = [f"no figure in {revision[:8]}: {variant} {workload} {metric}" for variant, workload, metric, revision in lost[:MOST_LOST]]
    said += [f"... and {len(lost) - MOST_LOST} more"] if len(lost) > MOST_LOST else []
    figure.text(0.01, 0.005, "\n".join([*said, "hollow: declared; ringed: worse"]), fontsize=7, va="bottom")
    figure.tight_layout(rect=(0, (0.15 * len(said) + 0.05) / height, 1, 1))
    return figure


def main(arguments):
    parser = ArgumentParser(description="Draws trend.csv of a directory.")
    parser.add_argument("directory", metavar="DIRECTORY")
    directory = Path(parser.parse_args(arguments).directory).resolve()
    file, columns = schema()["trend"]
    rows = read_csv(directory / file, columns, inert=False)
    if not rows:
        raise InputError(f"{directory / file}: has no row yet; gate --record adds them")
    matplotlib.rcdefaults()  # a user's own matplotlibrc must not change the bytes
    matplotlib.rcParams.update(style.RC)
    folder, figure = own_folder(directory / "figures"), draw(rows)
    for kind in KINDS:
        with replacing(folder / f"trend.{kind}") as partial:
            metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[kind]
            figure.savefig(partial, format=kind, dpi=style.PNG_DPI if kind == "png" else "figure", metadata=metadata)
    return 0


if __name__ == "__main__":
    run_main(main)
