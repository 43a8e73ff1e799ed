"""What malloc is asked for."""

import facts
import subject

TITLE = "Allocations"


def absent(run):
    return None if facts.allocation_table(run)["table"] else "nothing was counted"


def lead(run):
    rows = [row for row in run.metrics if row["workload"] == subject.OP and row["metric"] == facts.ALLOCATIONS and row["status"] == "exact"]
    figures = {}
    for row in rows:
        figures.setdefault(facts.exact_text(row), []).append(facts.code(row["variant"]))
    said = "; ".join(f"{figure} by {names[0] if len(names) == 1 else f'{len(names)} designs ({names[0]} among them)'}" for figure, names in figures.items())
    return f"Allocations per {facts.code(subject.OP)}: {said}." if said else f"{facts.code(subject.OP)} was not counted; other workloads were."


def context(run):
    return {"allocations": facts.allocation_table(run), "allocation_crossing": facts.allocation_crossing(run),
            "allocation_details": facts.allocation_details(run)}
