"""Memory over many operations, beside leaks that were planted."""

import facts
import subject

TITLE = "Heap growth"


def absent(run):
    return None if facts.growth_table(run)["table"] else "no heap pass in this run"


def lead(run):
    classes = {}
    for row in subject.heap_rows(run):
        classes[row["class"]] = classes.get(row["class"], 0) + 1
    if facts.heap_troubles(run):
        return "Nothing can be said of the heap: what was planted was not found as planted."
    return f"Of {sum(classes.values())} passes over many operations {facts.listed([f'{count} are {name}' for name, count in classes.items()])}; " \
           "the leaks that were planted beside them are found."


def context(run):
    return {"growth": facts.growth_table(run)}
