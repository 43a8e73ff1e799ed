#!/usr/bin/env python3
"""Freezes part of a real run for the golden test: freeze.py RUN_DIRECTORY INTO

Raw files only (analyse makes the derived ones); of the cells, one panel on one workload each, as many as BUDGET_BYTES hold: of
the op and of get and put first, of these what decides claims; then the op at other sizes, then the order of the files. Whole cells, so that nothing is amiss
in what is left. What ties the run to one place is made plain: the command line.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "plots"))

import subject  # noqa: E402
from rundir import RunDirectory, read_text, schema  # noqa: E402

BUDGET_BYTES = 185_000
RAW = ("run", "machine", "variants", "workloads", "cells", "processes", "contrasts", "metrics", "heap", "layout", "claims", "panels",
       "instructions_delta", "state_contrasts")
BY_CELL = ("cells", "processes", "contrasts", "state_contrasts")


def cell_of(line, header):
    cells = line.split(",")
    return cells[header.index("panel")], cells[header.index("workload")]


def rank(run, cell, order):
    plan = run.one("cells", panel=cell[0], workload=cell[1])
    return (cell[1] not in (subject.OP, "get_put"), not plan or plan["purpose"] != "claims",
            cell[1] not in subject.Sweep(run).sizes, order.index(cell))


def chosen(run, lines):
    """Whole cells within the budget."""
    header = lines["contrasts"][0].split(",")
    order = list(dict.fromkeys(cell_of(line, header) for line in lines["contrasts"][1:]))
    kept, used = set(), 0
    for cell in sorted(order, key=lambda cell: rank(run, cell, order)):
        weight = sum(len(line) + 1 for table in BY_CELL[1:] for line in lines[table][1:]
                     if cell_of(line, lines[table][0].split(",")) == cell)
        if used + weight <= BUDGET_BYTES:
            kept.add(cell)
            used += weight
    return kept


def main(source, target):
    run = RunDirectory(source)
    files = {name: file for name, (file, _) in schema().items() if name in RAW and (Path(source) / file).exists()}
    lines = {name: read_text(Path(source) / file).splitlines() for name, file in files.items()}
    kept = chosen(run, lines)
    target = Path(target)
    target.mkdir(parents=True, exist_ok=True)
    for name, file in files.items():
        header, *rows = lines[name]
        if name in BY_CELL:
            rows = [row for row in rows if cell_of(row, header.split(",")) in kept]
        if name == "run":
            header_processes = lines["processes"][0].split(",")
            of_kept = {tuple(row.split(",")[header_processes.index(column)] for column in ("process", "status"))
                       for row in lines["processes"][1:] if cell_of(row, header_processes) in kept}
            rows = [f"processes,{len({process for process, _ in of_kept})}" if row.startswith("processes,") else row for row in rows]
            void = len({process for process, status in of_kept if status == "void"})
            rows = [f"processes_void,{void}" if row.startswith("processes_void,") else row for row in rows]
            rows = [f"command,./encbench run --profile {run.facts['profile']}" if row.startswith("command,") else row for row in rows]
        (target / file).write_text("\n".join([header, *rows]) + "\n", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: freeze.py RUN_DIRECTORY INTO")
    main(*sys.argv[1:])
