"""What real programs encode, call by call."""

import facts
import subject
import wording

TITLE = "What real programs encode"


def absent(run):
    return subject.Traces(run).missing


def lead(run):
    sizes = subject.Traces(run).sizes
    said = []
    for workload, rows in sizes.items():
        calls, size = (sum(row[column] for row in rows) for column in (1, 2))
        end, own, _ = max(rows, key=lambda row: row[1])
        said.append(f"{facts.code(workload)}: {wording.number(calls)} calls of {wording.bytes_text(size)} in all, {facts.percent(own, calls)} % of them up to "
                    f"{wording.bytes_text(end)} and above half of that")
    return "; ".join(said) + "."


def context(run):
    return {"traces": facts.traces(run)}
