"""What the original report got wrong, and why: prose for its claims, every figure and every turn of phrase from the run.

What the original said and how it came to say so stands in original.csv. What is said of a claim here depends on the verdicts of this
run: a claim may be wrong, right for a reason it did not have, or open.
"""

import subject
import wording
from rundir import SOURCE, read_csv

COLUMNS = [("claim", "INTEGER", True), ("about", "TEXT", True), ("quoted", "TEXT", True), ("how", "TEXT", False)]
CONFIRMED, REFUTED = "confirmed", "refuted"


def read():
    return {row["claim"]: row for row in read_csv(SOURCE / "original.csv", COLUMNS)}


class Claim:
    """One claim in this run: its verdict as a whole and its parts by the metric and kind that they are about."""

    def __init__(self, run, number):
        self.run, self.number = run, number
        self.whole = run.one("verdicts", claim=number, part="all")
        self.parts = [row for row in run.select("verdicts", claim=number) if row["part"] != "all"]

    def conditions(self, part):
        return self.run.select("claims", claim=self.number, part=part["part"])

    def about(self, **keys):
        """The first part with such a condition and a figure, or None."""
        for part in self.parts:
            if part["estimate"] is not None and any(all(row[key] == value for key, value in keys.items())
                                                    for row in self.conditions(part)):
                return part
        return None

    def level(self, part, variant):
        """Exact figure of a variant under the metric of a part; None where there is none."""
        row = self.conditions(part)[0]
        found = self.run.one("metrics", variant=variant, workload=row["workload"].split()[0], metric=row["metric"])
        return found["value"] if found and found["status"] == "exact" else None


def figure(row):
    return wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])


def crossed(claim):
    """The field and the pool kept apart."""
    run = claim.run
    field, pool, pair = (subject.effect(run, name) for name in (subject.FIELD_MAIN, subject.POOL_MAIN, subject.ORIGINAL))
    if not (field and pool):
        return
    if pair:
        yield f"That pair, one against the other in one process: {wording.effect(pair)}."
    yield f"Crossed, each factor at equal levels of the other: pooling, {wording.effect(pool)}; " \
          f"removing the field, {wording.effect(field)}."
    own = [part for part in claim.parts if any(sorted(row["contender"].split()) == sorted(field["baseline"].split())
                                               for row in claim.conditions(part) if row["kind"] == "timing")]
    verdict = own[0]["verdict"] if own else None
    if verdict == REFUTED:
        yield "So the difference between its two figures is not the field's."
    elif verdict == CONFIRMED:
        yield "So the field has a part in it after all."


def layouts(claim):
    row = subject.level(claim.run, subject.panel_of(claim.run, subject.FIELD), subject.OP,
                        (claim.run.one("panels", contrast=subject.FIELD) or {"baseline": None})["baseline"])
    if row:
        spread = wording.coarse(100 * (row["decile_9_ns"] / row["decile_1_ns"] - 1), "percent")
        what = "The state of the machine alone moves" if subject.layouts_of_variants(claim.run).get(row["variant"]) == subject.ONE_LAYOUT \
            else "Layout and the state of the machine alone move"
        yield f"{what} the level of {row['variant']} by {spread} here, from the first to " \
              f"the ninth decile of {row['processes']} processes, with the codec shared; one launch of each build cannot tell that from " \
              "an effect."


AS_SAID = {CONFIRMED: ", as it says", "run invalid": ": the run is invalid", subject.UNRESOLVED: f": {subject.UNRESOLVED}"}


def allocated(claim):
    part = claim.about(metric="allocations_per_op")
    if part:
        how = f", not {said(part)}" if part["verdict"] == REFUTED else AS_SAID[part["verdict"]]
        yield f"Pooled, the op makes {figure(part)} allocation{'' if part['estimate'] == len('s') else 's'} here{how}."


def said(part):
    return wording.region(part).removeprefix("= ")


def put(claim):
    bytes_part, count_part, level = (claim.about(metric="allocated_bytes_per_op"), claim.about(workload="reput"),
                                     claim.about(kind="level"))
    if bytes_part:
        yield f"A get and put allocates {figure(bytes_part)} an op here" \
              + (f", outside {said(bytes_part)}: the bytes are no cost of put." if bytes_part["verdict"] == REFUTED else ".")
    if count_part:
        yield f"Its loop repeated at two counts of iterations gives bytes per op that differ by {figure(count_part)}" \
              + (": the figure is of the count, not of put." if count_part["verdict"] == REFUTED else ".")
    if level:
        yield f"An isolated put: {figure(level)}, {level['verdict']}."


def sizes(claim):
    part = claim.about(kind="difference")
    if not part:
        return
    condition = claim.conditions(part)[0]
    before, after = claim.level(part, condition["contender"]), claim.level(part, condition["baseline"])
    if before is not None and after is not None:
        yield f"Laid out by the compiler the structure goes from {wording.number(before)} to {wording.number(after)} bytes, a " \
              f"difference of {figure(part)} where {said(part)} was claimed."
    found = {entry["level"]: entry for entry in subject.structures(claim.run)}
    null, packed, removed = (found.get(level) for level in ("null", "packed", "removed"))
    if null and packed and removed and None not in (null["struct_bytes"], packed["struct_bytes"], removed["struct_bytes"]) \
            and packed["struct_bytes"] < null["struct_bytes"]:
        yield f"Of that, {wording.quantity(null['struct_bytes'] - packed['struct_bytes'], 'bytes')} are holes that moving the field " \
              "closes, without removing anything."


