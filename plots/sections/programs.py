"""The op at other sizes, and what real programs ask for."""

import facts
import subject

TITLE = "Sizes and real programs"


def lead(run):
    swept, traced = facts.largest_by_size(run), facts.on_traces(run, subject.DIRECT)
    said = [f"From {swept['first']} to {swept['last']}, each design where it is furthest from {swept['against']}: {swept['text']}"] if swept else []
    said += [f"{'R' if not said else 'r'}eplaying real programs, `direct` is {traced}"] if traced else []
    return ("; ".join(said) or "Neither other sizes nor real programs are shown to change the picture in this run") + "."


def context(run):
    return {"sweep": facts.sweep(run), "traces": facts.traces(run)}
