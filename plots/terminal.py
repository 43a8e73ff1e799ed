#!/usr/bin/env python3
"""A quick look at a run directory as text, as wide as the terminal: terminal.py RUN_DIRECTORY

What the run has of: effects of single choices on the op, time by size, what single processes saw, memory over many operations, drawn by
gnuplot from the CSV files as they are; of a run that is not about the field every effect, workload by workload. Writes no file. Bad input: one line, exit status two.
"""

import functools
import math
import os
import sys
import textwrap
from pathlib import Path

import gnuplot
import style
import subject
import wording
from rundir import ArgumentParser, InputError, RunDirectory, run_main

COLUMNS_LEAST, COLUMNS_MOST = 60, 160  # narrower, gnuplot has no room for a curve; wider, none is better for it
ROWS = 23                              # a picture with its title on a screen of 24 lines
AXIS_ROWS = 5
MOST_EFFECTS = ROWS - AXIS_ROWS


def columns():
    try:
        found = os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        found = 0
    return min(max(found or wording.LINE, COLUMNS_LEAST), COLUMNS_MOST)


def effects(run):
    """(title, workload, [(label, effect as the label says it, whether the contrast runs the other way)]); without a title, why there is
    none in place of the workload."""
    ranking = subject.Ranking(run)
    if ranking.missing is not None:
        return None, ranking.missing, []
    own = {row["contrast"]: row for row in run.select("effects", workload=subject.OP, scale="relative")}
    return (f"Single choices, each against {ranking.against}, on {subject.OP}", subject.OP,
            [(choice, row, row["estimate"] != own[row["contrast"]]["estimate"]) for choice, _, row in ranking.rows])


def print_pairs(run, wide):
    """Every effect of a run that is not about the field, workload by workload, over one axis from the farthest end to the other."""
    rows = subject.pairs(run)
    if not rows:
        say("No effects: it takes two processes that count", wide)
        return
    ends = [end for row in rows for end in (0.0, row["estimate"], row["ci_low"], row["ci_high"]) if math.isfinite(end)]
    low, high = min(ends), max(ends)
    place = functools.partial(place_of, low=low, high=high, wide=wide)
    say("Effects on time, contender minus baseline; o: estimate, -: its interval, |: none", wide)
    axis = f"{wording.number(low)} %", f"{wording.number(high)} %"
    print(axis[0] + axis[1].rjust(wide - len(axis[0])))
    for workload in subject.workloads(run, rows):
        print()
        say(workload, wide)
        for row in (row for row in rows if row["workload"] == workload):
            print(drawn(row, place, wide))
            levels = [level and wording.quantity(float(f"{level['time_ns_per_op']:.4g}"), "ns") for level in subject.sides_of(run, row)]
            takes = f" ({levels[0]} to {levels[1]})" if all(levels) else ""
            say(f"  {row['contender']} against {row['baseline']}: {wording.effect(row)}{takes}", wide)


def place_of(value, low, high, wide):
    """The column of a value; what is beyond an end stands at it."""
    return round((min(max(value, low), high) - low) / ((high - low) or 1) * (wide - 1))


def drawn(row, place, wide):
    line = [" "] * wide
    if math.isfinite(row["ci_low"]) and math.isfinite(row["ci_high"]):
        for column in range(place(row["ci_low"]), place(row["ci_high"]) + 1):
            line[column] = "-"
    line[place(0)] = "|"
    line[place(row["estimate"])] = "o"
    return "".join(line).rstrip()


def print_effects(run, wide):
    title, workload, rows = effects(run)
    if not rows:
        say(f"No effects: {workload}", wide)
        return
    shown = rows[:MOST_EFFECTS]
    say(title + "; o: estimate, what is beside it: its interval" + (f"; the largest {len(shown)} of {len(rows)}" if len(shown) < len(rows) else ""), wide)
    shown = [(label if len(label) <= wide // 2 else label[:wide // 2 - len("..")] + "..", row, turned) for label, row, turned in shown]
    width = max(len(label) for label, _, _ in shown)
    values = {"source": run.files["effects"], "workload": workload, "label_columns": str(width),
              "contrasts": " ".join(row["contrast"] for _, row, _ in shown), "turned": " ".join(str(int(turned)) for _, _, turned in shown),
              "xlabel_text": "percent; faster to the left, slower to the right"}
    values |= {f"label_{place}": label for place, (label, _, _) in enumerate(shown, start=1)}
    show(run, ("ranking.gp", values), wide, len(shown) + AXIS_ROWS)
    for label, row, _ in shown:
        print(textwrap.fill(wording.effect(row), wide, initial_indent=label.ljust(width + 2), subsequent_indent=" " * (width + 2)))


def say(text, wide):
    print(textwrap.fill(text, wide, subsequent_indent="  ", break_on_hyphens=False))


def print_sweep(run, wide):
    say(f"Sizes of {subject.OP}: time per op above, difference from {subject.Sweep(run).against} in percent below", wide)
    show(run, gnuplot.sweep(run), wide, 2 * ROWS)


def print_spread(run, wide):
    say(f"What single processes saw on {subject.OP}: {subject.FIELD} and its twin; share of the processes with at most that effect", wide)
    show(run, gnuplot.spread(run), wide, ROWS, title_a=subject.twin_of(run, subject.FIELD), title_b=subject.FIELD)


def print_heap(run, wide):
    say(f"Memory over many operations of {subject.OP}: live KiB above, mapped KiB below", wide)
    show(run, gnuplot.heap(run), wide, 2 * ROWS)
    for group in gnuplot.heap_groups(subject.heap_rows(run, subject.OP)):
        say(f"{group[0]['class']}: {', '.join(row['variant'] for row in group)}", wide)


def show(run, drawing, wide, tall, **values):
    """Blanks at the end of a line, and empty lines around a picture, say nothing."""
    text = gnuplot.draw(run, drawing, kind="text", columns=str(wide), rows=str(tall), **values)
    print("\n".join(line.rstrip() for line in text.strip("\n\f").split("\n")))


def main(arguments):
    parser = ArgumentParser(description="Shows a run directory as text.")
    parser.add_argument("directory", metavar="RUN_DIRECTORY")
    directory = Path(parser.parse_args(arguments).directory).resolve()
    if (directory / "run.csv").exists() and not (directory / "effects.csv").exists():
        raise InputError(f"{directory}: has no effects.csv yet; `encbench analyse {directory}` makes it")
    run = RunDirectory(directory, raw=True)
    style.learn(run.variants)
    missing = dict(subject.figures(run))
    wide = columns()
    if not subject.is_about_the_field(run):
        print_pairs(run, wide)
        return 0
    print_effects(run, wide)
    for name, draw in (("sweep", print_sweep), ("spread", print_spread), ("heap", print_heap)):
        print()
        if missing[name] is None:
            draw(run, wide)
        else:
            say(f"No {name}: {missing[name]}", wide)
    return 0


if __name__ == "__main__":
    run_main(main)
