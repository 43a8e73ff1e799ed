#!/usr/bin/env python3
"""Draws the figures of a run directory into RUN_DIRECTORY/figures, PNG and SVG: figures.py RUN_DIRECTORY

Estimates and intervals come from the CSV files as they are. The same files give the same bytes. A figure that this run has no rows
for is not drawn, and an older one of that name is removed. Bad input: one line, exit status two.
"""

import math
import re
import textwrap
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.patches import Rectangle  # noqa: E402

import calibration  # noqa: E402
import fitting  # noqa: E402
import gnuplot  # noqa: E402
import style  # noqa: E402
import subject  # noqa: E402
import wording  # noqa: E402
from rundir import ArgumentParser, InputError, RunDirectory, own_folder, replacing, run_main  # noqa: E402

KINDS = ("png", "svg")
OF_A_PAGE = re.compile(rf"(effects|levels)_[1-9][0-9]*\.({'|'.join(KINDS)})")  # of an earlier drawing perhaps; no other name there is ours to remove


def write_matplotlib(figure, partial, kind):
    metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}[kind]
    figure.savefig(partial, format=kind, dpi=style.PNG_DPI if kind == "png" else "figure", metadata=metadata)


# Forest plots: rows in panels of like magnitude, so that a hundredth of a percent can be read beside a third.

def forest_item(label, contender, unit, estimate, low, high, mde, twins, region=None):
    return {"label": label, "contender": contender, "colour": style.sides(contender), "marker": style.sides_marker(contender), "unit": unit, "estimate": estimate,
            "low": low, "high": high, "mde": mde, "twins": twins, "region": region}


def claim_items(run):
    items = []
    for part in subject.timing_parts(run):
        row, claim, sign = part["verdict"], part["claim"], part["sign"]
        low, high = sorted((sign * row["ci_low"], sign * row["ci_high"]))
        region = None
        if row["region_low"] is not None and row["region_high"] is not None:
            region = tuple(sorted((sign * row["region_low"], sign * row["region_high"])))
        twins = None if row["twin_bound"] is None else (-row["twin_bound"], row["twin_bound"])
        items.append(forest_item(f"{row['claim']}{row['part']} {row['verdict']}\n{claim_label(run, claim)}",
                                 claim["contender"], row["unit"], sign * row["estimate"], low, high, row["mde"], twins,
                                 region))
    return items


def claim_label(run, claim):
    """What the claim subtracts from what, in its own direction (the contrast measured may run the other way), and where."""
    workloads = " / ".join(claim["workload"].split())
    plus, minus = side_name(run, claim["contender"]), side_name(run, claim["baseline"])
    return plus + (" " if len(plus + minus) < 20 else "\n") + f"- {minus}\n{workloads}"


def side_name(run, side):
    """A variant by name; several by the levels that they share, which is the level that a main effect is about."""
    names = side.split()
    if len(names) == 1:
        return names[0]
    axes = {name: {row["axis"]: row["level"] for row in run.select("variants", variant=name)} for name in names}
    first, *others = names
    shared = [level for axis, level in axes[first].items() if axis in ("mmap_res", "pool")
              and all(axes[name].get(axis) == level for name in others)]
    return " ".join(shared) or side


def effect_items(rows, run):
    items, about = [], subject.is_about_the_field(run)
    for row in rows:
        twins = None if row["twin_low"] is None or row["twin_high"] is None else (row["twin_low"], row["twin_high"])
        items.append(forest_item(subject.change_words(run, row) if about else row["contrast"], row["contender"], row["unit"], row["estimate"], row["ci_low"],
                                 row["ci_high"], row["mde"], twins) | {"group": row["workload"]})
    return items


def bounded_ends(item):
    """Estimate and interval; the estimate alone where the interval is unbounded (its other end, -100 %, says nothing either)."""
    ends = [item["estimate"], item["low"], item["high"]]
    return ends if all(map(math.isfinite, ends)) else ends[:1]


def reach(item):
    """How far from zero the item must be seen."""
    return max(map(abs, bounded_ends(item)))


def by_magnitude(items):
    """Panels [(unit, items)]: one unit each, and nothing more than a decade under the panel's scale."""
    panels = {}
    for item in items:
        decade = math.floor(math.log10(reach(item))) if reach(item) > 0 else -9
        panels.setdefault((item["unit"], max(decade, -2)), []).append(item)
    order = {unit: i for i, unit in enumerate(dict.fromkeys(item["unit"] for item in items))}
    return [(key[0], panels[key]) for key in sorted(panels, key=lambda key: (order[key[0]], -key[1]))]


