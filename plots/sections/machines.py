"""What changes from machine to machine: the same verdicts and effects in the runs that were named beside this one."""

import facts

TITLE = "What changes from machine to machine"


def lead(run):
    found = facts.beside(run)
    if not found:
        return "Not known from this run: it is of one machine, and none of another was named beside it (`report --beside DIR`)."
    return " ".join(f"{facts.code(other['name'])}: {other['same']} of {other['parts']} parts of the claims have the same verdict there, "
                    f"{other['opposite']} the opposite one." for other in found)


def context(run):
    return {"beside": facts.beside(run)}
