"""Everything known that was measured along."""

import facts
import subject

TITLE = "Controls"


def absent(run):
    return None if run.controls else "no control was recorded"


def lead(run):
    known = facts.tally(run)
    not_all = f": {known['controls_do_not']}" if known["controls_do_not"] else ""
    return f"{known['controls_hold']} of {known['controls']} controls hold{not_all}."


def context(run):
    twin = subject.twin_of(run, subject.FIELD)
    return {"controls_summary": facts.controls_summary(run), "controls": facts.controls_table(run), "twins": facts.twin_table(run),
            "planted": facts.planted_table(run), "blocks": facts.process_table(run), "twins_alike": facts.twins_in_one_layout(run),
            "layouts": facts.layouts(run), "field_twin": twin and facts.code(twin)}