def draw_item(axes, y, item, span):
    """One row: region and twins as bars behind, MDE ticks, interval, estimate."""
    left, right = span

    def clipped(x):
        return min(max(x, left), right)

    if item["region"]:
        low, high = (clipped(x) for x in item["region"])
        if item["region"][0] < left and item["region"][1] > right and all(map(math.isfinite, item["region"])):
            axes.text(right, y - 0.33, f"region reaches beyond both ends: {wording.number(item['region'][0])} to "
                      f"{wording.quantity(item['region'][1], item['unit'])}", fontsize=7, ha="right", va="center", color=style.BLUE, zorder=7)
        if high > low:
            axes.add_patch(Rectangle((low, y - 0.44), high - low, 0.88, facecolor=style.REGION, edgecolor="none", zorder=1))
        else:
            axes.text(low, y - 0.33, "region further left" if low == left else "region further right", fontsize=7,
                      ha="left" if low == left else "right", va="center", color=style.BLUE, zorder=7)
    if item["twins"]:
        low, high = (clipped(x) for x in item["twins"])
        axes.add_patch(Rectangle((low, y - 0.2), high - low, 0.4, facecolor=style.TWIN, edgecolor="none", zorder=2))
    if item["mde"] is not None and math.isfinite(item["mde"]):
        for end in (-item["mde"], item["mde"]):
            if left <= end <= right:
                axes.plot([end, end], [y - 0.32, y + 0.32], color=style.MDE, linewidth=1.1, zorder=3, solid_capstyle="butt")
    low, high = clipped(item["low"]), clipped(item["high"])
    axes.plot([low, high], [y, y], color=style.INK, linewidth=3.2, zorder=4.9, solid_capstyle="butt")
    axes.plot([low, high], [y, y], color=item["colour"], linewidth=2.2, zorder=5, solid_capstyle="butt")
    for end, marker in ((item["low"], "<"), (item["high"], ">")):
        if not left <= end <= right:
            axes.plot([clipped(end)], [y], marker=marker, color=item["colour"], markersize=4, zorder=5, clip_on=False)
    axes.plot([item["estimate"]], [y], marker=item["marker"], markersize=5, color=item["colour"], markeredgecolor=style.INK,
              markeredgewidth=0.6, zorder=6)


def panel_span(items):
    """Axis from the intervals, with zero and some room; regions, twins and MDE are clipped to it, or widen it a little."""
    ends = [0.0]
    for item in items:
        ends += bounded_ends(item)
        largest = reach(item)
        more = [*(item["region"] or ()), *(item["twins"] or ())]
        if item["mde"] is not None:
            more += [-item["mde"], item["mde"]]
        ends += [x for x in more if math.isfinite(x) and abs(x) <= 2.5 * largest]
    low, high = min(ends), max(ends)
    room = 0.08 * (high - low) or 1.0
    return low - room, high + room


LABELS, BARS = 0.265, 0.70  # of the width: names, and beside them what is drawn
LABEL_SIZE = 8
LABEL_INCHES = LABELS * style.WIDTH_INCHES - 0.09


def within(text, share, size):
    """A text broken into lines of so much of the width, with some room at its ends."""
    return "\n".join(fitting.broken(text, share * style.WIDTH_INCHES - 0.1, size))


def laid_out(items, row_inches, grouped):
    """Items of a panel with the lines of their labels, and of the group's name above the first of each: [(rows, lines, item or None)]."""
    found, group = [], None

    def add(text, item, weight):
        lines = fitting.broken(text, LABEL_INCHES, LABEL_SIZE, weight)
        found.append((max(1, math.ceil(fitting.tall(len(lines), LABEL_SIZE) / row_inches)), "\n".join(lines), item))

    for item in items:
        if grouped and item["group"] != group:
            group = item["group"]
            add(group, None, "bold")
        add(item["label"], item, "normal")
    return found


def forest(items, row_inches, grouped):
    panels = [(unit, panel, laid_out(panel, row_inches, grouped)) for unit, panel in by_magnitude(items)]
    swatches = colour_swatches(items)
    columns, swatch_inches = legend_columns(swatches)
    head, gap, foot = 0.42, 0.5, 0.38 + swatch_inches
    height = head + foot + gap * len(panels) + row_inches * sum(rows for _, _, laid in panels for rows, _, _ in laid)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    top = height - head
    for unit, panel, laid in panels:
        tall = row_inches * sum(rows for rows, _, _ in laid)
        axes = figure.add_axes([LABELS, (top - tall) / height, BARS, tall / height])
        top -= tall + gap
        draw_panel(axes, unit, panel, laid)
    has_region = any(item["region"] for item in items)
    legend = [plt.Line2D([], [], color=style.INK, marker="o", markersize=5, linewidth=2.2, label="estimate, interval")]
    if has_region:
        legend.append(Rectangle((0, 0), 1, 1, facecolor=style.REGION, label="region claimed"))
    legend += [Rectangle((0, 0), 1, 1, facecolor=style.TWIN, label="twins"),
               plt.Line2D([], [], color=style.MDE, marker="|", markersize=8, linestyle="none", markeredgewidth=1.2, label="MDE")]
    figure.legend(handles=legend, loc="upper left", bbox_to_anchor=(0.01, 1 - 0.04 / height), ncol=4, frameon=False, fontsize=LABEL_SIZE,
                  columnspacing=1.4, handlelength=1.8)
    figure.text(LABELS + BARS / 2, (foot + 0.04) / height, "change of time, minus is faster: faster to the left, slower to the right", ha="center",
                va="center", fontsize=LABEL_SIZE)
    figure.legend(handles=swatches, loc="upper left", bbox_to_anchor=(0.01, (foot - 0.08) / height), ncol=columns, frameon=False,
                  fontsize=LABEL_SIZE, columnspacing=1.4, handlelength=1.0, title="colour and marker: contender", title_fontsize=LABEL_SIZE,
                  alignment="left")
    return figure


SWATCH_INCHES = 0.36   # beside a name in a legend: handle and space
LEGEND_INCHES = 0.96 * style.WIDTH_INCHES
MOST_COLUMNS = 4


