"""Every effect on time, and every level."""

import facts
import subject

TITLE = "Effects on time"


def absent(run):
    return None if run.effects else "no effect has two processes"


def lead(run):
    found = facts.exploratory_table(run)
    deciding = sum(row["parts"] is not None for row in run.effects)
    return f"{deciding} effects decide claims; of {found['count'] if found else 0} others {found['shown'] if found else 0} show a difference."


def context(run):
    return {"claim_effects": facts.claim_effects(run), "exploratory": facts.exploratory_table(run), "levels": facts.level_table(run),
            "effect_pages": sorted(subject.effect_pages(run)) or ["effects"], "exploratory_levels": facts.levels_of(subject.exploratory_effects(run)),
            "get_and_put": {"put", subject.GET_PUT} <= {row["workload"] for row in run.levels}}
