"""Each verdict with the figures and the rows behind it."""

import facts

TITLE = "Why each verdict"


def lead(run):
    known = facts.tally(run)
    return f"{known['parts']} parts of {known['claims']} claims, each with the rule that decided it and the rows to check it by."


def context(run):
    return {"reasons": facts.reasons(run), "missing": facts.missing_parts(run), "tally": facts.tally(run)}
