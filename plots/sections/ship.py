"""Which design to ship, by time, instructions and allocations on everything that the simplest one was measured on."""

import facts
import subject

TITLE = "Which design to ship"


def absent(run):
    return None if facts.effect_answer(run, subject.DIRECT) else f"no effect of {subject.DIRECT} on {subject.OP}"


def lead(run):
    direct = facts.effect_answer(run, subject.DIRECT)
    return f"{facts.TO_SHIP[direct['way']]}: {direct['text']} on {facts.code(subject.OP)}."


def context(run):
    return {"story": facts.story(run), "if_a_buffer_stays": facts.if_a_buffer_stays(run, facts.effect_answer(run, subject.DIRECT))}