def legend_columns(swatches):
    """Columns in which the names of the swatches fit, and the height of all; a name that fits in no line is broken."""
    for swatch in swatches:
        swatch.set_label("\n".join(fitting.broken(swatch.get_label(), LEGEND_INCHES - SWATCH_INCHES, LABEL_SIZE)))
    for columns in range(min(MOST_COLUMNS, len(swatches)) or 1, 0, -1):
        large = len(swatches) % columns  # these have one more than the others
        counts = [len(swatches) // columns + (place < large) for place in range(columns)]
        starts = [sum(counts[:place]) for place in range(columns)]
        wide = sum(max(fitting.inches(line, LABEL_SIZE) for swatch in swatches[start:start + count] for line in swatch.get_label().split("\n"))
                   + SWATCH_INCHES for start, count in zip(starts, counts))
        if wide <= LEGEND_INCHES or columns == 1:
            lines = max(sum(swatch.get_label().count("\n") for swatch in swatches[start:start + count]) for start, count in zip(starts, counts))
            return columns, 0.18 * math.ceil(len(swatches) / columns) + fitting.tall(lines, LABEL_SIZE)
    return 1, 0


def colour_swatches(items):
    """What the colours in this figure stand for, in the order of the one table of colours."""
    used = dict.fromkeys(item["contender"] if " " not in item["contender"] else "several" for item in items)
    names = sorted(used, key=lambda name: ([*style.VARIANT, name].index(name), name))
    return [plt.Line2D([], [], linestyle="none", marker="o" if name == "several" else style.marker(name), markersize=6,
                       color=style.SEVERAL if name == "several" else style.variant(name), markeredgecolor=style.INK,
                       markeredgewidth=0.5, label=name) for name in names]


def draw_panel(axes, unit, panel, laid):
    span = panel_span(panel)
    top, ticks, labels = 0, [], []
    for rows, label, item in laid:
        y = top + (rows - 1) / 2
        top += rows
        if item is None:
            axes.text(-0.01, y, label, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=LABEL_SIZE, weight="bold")
            continue
        draw_item(axes, y, item, span)
        ticks.append(y)
        labels.append(label)
    axes.set_ylim(top - 0.45, -0.55)
    axes.set_xlim(span)
    axes.set_yticks(ticks, labels, fontsize=LABEL_SIZE)
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color=style.INK, linewidth=0.8, zorder=4)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6, zorder=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(nbins=6))
    axes.xaxis.set_major_formatter(lambda x, _: f"{wording.number(round(x, 6))} {'%' if unit == 'percent' else unit}")


def draw_claims(run):
    return forest(claim_items(run), 0.62, grouped=False)


def draw_effects(rows, run):
    items = effect_items(rows, run)
    if not subject.is_about_the_field(run):
        return forest(items, 0.205, grouped=True)
    return forest([item | {"label": f"{item['label']}\n{item['group']}"} for item in items], 0.32, grouped=False)


# What an op takes, workload by workload, each on a scale of its own from zero.

BAR_INCHES, SPACE_INCHES, NOTE_INCHES = 0.16, 0.08, 0.3
BARS_LEFT, BARS_WIDE = 0.3, 0.4  # of the width: names before, and figures behind them


def level_words(run, workload, row):
    """'1.23 us, 366 instructions': what is counted where it was."""
    counted = run.one("metrics", variant=row["variant"], workload=subject.counted_of(run, workload), metric="instructions_per_op")
    exact = f", {wording.number(counted['value'])} instructions" if counted and counted["value"] is not None else ""
    return wording.quantity(float(f"{row['time_ns_per_op']:.4g}"), "ns") + exact


def bars_of(run, page):
    """[(lines of the workload's name, [(rows, name, words, level)])]"""
    left, right = (share * style.WIDTH_INCHES - 0.12 for share in (BARS_LEFT, 1 - BARS_LEFT - BARS_WIDE))
    found = []
    for workload, rows in page:
        bars = []
        for row in rows:
            name, words = fitting.broken(row["variant"], left, LABEL_SIZE), fitting.broken(level_words(run, workload, row), right, LABEL_SIZE)
            tall = fitting.tall(max(len(name), len(words)), LABEL_SIZE)
            bars.append((max(1, math.ceil(tall / BAR_INCHES)), "\n".join(name), "\n".join(words), row))
        found.append((fitting.broken(workload, 0.97 * style.WIDTH_INCHES, LABEL_SIZE, "bold"), bars))
    return found


def draw_levels(run, page):
    groups = bars_of(run, page)
    heads = [fitting.tall(len(lines), LABEL_SIZE) + SPACE_INCHES for lines, _ in groups]
    tops = [BAR_INCHES * sum(rows for rows, *_ in bars) for _, bars in groups]
    height = NOTE_INCHES + sum(heads) + sum(tops) + SPACE_INCHES * len(groups)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    at = height
    for (lines, bars), head, tall in zip(groups, heads, tops):
        figure.text(0.01, (at - SPACE_INCHES) / height, "\n".join(lines), ha="left", va="top", fontsize=LABEL_SIZE, weight="bold")
        at -= head
        axes = figure.add_axes([BARS_LEFT, (at - tall) / height, BARS_WIDE, tall / height])
        at -= tall + SPACE_INCHES
        draw_bars(axes, bars)
    figure.text(0.01, SPACE_INCHES / height, "bars begin at zero, each workload on its own scale; line: interval", ha="left", va="bottom", fontsize=LABEL_SIZE)
    return figure


