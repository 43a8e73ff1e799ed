#!/usr/bin/env python3
"""A quick look at a run directory as text, as wide as the terminal: terminal.py RUN_DIRECTORY

What the run has of: effects of single choices on the op, time by size, what single processes saw, memory over many operations. Drawn by
gnuplot from the CSV files as they are; writes no file. Bad input: one line, exit status two.
"""

import os
import sys
import textwrap
from pathlib import Path

import gnuplot
import style
import subject
import wording
from rundir import ArgumentParser, RunDirectory, run_main

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
    """(title, workload, [(label, effect as the label says it, whether the contrast runs the other way)]), or why there are none."""
    ranking = subject.Ranking(run)
    if ranking.missing is None:
        own = {row["contrast"]: row for row in run.select("effects", workload=subject.OP, scale="relative")}
        return (f"Single choices, each against {ranking.against}, on {subject.OP}", subject.OP,
                [(choice, row, row["estimate"] != own[row["contrast"]]["estimate"]) for choice, _, row in ranking.rows])
    rows = subject.exploratory_effects(run)
    if not rows:
        return None, ranking.missing, []
    workload = next((row["workload"] for row in rows if row["workload"] == subject.OP), rows[0]["workload"])
    rows = sorted((row for row in rows if row["workload"] == workload), key=lambda row: -abs(row["estimate"]))
    return f"Effects on {workload}", workload, [(row["contrast"], row, False) for row in rows]


def print_effects(run, wide):
    title, workload, rows = effects(run)
    if not rows:
        print(f"No effects: {workload}")
        return
    shown = rows[:MOST_EFFECTS]
    print(f"{title}{f'; the largest {len(shown)} of {len(rows)}' if len(shown) < len(rows) else ''}")
    width = max(len(label) for label, _, _ in shown)
    values = {"source": run.files["effects"], "workload": workload, "label_columns": str(width),
              "contrasts": " ".join(row["contrast"] for _, row, _ in shown), "turned": " ".join(str(int(turned)) for _, _, turned in shown),
              "xlabel_text": "faster to the left, slower to the right"}
    values |= {f"label_{place}": label for place, (label, _, _) in enumerate(shown, start=1)}
    show(run, ("ranking.gp", values), wide, len(shown) + AXIS_ROWS)
    for label, row, _ in shown:
        print(textwrap.fill(wording.effect(row), wide, initial_indent=label.ljust(width + 2), subsequent_indent=" " * (width + 2)))


def print_sweep(run, wide):
    print(f"Sizes of {subject.OP}")
    show(run, gnuplot.sweep(run), wide, 2 * ROWS)


def print_spread(run, wide):
    print(f"What single processes saw on {subject.OP}: {subject.FIELD}, and the twin beside it")
    show(run, gnuplot.spread(run), wide, ROWS, title_a=subject.twin_of(run, subject.FIELD), title_b=subject.FIELD)


def print_heap(run, wide):
    print(f"Memory over many operations of {subject.OP}")
    show(run, gnuplot.heap(run), wide, 2 * ROWS)
    classes = {}
    for row in subject.heap_rows(run, subject.OP):
        classes.setdefault(row["class"], []).append(row["variant"])
    for name, variants in classes.items():
        print(textwrap.fill(f"{name}: {', '.join(variants)}", wide, subsequent_indent="  ", break_on_hyphens=False))


def show(run, drawing, wide, tall, **values):
    """Blanks at the end of a line, and empty lines around a picture, say nothing."""
    text = gnuplot.draw(run, drawing, kind="text", columns=str(wide), rows=str(tall), **values)
    print("\n".join(line.rstrip() for line in text.strip("\n\f").split("\n")))


def show_all(arguments):
    parser = ArgumentParser(description="Shows a run directory as text.")
    parser.add_argument("directory", metavar="RUN_DIRECTORY")
    run = RunDirectory(Path(parser.parse_args(arguments).directory).resolve())
    style.learn(run.variants)
    missing = dict(subject.figures(run))
    wide = columns()
    print_effects(run, wide)
    for name, draw in (("sweep", print_sweep), ("spread", print_spread), ("heap", print_heap)):
        print()
        if missing[name] is None:
            draw(run, wide)
        else:
            print(f"No {name}: {missing[name]}")
    sys.stdout.flush()


def main(arguments):
    """A reader that has seen enough (`| head`) is no error."""
    try:
        show_all(arguments)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    run_main(main)
