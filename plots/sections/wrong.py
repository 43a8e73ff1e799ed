"""What the original got wrong, and how."""

import facts
import original

RIGHT = original.HEADS[original.CONFIRMED]
TITLE = "What the original got wrong, and why"


def lead(run):
    about = facts.claims_about(run)["refuted"]
    return f"Refuted: {about}." if about else "No claim is refuted here." + ("" if facts.all_confirmed(run) else " That does not confirm them.")


def context(run):
    found = original.wrong(run, facts.not_measured)
    return {"wrong": [item for item in found if item["head"] != RIGHT], "right": [item for item in found if item["head"] == RIGHT],
            "all_confirmed": facts.all_confirmed(run)}
