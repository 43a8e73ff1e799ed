"""The kernel's counters around the ops."""

import facts

TITLE = "Counters"


def absent(run):
    return None if facts.counters(run)["any"] else "no counter was asked for"


def lead(run):
    events = dict.fromkeys(row["event"] for row in run.counters)
    seen = dict.fromkeys(row["event"] for row in run.counters if row["value"] is not None)
    return f"{len(seen)} of {len(events)} events could be counted on this machine."


def context(run):
    return {"counters": facts.counters(run)}
