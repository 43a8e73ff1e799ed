"""The figure of a comparison: effects within each run, one run below the other, the runs of a group in one colour."""

import math

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import style  # noqa: E402
import wording  # noqa: E402

GROUP_COLOURS = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY, style.BLACK, style.OTHER)
MOST_LETTERS = 44  # of a name that has room beside another


def split_by_magnitude(rows):
    """Panels, so that a hundredth of a percent can be read beside a third: a new one wherever the largest is ten times smaller."""
    panels = []
    for contrast, by_run in rows:
        size = max(abs(row["estimate_percent"]) for row in by_run.values())
        if not panels or size * 10 < panels[-1][0]:
            panels.append((size, []))
        panels[-1][1].append((contrast, by_run))
    return [panel for _, panel in panels]


def draw(rows, groups):
    """rows: [(contrast, {run: row of compare_effects.csv})], drawn from top to bottom; groups: [(its name in the legend, its runs)]."""
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(style.RC)
    panels, marks = split_by_magnitude(rows), marks_of(groups)
    names = [name for name, runs in groups if runs]
    columns = 1 if max(map(len, names)) > MOST_LETTERS else 2
    row_inches, gap, head, foot = 0.13 * len(marks) + 0.12, 0.42, 0.2 + 0.17 * math.ceil(len(names) / columns), 0.25
    height = head + foot + sum(row_inches * len(panel) + gap for panel in panels)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    top = height - head
    for panel in panels:
        tall = row_inches * len(panel)
        axes = figure.add_axes([0.24, (top - tall) / height, 0.72, tall / height])
        draw_panel(axes, panel, marks)
        top -= tall + gap
    handles = []
    for name, runs in groups:
        if runs:
            _, colour, marker = marks[runs[0]]
            handles.append(plt.Line2D([], [], color=colour, marker=marker, markersize=5, linewidth=2, label=name))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.01, 1 - 0.03 / height), ncol=columns, frameon=False, fontsize=8)
    figure.text(0.6, 0.1 / height, "contender - baseline within each run: faster to the left, slower to the right", ha="center",
                va="center", fontsize=8)
    return figure


def marks_of(groups):
    """{run: (place in a row, colour, marker)}; a group keeps together."""
    runs = [(run, group) for group, (_, members) in enumerate(groups) for run in members]
    return {run: ((place - (len(runs) - 1) / 2) * 0.75 / len(runs), GROUP_COLOURS[group % len(GROUP_COLOURS)],
                  style.MARKERS[group % len(style.MARKERS)]) for place, (run, group) in enumerate(runs)}


def draw_panel(axes, panel, marks):
    for y, (_, by_run) in enumerate(panel):
        for run, row in by_run.items():
            place, colour, marker = marks[run]
            ends = [row["ci_low_percent"], row["ci_high_percent"]]
            if all(map(math.isfinite, ends)):
                axes.plot(ends, [y + place] * 2, color=colour, linewidth=2, solid_capstyle="butt", zorder=3)
            axes.plot([row["estimate_percent"]], [y + place], color=colour, marker=marker, markersize=4.5, markeredgecolor=style.INK,
                      markeredgewidth=0.5, zorder=4)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=2)
    axes.set_ylim(len(panel) - 0.5, -0.5)
    axes.set_yticks(range(len(panel)), [contrast for contrast, _ in panel], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(lambda x, _: f"{wording.number(round(x, 6))} %")