def shrinks(claim):
    part = claim.about(kind="reduction")
    if part:
        yield f"With the real sizes: {figure(part)}, for a claim of {wording.region(part)}."
    found = {entry["level"]: entry["heap_bytes"] for entry in subject.structures(claim.run)}
    if found.get("null") is not None and found.get("removed") is not None:
        yield f"The allocator's chunk of one goes from {wording.number(found['null'])} to {wording.quantity(found['removed'], 'bytes')}."
    condition = claim.conditions(part)[0] if part else None
    usable = [row for side in ("baseline", "contender") for row in
              claim.run.select("metrics", variant=condition[side], metric="footprint_structures_bytes", status="exact")] if part else []
    if len(usable) == len(("baseline", "contender")):
        yield f"Usable bytes of the structures, counted in {usable[0]['workload']}: " \
              f"{' to '.join(wording.number(row['value']) for row in usable)}."


def small(claim):
    """Parts about time that were only estimated there and measured here."""
    for part in claim.parts:
        if part["estimate"] is not None and any(row["kind"] in subject.TIMING_KINDS for row in claim.conditions(part)):
            yield f"Measured, {part['statement']}: {part['verdict']}, {figure(part)}."


def exact_parts(claim):
    """Parts with an exact figure, told plainly."""
    for part in claim.parts:
        if part["estimate"] is not None and part["ci_low"] is None:
            yield f"Counted here, {part['statement']}: {figure(part)}, {part['verdict']}."


BLIND = "so it proves nothing here either"
SEES = {CONFIRMED: "sees it", REFUTED: f"does not see it, {BLIND}", subject.UNRESOLVED: f"is not shown to see it, {BLIND}",
        "run invalid": f"cannot be believed, {BLIND}"}


def controlled(claim):
    for part in claim.parts:
        if part["role"] == "control" and part["estimate"] is not None:
            yield f"Here the accusation is made true on purpose beside it and gives {figure(part)}: the test {SEES[part['verdict']]}."


def grown(claim):
    if not any(row["metric"].startswith(subject.HEAP_METRIC) for part in claim.parts for row in claim.conditions(part)):
        return
    growing = [row for row in claim.run.growth if row["class"] == "growing" and row["variant"] == subject.LEAK]
    if growing:
        yield f"Here allocations are counted, and the same code calls {len(growing)} planted leak" \
              f"{'s' if len(growing) > len('s') else ''} growing in the same run."


def rests(claim):
    numbers = [int(row["metric"]) for part in claim.parts for row in claim.conditions(part) if row["kind"] == "claim"]
    wholes = [row for number in numbers if (row := claim.run.one("verdicts", claim=number, part="all"))]
    for words, fitting in (("do not stand here", (REFUTED,)), ("are without a verdict here", (subject.UNRESOLVED, "run invalid"))):
        found = [f"{row['claim']} ({row['verdict']})" for row in wholes if row["verdict"] in fitting]
        if found:
            yield f"Of those, these {words}: {', '.join(found)}."


SENTENCES = {
    "time_reduction": (crossed, layouts), "allocations_per_op": (allocated,), "time": (small,), "relative_time": (small,),
    "struct_bytes": (sizes, shrinks), "verdict": (rests,),
}


def told(claim):
    """The sentences of the first condition's metric; put's, and what has a control or a growth, by what the claim is about."""
    first = claim.run.select("claims", claim=claim.number)[0]
    rows = claim.run.select("claims", claim=claim.number)
    if any(row["workload"] == "reput" for row in rows):
        tellers = (put,)
    elif first["kind"] == "claim":
        tellers = (rests,)
    elif first["metric"] == "time_reduction" and any(row["metric"] == "allocations_per_op" and row["region_high"] == 0
                                                     for row in rows):
        tellers = (allocated,)
    else:
        tellers = SENTENCES.get(first["metric"], (exact_parts, grown, controlled))
    return [sentence for teller in tellers for sentence in teller(claim)]


HEADS = {REFUTED: "wrong", CONFIRMED: "right here, without the evidence there", "not resolvable here": "open",
         "run invalid": "nothing can be said: the run is invalid"}


def wrong(run, not_measured):
    """[{claim, head, quoted, how, text}] of the claims that are refuted, or whose way to their figure does not carry it."""
    found = []
    for number, row in read().items():
        claim = Claim(run, number)
        if claim.whole is None or (claim.whole["verdict"] != REFUTED and row["how"] is None):
            continue
        head = "not measured yet" if not_measured(run, claim.whole) else HEADS[claim.whole["verdict"]]
        why = subject.why_open(run, claim.whole)
        head += f" ({why})" if head == HEADS[subject.UNRESOLVED] and why else ""
        found.append({"claim": number, "head": head, "quoted": row["quoted"], "how": row["how"],
                      "text": [] if claim.whole["verdict"] == "run invalid" else told(claim)})
    return found
