"""Instructions of an op, counted one by one."""

import facts
import subject

TITLE = "Instructions"


def absent(run):
    found = facts.instructions(run)
    return None if found["table"] or found["identical"] else "no instruction was counted"


def lead(run):
    deltas = [row["instructions_delta"] for row in run.effects if row["contrast"] == subject.FIELD and row["scale"] == "absolute"
              and row["instructions_delta"] is not None]
    if not deltas:
        return "What removing the field does to the instructions of an op was not counted on any workload that was timed."
    return f"Removing the field changes an op by {facts.span_of(deltas)} instructions, over {len(deltas)} workloads."


def context(run):
    return {"instructions": facts.instructions(run)}
