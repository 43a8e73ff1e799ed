"""The questions that somebody who must decide asks first, and what the words mean."""

import math

import calibration
import facts
import subject
import wording

TITLE = "The answer"


def lead(run):
    found, heap = facts.sizes(run), (facts.sizes(run) or {}).get("heap")
    field = facts.effect_answer(run, subject.FIELD)
    if facts.troubles(run) or not found or not heap or not field:
        return "This run does not decide the question by itself; what it has, question by question."
    bytes_say = "remove the field" + (", or move it" if heap["moving_saves"] and not heap["removal_saves_more"] else "") \
        if heap["removal_saves"] else "keep the field or not: its bytes are rounded away"
    return f"By its bytes: {bytes_say}. {facts.FOR_SPEED[field['way']]}"


def context(run):
    field, direct = facts.effect_answer(run, subject.FIELD), facts.effect_answer(run, subject.DIRECT)
    resolved = field and field["way"] not in facts.NOTHING_SAID
    return {
        "field": field, "direct": direct, "for_speed": field and facts.FOR_SPEED[field["way"]],
        "to_ship": direct and facts.TO_SHIP[direct["way"]], "if_a_buffer_stays": facts.if_a_buffer_stays(run, direct),
        "layouts_in_words": facts.layouts_in_words(run), "pool": facts.effect_answer(run, subject.POOL_MAIN),
        "original": facts.effect_answer(run, subject.ORIGINAL), "interval_of_answer": facts.answer_confidence(run),
        "field_mde": resolved and math.isfinite(field["row"]["mde"]) and wording.coarse(field["row"]["mde"], field["row"]["unit"]),
        "field_reach": resolved and facts.reach(field["row"]), "field_level": facts.field_level(run), "sizes": facts.sizes(run), "tally": facts.tally(run),
        "unassigned": facts.verdict_about(run, subject.ASSIGNMENTS), "small": facts.verdict_about(run, subject.NEGLIGIBLE),
        "ranking": facts.ranking(run), "by_verdict": facts.claims_about(run),
        "unmeasured": facts.listed([str(row["claim"]) for row in run.verdicts if row["part"] == "all" and facts.not_measured(run, row)]),
        "by_size": facts.largest_by_size(run), "direct_on_traces": facts.on_traces(run, subject.DIRECT),
        "direct_allocations": facts.allocations_of_ends(run, subject.DIRECT), "trust": calibration.context(run),
    }
