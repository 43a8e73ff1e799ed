"""How far to trust all this, on one screen."""

import calibration
import facts

TITLE = "How far to trust this"


def lead(run):
    known = facts.tally(run)
    if not known["controls"]:
        return "No control was recorded, so nothing vouches for the times."
    not_all = f" ({known['controls_do_not']})" if known["controls_do_not"] else ""
    return f"{known['controls_hold']} of {known['controls']} live controls hold{not_all}; each is something known that was measured along."


def context(run):
    return {"controls_summary": facts.controls_summary(run), "controls_that_do_not": facts.controls_that_do_not(run), "trust": calibration.context(run),
            "busy": facts.busy(run), "blocks": facts.blocks_of(run), "state": facts.machine_state(run)}