def draw_bars(axes, bars):
    top, most = 0, max(row["time_ns_per_op"] for *_, row in bars)
    for rows, name, words, row in bars:
        y = top + (rows - 1) / 2
        top += rows
        axes.barh(y, row["time_ns_per_op"], height=0.72, color=style.variant(row["variant"]), edgecolor=style.INK, linewidth=0.5)
        low, high = row["ci_low_ns"], row["ci_high_ns"]
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([max(low, 0), min(high, 1.1 * most)], [y, y], color=style.INK, linewidth=1.6, solid_capstyle="butt")
        axes.text(-0.02, y, name, transform=axes.get_yaxis_transform(), ha="right", va="center", fontsize=LABEL_SIZE)
        axes.text(1.02, y, words, transform=axes.get_yaxis_transform(), ha="left", va="center", fontsize=LABEL_SIZE)
    axes.set_ylim(top - 0.5, -0.5)
    axes.set_xlim(0, 1.1 * most if most > 0 else 1)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines["bottom"].set_visible(False)


# What matters: every single choice by what it does to the op, whatever its sign, on a log scale.

RANKING_DECADES = 4  # at most; what is smaller than the largest by more is an arrow at the edge


def magnitude(row):
    """Smallest and largest size that the interval leaves open; the smallest is 0 where it holds zero."""
    ends = sorted(map(abs, (row["ci_low"], row["ci_high"])))
    return (0 if row["ci_low"] <= 0 <= row["ci_high"] else ends[0]), ends[1]


def twin_reach(row):
    return None if row["twin_low"] is None or row["twin_high"] is None else max(abs(row["twin_low"]), abs(row["twin_high"]))


def ranking_span(rows):
    """Whole decades that hold every estimate, every outer end and every noise floor, but no more than RANKING_DECADES."""
    sizes = [abs(row["estimate"]) for row in rows] + [magnitude(row)[1] for row in rows] + [twin_reach(row) for row in rows]
    sizes = [size for size in sizes if size and math.isfinite(size)]
    top = math.ceil(math.log10(max(sizes)))
    return 10.0 ** max(math.floor(math.log10(min(sizes))), top - RANKING_DECADES), 10.0 ** top


CHOICES, EFFECTS = 0.19, 0.47  # of the width: names, and beside them what is drawn
SMALL = 7.5


def row_inches(least, texts, size):
    """Height of a row in which each of these finds its lines."""
    return max([least, *(fitting.tall(text.count("\n") + 1, size) + 0.02 for text in texts)])


def draw_ranking(run):
    ranking = subject.Ranking(run)
    rows = [row for _, _, row in ranking.rows]
    left, right = ranking_span(rows)
    choices = [within(f"{choice}\n{other}", CHOICES, SMALL) for choice, other, _ in ranking.rows]
    effects = [within(wording.effect(row, why=False).replace(" (", "\n(").replace("; ", ";\n"), 1 - CHOICES - EFFECTS, SMALL) for row in rows]
    height = 1.05 + row_inches(0.4, choices + effects, SMALL) * len(rows)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    axes = figure.add_axes([CHOICES, 0.5 / height, EFFECTS, 1 - 0.85 / height])
    for y, ((_, other, row), effect) in enumerate(zip(ranking.rows, effects)):
        draw_choice(axes, y, other, row, left)
        axes.annotate(effect, (1.02, y), xycoords=axes.get_yaxis_transform(), va="center", fontsize=SMALL, annotation_clip=False)
    axes.set_xscale("log")
    axes.set_xlim(left, right)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), choices, fontsize=SMALL)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.xaxis.set_major_formatter(lambda x, _: f"{wording.number(x)} %")
    axes.set_xlabel(f"size of the effect on {subject.OP}, faster or slower; log scale", fontsize=8)
    legend = [plt.Line2D([], [], color=style.INK, marker="o", markersize=5, linewidth=2.2, label="shown"),
              plt.Line2D([], [], color=style.INK, marker="o", markersize=5, linewidth=2.2, markerfacecolor="white", label="not shown"),
              plt.Line2D([], [], color=style.INK, marker="s", markersize=5, linewidth=2.2, markerfacecolor="white", label="equivalent"),
              Rectangle((0, 0), 1, 1, facecolor=style.TWIN, label="copies of the same code"),
              plt.Line2D([], [], color=style.INK, marker="<", markersize=5, linestyle="none", markerfacecolor="white", label="smaller still")]
    legend = legend if any(abs(row["estimate"]) < left for row in rows) else legend[:-1]
    figure.legend(handles=legend, loc="upper left", bbox_to_anchor=(0.01, 1 - 0.02 / height), ncol=len(legend), frameon=False, fontsize=8)
    return figure


def draw_choice(axes, y, other, row, left):
    colour = style.variant(other)
    shown = row["words"] in ("faster by", "slower by")
    low, high = magnitude(row)
    if twin_reach(row):
        axes.add_patch(Rectangle((left, y - 0.36), max(twin_reach(row) - left, 0), 0.72, facecolor=style.TWIN, edgecolor="none", zorder=1))
    if math.isfinite(high):
        axes.plot([max(low, left), max(high, left)], [y, y], color=style.INK, linewidth=3.2, zorder=2.9, solid_capstyle="butt")
        axes.plot([max(low, left), max(high, left)], [y, y], color=colour, linewidth=2.2, zorder=3, solid_capstyle="butt")
    beyond = abs(row["estimate"]) < left
    if low < left and not beyond:  # its interval goes on beyond the axis
        axes.text(left, y + 0.28, "\u2039 goes on to zero" if low == 0 else "\u2039 goes on", fontsize=6.5, va="center", ha="left", color=style.INK, zorder=4)
    marker = "<" if beyond else "s" if row["words"] == "equivalent within" else style.marker(other)
    axes.plot([max(abs(row["estimate"]), left)], [y], marker=marker, markersize=5.5, color=colour if shown else "white",
              markeredgecolor=colour if not shown else style.INK, markeredgewidth=1.4 if not shown else 0.6, zorder=4, clip_on=False)


