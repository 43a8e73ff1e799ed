"""Every single choice by what it does to the op."""

import facts
import subject

TITLE = "What matters"


def absent(run):
    return subject.Ranking(run).missing


def lead(run):
    rows = subject.Ranking(run).rows
    shown = [row for row in rows if row[2]["words"] in facts.SHOWN]
    if not shown:
        return f"None of {len(rows)} single choices is shown to change the time of {facts.code(subject.OP)}."
    choice, other, row = shown[0]
    return f"What changes {facts.code(subject.OP)} most is {choice} ({facts.code(other)}): {facts.wording.effect(row)}; " \
           f"{len(shown)} of {len(rows)} single choices are shown to change its time."


def context(run):
    return {"ranking": facts.ranking(run)}
