"""Claims that hold here, and for which the original had no evidence."""

import facts
import sections.wrong

TITLE = "Right, without evidence"


def absent(run):
    return None if sections.wrong.context(run)["right"] else "no claim holds here for which the original had no evidence"


def lead(run):
    found = sections.wrong.context(run)["right"]
    return f"{len(found)} claims hold here though the original had no evidence for them: {facts.listed([str(item['claim']) for item in found])}."


def context(run):
    return sections.wrong.context(run)