# The two by two with the original's diagonal through it.

def draw_interaction(run):
    two = subject.TwoByTwo(run)
    pools = list(two.pools)
    ends = two.original
    if ends:
        pools += [pool for _, pool, _ in ends.values() if pool not in pools]
    figure = plt.figure(figsize=(style.WIDTH_INCHES, 3.7))
    axes = figure.add_axes([0.12, 0.2, 0.62, 0.74])
    shift = {field: 0.16 * (i - (len(two.fields) - 1) / 2) for i, field in enumerate(two.fields)}
    for i, field in enumerate(two.fields):
        rows = [two.cells[field, pool] for pool in two.pools]
        places = [pools.index(pool) + shift[field] for pool in two.pools]
        axes.plot(places, [row["time_ns_per_op"] for row in rows], color=style.INK, linewidth=1, linestyle=("-", "--", ":")[i % 3],
                  label=subject.change_of("mmap_res", field, ""), zorder=2)
        for x, row in zip(places, rows):
            draw_level(axes, x, row, filled=True)
    if ends:
        places = [(pools.index(pool) + shift[field] * 1.9, row) for field, pool, row in ends.values()]
        axes.plot([x for x, _ in places], [row["time_ns_per_op"] for _, row in places], color=style.PURPLE, linewidth=1.8,
                  linestyle=(0, (5, 2)), zorder=3, label="what the original\ncompared")
        for x, row in places:
            draw_level(axes, x, row, filled=False)
    axes.set_xticks(range(len(pools)), [textwrap.fill(subject.change_of("pool", pool, ""), 18) for pool in pools])
    axes.set_xlim(-0.5, len(pools) - 0.5)
    axes.set_ylabel(f"{subject.OP}: ns per op")
    axes.yaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    footnote = f"Filled: panel {two.panel}." + (f" Hollow: panel {ends['contender'][2]['panel']}, the pair side by side."
                                              if ends else "")
    figure.text(0.12, 0.035, footnote + " The axis does not start at zero.", fontsize=8)
    return figure


def draw_level(axes, x, row, filled):
    colour = style.variant(row["variant"])
    low, middle, high = row["ci_low_ns"], row["time_ns_per_op"], row["ci_high_ns"]
    if math.isfinite(low) and math.isfinite(high):
        axes.plot([x, x], [low, high], color=colour, linewidth=2.2, zorder=4, solid_capstyle="butt")
    axes.plot([x], [middle], marker=style.marker(row["variant"]), markersize=6, color=colour if filled else "white", markeredgecolor=colour,
              markeredgewidth=1.6, zorder=5)


# The structure to scale.

def draw_structure(run):
    entries = structures_alike(run)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, 0.75 + 0.72 * len(entries)))
    axes = figure.add_axes([0.13, 0.42 / figure.get_figheight(), 0.85, 1 - 0.5 / figure.get_figheight()])
    widest = max(max(e["heap_bytes"] or 0, e["struct_bytes"] or 0, *(r["offset_bytes"] + r["size_bytes"] for r in e["fields"]))
                 for e in entries)
    for y, entry in enumerate(entries):
        draw_structure_row(axes, y, entry)
    word = min(r["size_bytes"] for e in entries for r in e["fields"] if r["kind"] == "field") * 2
    axes.set_xlim(0, widest * 1.005)
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.set_xticks(range(0, int(widest) + 1, word))
    axes.set_yticks(range(len(entries)), [f"{e['level']}\n{wording.number(e['struct_bytes'])} bytes"
                                          if e["struct_bytes"] is not None else e["level"] for e in entries])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("offset in bytes; hatched: hole; outline: what the allocator hands out", fontsize=8)
    return figure


def structures_alike(run):
    """One entry for all levels that lay out alike, named by them all."""
    alike = {}
    for entry in subject.structures(run):
        shape = (entry["struct_bytes"], entry["heap_bytes"], *((r["field"], r["offset_bytes"], r["size_bytes"]) for r in entry["fields"]))
        alike.setdefault(shape, []).append(entry)
    return [entries[0] | {"level": "\n".join(entry["level"] for entry in entries)} for entries in alike.values()]


