"""The structure by its bytes."""

import facts

TITLE = "The structure"


def absent(run):
    return None if facts.structure(run) else "layout.csv has no rows"


def lead(run):
    found = facts.sizes(run)
    if not found:
        return "Not all sizes with the field, with it moved and without it are in this run."
    heap = found["heap"]
    chunk = "" if not heap else f"; malloc makes of that {heap['null']}, {heap['packed']} and {heap['removed']}"
    return f"The structure takes {found['null']} bytes with the field, {found['packed']} with it moved and {found['removed']} without{chunk}."


def context(run):
    return {"structure": facts.structure(run)}
