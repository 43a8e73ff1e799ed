"""The op from the smallest to the largest size."""

import facts
import subject

TITLE = "Sizes"


def absent(run):
    return subject.Sweep(run).missing


def lead(run):
    found = facts.largest_by_size(run)
    return f"From {found['first']} to {found['last']}, where each design is furthest from {found['against']}: {found['text']}." if found else \
        "At no size a difference is shown."


def context(run):
    return {"sweep": facts.sweep(run)}