def draw_structure_row(axes, y, entry):
    fields = [row["field"] for row in entry["fields"] if row["kind"] == "field"]
    for row in entry["fields"]:
        hole = row["kind"] == "hole"
        colour = "white" if hole else style.DISPUTED if row["field"] == style.DISPUTED_FIELD else \
            style.FIELDS[fields.index(row["field"]) % len(style.FIELDS)]
        axes.add_patch(Rectangle((row["offset_bytes"], y - 0.3), row["size_bytes"], 0.6, facecolor=colour, edgecolor=style.INK,
                                 linewidth=0.7, hatch="////" if hole else None))
        if not hole:
            axes.text(row["offset_bytes"] + row["size_bytes"] / 2, y, row["field"], ha="center", va="center", 
                      fontsize=7.5 if row["size_bytes"] > 4 else 6.3, rotation=0 if row["size_bytes"] > 4 else 90)
    if entry["heap_bytes"] is not None:
        axes.add_patch(Rectangle((0, y - 0.4), entry["heap_bytes"], 0.8, facecolor="none", edgecolor=style.OTHER, linewidth=1.2,
                                 linestyle=(0, (3, 2)), clip_on=False))
        axes.text(entry["heap_bytes"] - 0.4, y - 0.33, wording.number(entry["heap_bytes"]), ha="right", va="top", fontsize=7.5,
                  color=style.OTHER) if entry["heap_bytes"] > (entry["struct_bytes"] or 0) else None


# What size classes waste: by size of the request, and on each workload.

WASTE_LINES = ("-", "--", ":", "-.")


def draw_class_waste(run):
    waste = subject.ClassWaste(run)
    bars = len(waste.shares) * (len(waste.variants) + 1)
    lower = 0.17 * bars
    height = 3.6 + lower
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    axes = figure.add_axes([0.115, (lower + 1.15) / height, 0.86, 2.1 / height])
    looks = {level: {"color": style.variant(name), "linestyle": WASTE_LINES[place % len(WASTE_LINES)]}
             for place, (level, name) in enumerate(waste.variants.items())}
    for level, curve in waste.curves.items():
        draw_waste_curve(axes, curve, waste.examples[level], looks[level], f"classes {level}")
    axes.set_ylim(0, 104)
    axes.set_xscale("log", base=2)
    sizes = sorted({size for curve in waste.curves.values() for end, _ in curve for size in (end // 2, end)})
    axes.set_xticks(sizes[::2], [wording.bytes_text(size) for size in sizes[::2]], rotation=45, ha="right", fontsize=7.5)
    axes.minorticks_off()
    axes.set_xlim(sizes[0], sizes[-1])
    axes.set_xlabel("bytes asked for; over each doubling of them", fontsize=8)
    axes.yaxis.set_major_formatter(lambda x, _: f"{x:.0f} %")
    axes.set_ylabel("of what is given, unused")
    axes.yaxis.grid(True, color=style.GRID, linewidth=0.6)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(0.09, 1.0), ncol=len(looks) + 1, frameon=False,
                  fontsize=8)
    draw_waste_bars(figure.add_axes([0.22, 0.3 / height, 0.6, lower / height]), waste, looks)
    return figure


def draw_waste_curve(axes, curve, examples, look, label):
    if curve:
        edges = [curve[0][0] // 2] + [end for end, _ in curve]
        axes.step(edges, [curve[0][1]] + [percent for _, percent in curve], where="pre", linewidth=1.8, label=label, **look)
    for size, percent in examples:
        axes.plot([size], [percent], marker="o", markersize=5.5, color=look["color"], markeredgecolor=style.INK, markeredgewidth=0.6,
                  linestyle="none", zorder=5)
        axes.annotate(f"{wording.bytes_text(size)}: {wording.number(percent)} %", (size, percent), textcoords="offset points", xytext=(7, 5 if percent > 30 else -12),
                      fontsize=7.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6}, zorder=4)


def draw_waste_bars(axes, waste, looks):
    y, ticks = 0, []
    for workload, shares in waste.shares.items():
        ticks.append((y + (len(shares) - 1) / 2, workload))
        for level, percent in shares.items():
            axes.barh(y, percent, height=0.86, color=looks[level]["color"], edgecolor=style.INK, linewidth=0.5)
            axes.text(percent + 1, y, f"{wording.number(percent)} % {level}", va="center", fontsize=7.5, clip_on=False)
            y += 1
        y += 1
    axes.set_ylim(y - 1.3, -0.7)
    axes.set_xlim(0, 100)
    axes.set_yticks([at for at, _ in ticks], [name for _, name in ticks], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0f} %")
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)


# What one process sees: every dot is one, with its own addresses of code, stack and heap.

DOT_ROWS = 7  # dots of one arm lie on so many lines, in turn, so that they can be told apart


def draw_layouts(run):
    layouts = subject.Layouts(run)
    most = max(len(arms) for arms in layouts.workloads.values())
    left, gap, right = 0.175, 0.05, 0.02
    names = [within(name, left, LABEL_SIZE) for name, _, _ in next(iter(layouts.workloads.values()))]
    height = 0.95 + row_inches(0.42, names, LABEL_SIZE) * most
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    wide = (1 - left - right - gap * (len(layouts.workloads) - 1)) / len(layouts.workloads)
    for i, (workload, arms) in enumerate(layouts.workloads.items()):
        axes = figure.add_axes([left + i * (wide + gap), 0.5 / height, wide, 1 - 0.85 / height])
        for y, (_, row, values) in enumerate(arms):
            draw_processes(axes, y, row, values)
        axes.set_title(workload, fontsize=8.5)
        axes.set_ylim(most - 0.5, -0.5)
        axes.set_yticks(range(len(arms)), names if i == 0 else [], fontsize=LABEL_SIZE)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
        axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(nbins=5))
        axes.set_xlabel("ns per op", fontsize=8)
    return figure


