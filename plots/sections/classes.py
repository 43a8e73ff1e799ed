"""What size classes waste."""

import facts
import subject
import wording

TITLE = "Size classes"


def absent(run):
    return subject.ClassWaste(run).missing


def lead(run):
    shares = subject.ClassWaste(run).shares
    ranges = {}
    for by_level in shares.values():
        for level, percent in by_level.items():
            ranges.setdefault(level, []).append(percent)
    said = "; ".join(f"{level} {wording.number(min(found))} to {wording.number(max(found))} %" for level, found in ranges.items())
    return f"Of the bytes that a class gives nobody asked for, over {len(shares)} workloads: {said}."


def context(run):
    return {"class_waste": facts.class_waste(run)}
