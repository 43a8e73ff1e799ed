"""One row a part of a claim: what was said, what was found, and why where nothing is decided."""

import facts

TITLE = "Claims"


def lead(run):
    known, count = facts.tally(run), facts.tally(run)["count"]
    if not known["parts"]:
        return "No claim was judged in this run."
    wholes = facts.claims_by_verdict(run)
    said = "; ".join(f"{verdict} {wholes[verdict]}" for verdict in facts.VERDICTS if verdict in wholes)
    return f"Claims as wholes: {said}. Of their {known['parts']} parts {count['confirmed']} are confirmed, {count['refuted']} refuted, " \
           f"{count[facts.UNRESOLVED]} open{f', {count[facts.INVALID]} of an invalid run' if count[facts.INVALID] else ''}."


def context(run):
    return {"part_table": lambda target: facts.part_table(run, target), "open_parts": facts.open_parts(run), "levels_not_drawn": facts.levels_not_drawn(run),
            "what_would_decide": facts.what_would_decide(run), "variance": bool(run.variance), "missing": facts.missing_parts(run), "tally": facts.tally(run)}