def draw_processes(axes, y, row, values):
    colour = style.variant(row["variant"])
    for i, value in enumerate(values):
        lane = (i % DOT_ROWS - DOT_ROWS // 2) / DOT_ROWS
        axes.plot([value], [y + 0.6 * lane], marker="o", markersize=2.8, color=colour, markeredgecolor=style.INK, markeredgewidth=0.3,
                  linestyle="none", alpha=0.75, zorder=3)
    axes.plot([row["time_ns_per_op"]] * 2, [y - 0.4, y + 0.4], color=style.INK, linewidth=1.4, zorder=4, solid_capstyle="butt")


# Real programs: the sizes that they encode, and the time of a call in each design.

def draw_traces(run):
    traces = subject.Traces(run)
    tall = [0.2 + 0.24 * max(len(rows), 1.3 * len(traces.times.get(workload, ())), 3) for workload, rows in traces.sizes.items()]
    gap, head = 0.62, 0.62
    height = head + sum(tall) + gap * len(tall) - 0.2
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    top = height - head
    for (workload, rows), inches in zip(traces.sizes.items(), tall):
        axes = figure.add_axes([0.13, (top - inches) / height, 0.31, inches / height])
        draw_trace_sizes(axes, rows)
        calls, size = (sum(row[column] for row in rows) for column in (1, 2))
        axes.set_title(f"{workload}: {wording.number(calls)} calls, {wording.bytes_text(float(f'{size:.3g}'))}", fontsize=8.5)
        if workload in traces.times:
            draw_trace_times(figure.add_axes([0.64, (top - inches) / height, 0.24, inches / height]), traces.times[workload], calls)
        else:
            figure.text(0.64, (top - inches / 2) / height, f"{workload}:\nnot timed in this run", fontsize=8, va="center")
        top -= inches + gap
    figure.legend(handles=[Rectangle((0, 0), 1, 1, facecolor=colour, label=label) for label, colour in TRACE_SHARES.items()],
                  loc="upper left", bbox_to_anchor=(0.11, 1 - 0.03 / height), ncol=2, frameon=False, fontsize=8)
    return figure


TRACE_SHARES = {"share of calls": style.SEVERAL, "share of bytes": style.TWIN}  # no colours of variants


def draw_trace_sizes(axes, rows):
    calls, size = (sum(row[column] for row in rows) for column in (1, 2))
    of_calls, of_bytes = TRACE_SHARES.values()
    for y, (_, own_calls, own_bytes) in enumerate(rows):
        axes.barh(y - 0.19, 100 * own_calls / calls, height=0.36, color=of_calls)
        axes.barh(y + 0.19, 100 * own_bytes / size, height=0.36, color=of_bytes, edgecolor=style.MDE, linewidth=0.4)
    axes.set_yticks(range(len(rows)), [f"to {wording.bytes_text(end)}" for end, _, _ in rows], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0f} %")
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)


def draw_trace_times(axes, rows, calls):
    """Time of a call, whatever its size: the replay over its calls."""
    scale, unit = next(((factor, name) for factor, name in ((1e6, "ms"), (1e3, "us")) if rows[0][1]["time_ns_per_op"] / calls >= factor),
                       (1, "ns"))
    for y, (variant, row) in enumerate(rows):
        middle, low, high = (row[column] / calls / scale for column in ("time_ns_per_op", "ci_low_ns", "ci_high_ns"))
        axes.barh(y, middle, height=0.7, color=style.variant(variant), edgecolor=style.INK, linewidth=0.5)
        if math.isfinite(low) and math.isfinite(high):
            axes.plot([low, high], [y, y], color=style.INK, linewidth=1.6, solid_capstyle="butt")
        axes.text(1.02, y, f"{wording.number(float(f'{middle:.3g}'))} {unit}", transform=axes.get_yaxis_transform(), va="center", fontsize=7.5)
    axes.set_yticks(range(len(rows)), [variant for variant, _ in rows], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.set_title(f"{unit} a call", fontsize=8.5)


# What the harness shows about itself.

CURVES = (style.BLUE, style.VERMILLION, style.GREEN, style.PURPLE, style.ORANGE, style.SKY)
ONE_MDE = 1
POWER_SPAN = (0.1, 10)  # in MDE; what is beyond is found hardly ever or nearly always, and stands at the edge


def draw_rate(axes, place, row, colour, marker, upright=True):
    """A rate in percent with its bounds, over or beside its place."""
    low, value, high = row["low"], row["value"], row["high"]
    if low is not None and high is not None:
        axes.plot(*(([place, place], [low, high]) if upright else ([low, high], [place, place])), color=colour, linewidth=1.6,
                  zorder=3, solid_capstyle="butt", clip_on=False)
    axes.plot(*(([place], [value]) if upright else ([value], [place])), marker=marker, markersize=5, color=colour,
              markeredgecolor=style.INK, markeredgewidth=0.5, linestyle="none", zorder=4, clip_on=False)


def draw_power(run):
    curves = calibration.power_points(run)
    figure = plt.figure(figsize=(style.WIDTH_INCHES, 3.4))
    axes = figure.add_axes([0.125, 0.15, 0.585, 0.78])
    for i, (name, points) in enumerate(sorted(curves.items(), key=lambda item: item[0] == "")):
        colour, marker = CURVES[i % len(CURVES)], style.MARKERS[i % len(style.MARKERS)]
        points = [(min(max(x, POWER_SPAN[0]), POWER_SPAN[1]), row) for x, row in points]
        axes.plot([x for x, _ in points], [row["value"] for _, row in points], color=colour, linewidth=1.2,
                  linestyle="none" if name == "" else "-", marker=marker, markersize=5, markeredgecolor=style.INK,
                  markeredgewidth=0.5, label=name or "known truths")
        for x, row in points:
            draw_rate(axes, x, row, colour, marker)
    axes.set_xscale("log")
    axes.set_xlim(POWER_SPAN[0] / 1.2, POWER_SPAN[1] * 1.2)
    axes.xaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.xaxis.set_major_formatter(lambda x, _: wording.number(x))
    axes.axvline(ONE_MDE, color=style.MDE, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(lambda y, _: f"{wording.number(y)} %")
    axes.yaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.set_xlabel("effect over the MDE that the report prints (dashed: one; beyond: at the edge)")
    axes.set_ylabel("found")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)
    return figure


def draw_coverage(run):
    truths, designs = calibration.covered(run), calibration.false_differences(run)
    rows = [(f"{subject}\nN = {processes}, {calibration.design_name(design)}", row) for subject, processes, by_design in designs
            for design, row in by_design.items() if row["value"] is not None]
    count = max(len(truths), len(rows))
    height = 0.75 + 0.27 * count
    figure = plt.figure(figsize=(style.WIDTH_INCHES, height))
    left = figure.add_axes([0.2, 0.45 / height, 0.27, 1 - 0.75 / height])
    draw_rates(left, [(row["subject"].replace("_plus_", " +"), row) for row in truths], "holds the true effect")
    if rows:
        right = figure.add_axes([0.72, 0.45 / height, 0.25, 1 - 0.75 / height])
        draw_rates(right, rows, "identical code differs", nominal_is_miss=True)
        right.set_xlim(left=0)
    return figure


def draw_rates(axes, rows, title, nominal_is_miss=False):
    """Rates one below the other, with the nominal one as a line."""
    for y, (_, row) in enumerate(rows):
        draw_rate(axes, y, row, style.BLACK if row["subject"] == calibration.ALL else style.BLUE, "o", upright=False)
    for confidence in sorted({row["confidence"] for _, row in rows if row["confidence"] is not None}):
        nominal = 100 * (1 - confidence if nominal_is_miss else confidence)
        axes.axvline(nominal, color=style.MDE, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
        axes.text(nominal, len(rows) - 0.52, f" nominal {wording.number(round(nominal, 6))} %", fontsize=6.5, ha="left", va="bottom", color=style.INK)
    axes.set_yticks(range(len(rows)), [label for label, _ in rows], fontsize=7.5)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.6)
    axes.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(nbins=4))
    axes.xaxis.set_major_formatter(lambda x, _: f"{wording.number(round(x, 6))} %")
    axes.set_title(title, fontsize=8.5)


