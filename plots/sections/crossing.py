"""The two by two that the original confounded."""

import facts
import subject

TITLE = "What the original compared"


def absent(run):
    return subject.TwoByTwo(run).missing


def lead(run):
    named = (("pooling alone", subject.POOL_MAIN), ("removing the field alone", subject.FIELD_MAIN), ("the original's pair, which changed both", subject.ORIGINAL))
    said = [f"{what}: {answer['text']}" for what, contrast in named if (answer := facts.effect_answer(run, contrast))]
    return f"On {facts.code(subject.OP)}, {'; '.join(said)}." if said else "No effect of the crossing was measured."


def context(run):
    return {"op": run.one("workloads", workload=subject.OP), "crossing": facts.crossing(run)}