# gnuplot, straight from the CSV file.

def write_spread(run, partial, kind):
    write_script(run, gnuplot.spread(run), partial, kind)


def write_heap(run, partial, kind):
    write_script(run, gnuplot.heap(run), partial, kind)


def write_sweep(run, partial, kind):
    write_script(run, gnuplot.sweep(run), partial, kind)


def write_script(run, drawing, partial, kind):
    gnuplot.draw(run, drawing, output=partial.relative_to(run.path).as_posix(), kind=kind)
    if not partial.exists() or partial.stat().st_size == 0:
        raise InputError(f"{drawing[0]}: gnuplot drew nothing")


DRAW = {"ranking": draw_ranking, "claims": draw_claims, "interaction": draw_interaction, "structure": draw_structure,
        "class_waste": draw_class_waste,
        "traces": draw_traces, "layouts": draw_layouts, "power": draw_power, "coverage": draw_coverage}
WRITE = {"spread": write_spread, "sweep": write_sweep, "heap": write_heap}
FIRST_PAGES = ("effects", "levels")


def draw(run, name, folder):
    """Both kinds of one figure, each whole or not at all."""
    pages = subject.effect_pages(run)
    bars = subject.level_pages(run)
    figure = DRAW[name](run) if name in DRAW else draw_effects(pages[name], run) if name in pages else draw_levels(run, bars[name]) if name in bars else None
    for kind in KINDS:
        with replacing(folder / f"{name}.{kind}") as partial:
            if figure:
                write_matplotlib(figure, partial, kind)
            else:
                WRITE[name](run, partial, kind)
    if figure:
        plt.close(figure)


def main(arguments):
    parser = ArgumentParser(description="Draws the figures of a run directory.")
    parser.add_argument("directory", metavar="RUN_DIRECTORY")
    options = parser.parse_args(arguments)
    run = RunDirectory(Path(options.directory).resolve(), raw=True)
    matplotlib.rcdefaults()  # a user's own matplotlibrc must not change the bytes
    matplotlib.rcParams.update(style.RC)
    style.learn(run.variants)
    folder = own_folder(run.path / "figures")
    figures = subject.figures(run)
    for path in sorted(folder.iterdir()):
        of_another_run = path.stem in (*DRAW, *WRITE, *FIRST_PAGES) and path.suffix.removeprefix(".") in KINDS
        if (OF_A_PAGE.fullmatch(path.name) or of_another_run) and path.stem not in dict(figures):
            path.unlink(missing_ok=True)
    for name, missing in figures:
        if missing is None:
            draw(run, name, folder)
            continue
        for kind in KINDS:
            (folder / f"{name}.{kind}").unlink(missing_ok=True)
        print(f"figures.py: no figure {name}: {missing}")
    return 0


if __name__ == "__main__":
    run_main(main)
