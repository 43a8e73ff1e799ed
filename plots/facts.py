"""What the sections of the report say: figures in words, tables and sentences, all of them from a run directory.

Shared by the sections (sections/) and by report.py, which puts them together; nothing here estimates anything.
"""

import math
import os
import re
import shlex
import urllib.parse

import calibration
import original
import subject
import wording

INVALID = "run invalid"
PER_THOUSAND = "per thousand ops"
UNRESOLVED = wording.UNRESOLVED
ALLOCATIONS, ALLOCATED, HANDED_OUT = "allocations_per_op", "allocated_bytes_per_op", "handed_out_bytes_per_op"
INSTRUCTIONS = "instructions_per_op"
USER_INSTRUCTIONS = re.compile("(perf::)?(PERF_COUNT_HW_)?INSTRUCTIONS(:u)?", re.I)  # the event that counts them too
POOL_METRICS = {"pool_hits_per_get": "Hits per get", "buffers_at_rest": "Buffers at rest",
                "structure_bytes_at_rest": "Structure bytes at rest", "mappings_kept_alive": "Mappings kept alive"}
RELEASES, PEAK = "releases_per_op", "peak_live_bytes"
LIVE = {"live_blocks_per_op": "Blocks left", PEAK: "Peak live bytes", "allocating_threads": "Threads"}
CALLS = re.compile("([a-z_]+)_calls_per_op")  # with the function's name
CLASS_METRICS = {"class_requested_bytes": "Bytes asked", "class_bytes": "Bytes given", subject.WASTE: "Waste, %",
                 "requests_above_last_class": "Above last", "buffers_at_rest": "Buffers at rest", "pool_bytes_at_rest": "Bytes at rest"}
VERDICTS = ("confirmed", "refuted", UNRESOLVED, INVALID)
SHOWN = ("faster by", "slower by")
LEAKS = (subject.LEAK_BYTES, subject.LEAK_MAPPING, subject.LEAK_NONE)


def code(text):
    return f"`{text}`"


def part_name(row):
    return f"{row['claim']}{row['part']}"


def not_measured(run, verdict):
    """Whether data is what a part lacks; a claim as a whole when all its parts do."""
    if verdict["part"] == "all":
        return all(not_measured(run, row) for row in parts_of(run) if row["claim"] == verdict["claim"])
    return verdict["verdict"] == UNRESOLVED and verdict["measured"] == "no"


def parts_of(run):
    return [row for row in run.verdicts if row["part"] != "all"]


# Status of the run: what must be said before anything else.

def controls_in_words(rows):
    return [f"control `{row['control']}` {row['status']} on {row['subject']}: expected {row['expected']}, saw "
            f"{wording.interval(row['estimate'], row['low'], row['high'], None) or 'nothing'}"
            + (f" ({row['reason']})" if row["reason"] else "") for row in rows]


def failed_controls(run):
    return controls_in_words(row for row in run.controls if row["status"] == "failed" and row["control"] not in LEAKS)


def troubles(run):
    """Why no timing figure of this run may be believed, as `analyse` has decided it; empty for a valid run, and for one that is not for
    conclusions: of that `analyse` resolves nothing and calls nothing invalid, unless an arm crashed."""
    if not subject.for_conclusions(run) and not any(row["fault"] for row in run.processes):
        return []
    return controls_in_words(run.select("controls", blinds="run"))


def edited(run):
    """What of the raw files somebody changed and accepted (`--accept-edited`); None for a run as it was measured."""
    row = run.one("controls", control="raw_files", status="failed")
    return row["reason"] if row else None


def sick(run):
    """Which op leaks or changes the process that all arms share; None without any."""
    row = run.one("controls", control="sick_ops")
    return row["reason"] if row else None


def blind_cells(run):
    """Why a valid run says nothing of some panels on workloads that decide claims; `analyse` and `report` exit 3 for it."""
    if not subject.for_conclusions(run) or run.facts["complete"] == "no" or troubles(run):
        return []
    return controls_in_words(run.select("controls", blinds="deciding cell"))


def in_short(run, blinds):
    """What the terminal has room for: which control, and what it saw."""
    row = run.select("controls", blinds=blinds)[0]
    return f"control {row['control']} {row['status']} on {row['subject']}: {row['reason'] or row['expected']}"


def heap_troubles(run):
    """Why the heap passes of this run may not be believed; timing has nothing to do with it."""
    return [f"control `{row['control']}` {row['status']}: {row['reason'] or row['expected']}"
            for row in run.controls if row["control"] in LEAKS and row["status"] != "holds"]


# The answer.

def effect_answer(run, contrast):
    """An effect on the op for the answer: its words with figures, and which way it goes; None if not in the run."""
    row = subject.effect(run, contrast)
    if row is None:
        return None
    return {"contrast": contrast, "text": wording.effect(row), "way": row["words"], "row": row,
            "confidence": wording.confidence(row["confidence"])}


# What follows from the words of an effect: each has its own sentence, and none stands for lack of another.
NOTHING_SAID = (UNRESOLVED, "single layout")
FOR_SPEED = {"faster by": "For speed, yes.", "slower by": "Not for speed.", "equivalent within": "For speed it makes no difference that matters.",
             "equal by construction": "For speed it is the same: so is the code.", "no difference shown": "Speed does not say.",
             "interaction shown": "Speed does not say.", **dict.fromkeys(NOTHING_SAID, "Of speed nothing can be said here.")}
DIRECT_IS = "`direct`, with no buffer at all,"
TO_SHIP = {"faster by": "`direct`, encoding into the result with no buffer at all", "slower by": f"The pooled buffer stands: {DIRECT_IS} is slower",
           "equivalent within": f"Time does not decide: {DIRECT_IS} takes as long within what matters",
           "equal by construction": f"Time does not decide: {DIRECT_IS} is the same code",
           "no difference shown": f"Time does not say: {DIRECT_IS} is not shown to differ",
           "interaction shown": f"Time does not say: {DIRECT_IS} is not shown to differ",
           **dict.fromkeys(NOTHING_SAID, f"Nothing can be said here of the time that {DIRECT_IS} takes")}
POOLED = {"faster by": "pooled", "slower by": "unpooled", "equivalent within": "pooled or not", "equal by construction": "pooled or not"}


def if_a_buffer_stays(run, direct):
    """'pooled, without the field': what speaks for it, and of pooling only what is shown."""
    found, pool, field = sizes(run), effect_answer(run, subject.POOL_MAIN), effect_answer(run, subject.FIELD)
    heap = found and found["heap"]
    if not direct or not heap or not heap["removal_saves"]:
        return None
    moved = " or with it moved" if heap["moving_saves"] and not heap["removal_saves_more"] else ""
    cost = ", at a cost in time" if field and field["way"] == "slower by" else ""
    pooled = pool and POOLED.get(pool["way"])
    if pooled:
        return f"{pooled}, without the field{moved}{cost}"
    return f"without the field{moved}{cost}; whether pooled: {pool['text'] if pool else 'not measured'}"


def layouts_in_words(run):
    """What processes differed in beside their time: 'each with fresh layouts', and of which variants that is not so."""
    kinds = subject.layouts_of_variants(run)
    named = {kind: [code(name) for name, own_kind in kinds.items() if own_kind == kind] for kind in dict.fromkeys(kinds.values())}
    if set(named) == {subject.FRESH_LAYOUTS}:
        return "each with fresh layouts"
    if set(named) == {subject.ONE_LAYOUT}:
        return "all in the one layout that each variant has"
    said = ["each with fresh layouts"] if subject.FRESH_LAYOUTS in named else []
    said += [f"{listed(named[kind])} {'all ' if not said else ''}{words}" for kind, words in (
        (subject.ONE_LAYOUT, "in one layout"), (subject.FEW_LAYOUTS, "in layouts of which some came again")) if kind in named]
    return ", but ".join(said)


def answer_confidence(run):
    """'99 %' or '99.9 % and 99 %': of the intervals that stand in the answer."""
    answers = [effect_answer(run, name) for name in (subject.FIELD, subject.POOL_MAIN, subject.ORIGINAL, subject.DIRECT)]
    return " and ".join(dict.fromkeys(answer["confidence"] for answer in answers if answer))


def sizes(run):
    """Structures by level of the field's axis; None when a size is missing or two structures share a level."""
    found = {entry["level"]: entry for entry in subject.structures(run)}
    complete = {"null", "packed", "removed"} <= set(found) and len(found) == len(subject.structures(run))
    if not complete or any(entry["struct_bytes"] is None for entry in found.values()):
        return None
    null, packed, removed = (found[level] for level in ("null", "packed", "removed"))
    return {
        "null": wording.number(null["struct_bytes"]), "packed": wording.number(packed["struct_bytes"]),
        "removed": wording.number(removed["struct_bytes"]),
        "saved": wording.number(null["struct_bytes"] - removed["struct_bytes"]),
        "saved_by_moving": wording.number(null["struct_bytes"] - packed["struct_bytes"]),
        "moving_saves": null["struct_bytes"] > packed["struct_bytes"],
        "heap": None if any(entry["heap_bytes"] is None for entry in (null, packed, removed)) else {
            "null": wording.number(null["heap_bytes"]), "packed": wording.number(packed["heap_bytes"]),
            "removed": wording.number(removed["heap_bytes"]),
            "saved": wording.number(null["heap_bytes"] - removed["heap_bytes"]),
            "saved_by_moving": wording.number(null["heap_bytes"] - packed["heap_bytes"]),
            "moving_saves": null["heap_bytes"] > packed["heap_bytes"],
            "removal_saves": null["heap_bytes"] > removed["heap_bytes"],
            "removal_saves_more": packed["heap_bytes"] > removed["heap_bytes"],
        },
    }


def tally(run):
    parts = parts_of(run)
    count = {verdict: sum(row["verdict"] == verdict for row in parts)
             for verdict in VERDICTS}
    return {
        "parts": len(parts), "claims": len({row["claim"] for row in run.verdicts}), "count": count,
        "not_measured": sum(not_measured(run, row) for row in parts),
        "confirmed_controls": sum(is_control(row) and row["verdict"] == "confirmed" for row in parts),
        "controls": len(run.controls),
        "controls_hold": sum(row["status"] == "holds" for row in run.controls),
        "controls_do_not": ", ".join(f"{number} {words}" for status, words in (("failed", "failed"), ("imprecise", "too imprecise"),
                                                                               ("not measured", "not measured"))
                                     if (number := sum(row["status"] == status for row in run.controls))),
    }


def verdict_about(run, metric):
    """Verdict of the claim that has a condition on this metric."""
    claims = run.select("claims", metric=metric)
    row = run.one("verdicts", claim=claims[0]["claim"], part="all") if claims else None
    return None if row is None else {"verdict": row["verdict"], "reason": row["reason"],
                                     "not_measured": not_measured(run, row)}


# Claims.

def as_change(run, row):
    """A verdict's row with its figures and region as the change of time, minus is faster: a claim may speak of the time saved."""
    claim = run.select("claims", claim=row["claim"], part=row["part"])
    return wording.mirrored(row) if claim and claim[0]["metric"] == subject.TIME_SAVED else row


def figure_of(row):
    return wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])


def section_of(run, verdict):
    """Where the rows behind a part are shown."""
    if not_measured(run, verdict):
        return "missing"
    claim = run.select("claims", claim=verdict["claim"], part=verdict["part"])
    kinds = {row["kind"] for row in claim}
    if kinds & {"timing", "level", "composition"}:
        return "effects"
    if any(row["workload"] == subject.STRUCTURE for row in claim):
        return "structure"
    if subject.is_heap_part(run, verdict):
        return "heap"
    return "allocations" if any(row["metric"] in (ALLOCATIONS, ALLOCATED) for row in claim) else "why"


def all_confirmed(run):
    """Whether there are claims and each of them is confirmed as a whole."""
    return bool(run.verdicts) and all(row["verdict"] == "confirmed" for row in run.verdicts if row["part"] == "all")


def twins_in_one_layout(run):
    """Whether a twin was in one layout: then it is no copy laid out on its own."""
    return any(row["role"] == "twin" and row["layout"] == subject.SINGLE for row in run.processes)


def claims_by_verdict(run):
    """{verdict: '4, 5 and 6'}: numbers of the claims as wholes."""
    found = {}
    for row in run.verdicts:
        if row["part"] == "all":
            found.setdefault(row["verdict"], []).append(str(row["claim"]))
    return {verdict: listed(numbers) for verdict, numbers in found.items()}


def claims_about(run):
    """{verdict: 'the size of the structure (8); its recommendation (16)'}: the claims as wholes in a few words, if measured; '' of none."""
    said, found = original.read(), {verdict: [] for verdict in VERDICTS}
    for row in run.verdicts:
        if row["part"] == "all" and not not_measured(run, row):
            about = f"{said[row['claim']]['about']} " if row["claim"] in said else "claim "
            why = subject.why_open(run, row)
            found[row["verdict"]].append(f"{about}({row['claim']}{': ' + why if why else ''})")
    return {verdict: "; ".join(claims) for verdict, claims in found.items()}


def listed(words):
    """'4', '4 and 5' or '4, 5 and 6'; empty of none."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def part_table(run, target):
    """`target`: where the rows of a section are shown, as seen from the table."""
    rows = [(f"[{part_name(row)}]({target(section_of(run, row))})", row["statement"] or "", row["verdict"], figure_of(as_change(run, row)), wording.region(as_change(run, row)), part_note(run, row))
            for row in parts_of(run)]
    return wording.table(("Part", "What was claimed", "Verdict", "Our figure", "Region", "Note"), rows)


def part_note(run, row):
    """What the figure beside it does not say: why it is open, of how many it is the first, or that it is a control."""
    return "; ".join(filter(None, (subject.why_open(run, row),
                                   f"the first of {row['figures']} figures" if (row["figures"] or 0) > 1 and row["estimate"] is not None else "",
                                   "a control, no claim" if is_control(row) else "")))


def is_control(row):
    return row["role"] == "control"


def open_parts(run):
    """'7a tail-dependent, 11a neither inside nor outside': of those that were measured."""
    return ", ".join(f"{part_name(row)} {subject.why_open(run, row)}" for row in parts_of(run)
                     if row["verdict"] == UNRESOLVED and row["estimate"] is not None)


def what_would_decide(run):
    """Of each measured part on time that is open: what stands in the way, what varies most, and the processes that would decide it."""
    rows = []
    for row in parts_of(run):
        if row["verdict"] != UNRESOLVED or row["cause"] not in subject.OF_THE_INTERVAL:
            continue
        share = row["responsible"] and f"{row['responsible']} ({wording.number(round(row['responsible_share_percent']))} %)"
        rows.append((part_name(row), row["brief"] or "", share or "not split",
                     "none" if row["processes_needed"] is None else row["processes_needed"]))
    return rows and wording.table(("Open", "In the way", "Varies most by", "Processes that would decide it"), rows)


def levels_not_drawn(run):
    return ", ".join(part_name(row) for row in parts_of(run) if row["estimate"] is not None
                     and "level" in {claim["kind"] for claim in run.select("claims", claim=row["claim"], part=row["part"])})


def reasons(run):
    """Why each verdict: one line a part, and a claim as a whole where it says more than its parts."""
    lines = []
    for row in run.verdicts:
        if not_measured(run, row):
            continue
        name = f"Claim {row['claim']}" if row["part"] == "all" else part_name(row)
        extra = []
        if row["part"] == "all" and row["estimate"] is not None:
            extra.append(f"figure {figure_of(row)}")
        if row["confidence"] is not None:
            extra.append(f"{wording.confidence(row['confidence'])} interval")
        if row["mde"] is not None:
            extra.append(f"MDE {wording.coarse(row['mde'], row['unit'])}")
        if row["twin_bound"] is not None:
            extra.append(f"twins reach {wording.coarse(row['twin_bound'], row['unit'])}")
        lines.append({"name": name, "statement": None if row["part"] == "all" else row["statement"], "scope": row["scope"],
                      "verdict": row["verdict"], "reason": row["reason"], "extra": "; ".join(extra), "source": row["source"]})
    return lines


def missing_parts(run):
    return [{"name": part_name(row), "statement": row["statement"], "reason": row["reason"]}
            for row in parts_of(run) if not_measured(run, row)]


# The two by two.

def level_text(row):
    return wording.interval(row["time_ns_per_op"], row["ci_low_ns"], row["ci_high_ns"], "ns")


def crossing(run):
    two = subject.TwoByTwo(run)
    if two.missing:
        return {"missing": two.missing}
    pools = list(two.pools)
    ends = {}
    if two.original:
        pools += [pool for _, pool, _ in two.original.values() if pool not in pools]
        ends = {(field, pool): row for field, pool, row in two.original.values()}
    rows = []
    for field in two.fields:
        row = [field]
        for pool in pools:
            crossed, original = two.cells.get((field, pool)), ends.get((field, pool))
            text = level_text(crossed) if crossed else level_text(original) if original else "not measured"
            row.append(f"**{text}**" if original else text)
        rows.append(row)
    effects = []
    for contrast in (subject.FIELD_MAIN, subject.POOL_MAIN, subject.INTERACTION, subject.ORIGINAL):
        relative, absolute = (subject.effect(run, contrast, scale=scale) for scale in ("relative", "absolute"))
        if relative or absolute:
            effects.append((code(contrast), wording.effect(relative) if relative else "",
                            wording.interval(absolute["estimate"], absolute["ci_low"], absolute["ci_high"], absolute["unit"])
                            if absolute else "", wording.confidence((relative or absolute)["confidence"])))
    any_cell = next(iter(two.cells.values()))
    return {
        "missing": None, "panel": two.panel, "processes": any_cell["processes"],
        "confidence": wording.confidence(any_cell["confidence"]),
        "levels": wording.table(("mmap_res", *(f"pool: {pool}" for pool in pools)), rows),
        "effects": wording.table(("Contrast", "Relative", "Absolute", "Interval"), effects),
        "ends": two.original and {side: {"variant": row["variant"], "text": level_text(row), "panel": row["panel"],
                                         "processes": row["processes"]}
                                  for side, (_, _, row) in two.original.items()},
    }


# Exact figures.

def exact_text(row):
    if row is None:
        return "-"
    return row["status"] if row["value"] is None else \
        wording.number(row["value"]) + ("" if row["status"] == "exact" else f" ({row['status']})")


def exact_table(run, metrics):
    """One row for all variants that share the figures on a workload; notes on what is not exact. metrics: {metric: heading}."""
    rows_of = [row for row in run.metrics if row["metric"] in metrics]
    present = [metric for metric in metrics if any(row["metric"] == metric for row in rows_of)]
    rows, notes = [], {}
    for workload in subject.workloads(run, rows_of):
        alike = {}
        for variant in dict.fromkeys(row["variant"] for row in rows_of if row["workload"] == workload):
            found = [run.one("metrics", variant=variant, workload=workload, metric=metric) for metric in present]
            alike.setdefault(tuple(map(exact_text, found)), []).append(code(variant))
            for row in found:
                if row is not None and row["status"] != "exact":
                    notes.setdefault(f"{code(workload)}, {row['metric']}: {row['status']}: {row['reason'] or 'no reason given'}",
                                     []).append(code(variant))
        rows += [(code(workload), *figures, " ".join(variants)) for figures, variants in alike.items()]
    header = ("Workload", *(metrics[metric] for metric in present), "Variants")
    return {"table": wording.table(header, rows) if rows else None,
            "notes": [f"{' '.join(variants)}: {note}" for note, variants in notes.items()], "metrics": [code(m) for m in present]}


def allocation_table(run):
    return exact_table(run, {ALLOCATIONS: "Allocs", RELEASES: "Frees", ALLOCATED: "Bytes asked", HANDED_OUT: "Bytes usable"})


def allocation_crossing(run):
    """The two by two that the original confounded, in exact counts: allocations, and bytes asked for."""
    fields, pools, cells = subject.allocation_crossing(run, (ALLOCATIONS, ALLOCATED))
    if len(fields) < 2 or len(pools) < 2:
        return None

    def text(field, pool):
        figures = cells.get((field, pool))
        return "-" if figures is None else "{} of {}".format(*map(wording.number, figures))

    return wording.table(("mmap_res", *(f"pool: {pool}" for pool in pools)),
                         [(field, *(text(field, pool) for pool in pools)) for field in fields])


def allocation_details(run):
    """What an op leaves, its peak, and its calls by function; None where it was not counted."""
    calls = sorted({row["metric"] for row in run.metrics if CALLS.fullmatch(row["metric"])})
    details = exact_table(run, {**{name: CALLS.fullmatch(name).group(1) for name in calls}, **LIVE})
    return details if details["table"] else None


def class_waste(run):
    """Workloads as a whole; and each doubling of sizes, by table of classes and the variant that stands for it."""
    waste = subject.ClassWaste(run)
    if waste.missing:
        return {"missing": waste.missing}
    curves = {level: dict(curve) for level, curve in waste.curves.items()}
    rows = [(wording.number(end), *(wording.number(curve[end]) if end in curve else "-" for curve in curves.values()))
            for end in sorted({end for curve in curves.values() for end in curve})]
    return {"missing": None, **exact_table(run, CLASS_METRICS),
            "doublings": wording.table(("Up to, bytes", *curves), rows),
            "variants": ", ".join(f"{level} by {code(name)}" for level, name in waste.variants.items()),
            "examples": [{"level": level, "bytes": wording.number(size), "percent": wording.number(percent)}
                         for level, found in waste.examples.items() for size, percent in found]}


def instructions(run):
    """Instructions per op, what the field costs in them, and which they are."""
    table = exact_table(run, {INSTRUCTIONS: "Instructions"})
    deltas = [(code(row["workload"]), wording.number(row["instructions_delta"])) for row in run.effects
              if row["contrast"] == subject.FIELD and row["scale"] == "absolute" and row["instructions_delta"] is not None]
    own = run.select("instructions_delta", contrast=subject.FIELD)
    symbols = [(code(row["workload"]), code(row["symbol"] or "not known"), row["object"] or "not known",
                *(wording.number(row[key]) for key in ("baseline_instructions_per_op", "contender_instructions_per_op", "instructions_delta_per_op")))
               for row in run.select("symbols_delta", contrast=subject.FIELD)]
    listed = [(code(row["workload"]), row["side"], code(row["symbol"]), code(row["instruction"]),
               wording.number(row["executions_per_op"])) for row in own]
    return {**table, "deltas": wording.table(("Workload", "Without the field, instructions"), deltas) if deltas else None,
            "symbols": wording.table(("Workload", "Function", "Of", "With", "Without", "Difference"), symbols)
            if symbols else None,
            "identical": identical(run),
            "listed": wording.table(("Workload", "Side", "Symbol", "Instruction", "Per op"), listed) if listed else None}


def identical(run):
    """Pairs of variants with the same code for a workload."""
    rows = {}
    for row in run.identical_code:
        if row["identical"] == "yes":
            rows.setdefault((row["baseline"], row["contender"]), []).append(code(row["workload"]))
    table = [(code(baseline), code(contender), " ".join(workloads)) for (baseline, contender), workloads in rows.items()]
    return wording.table(("Variant", "Variant", "Workloads"), table) if table else None


def counter_text(row):
    """A counter per op; of a multiplexed one what it would be had it run all the time, which is no exact figure."""
    if row is None or row["value"] is None or not row["operations"]:
        return "-"
    if row["status"] == "multiplexed":
        return f"~{wording.coarse(row['value'] * row['enabled_ns'] / row['running_ns'] / row['operations'], None)}"
    return f"{wording.number(row['value'] / row['operations'])}{' ns' if row['unit'] == 'ns' else ''}"


def counters(run):
    """Figures of the kernel's counters per op, and why others have none; of the op where it was counted, else of all workloads."""
    rows_of = run.select("counters", workload=subject.OP) or run.counters
    events = [event for event in dict.fromkeys(row["event"] for row in rows_of)
              if any(row["event"] == event and row["value"] is not None for row in rows_of)]
    instruction_events = [row["event"] for row in rows_of if USER_INSTRUCTIONS.fullmatch(row["event"])]
    stepped = any(event in events for event in instruction_events)
    rows, notes = [], {}
    for workload in subject.workloads(run, rows_of):
        for variant, thread in dict.fromkeys((row["variant"], row["thread"]) for row in rows_of if row["workload"] == workload):
            found = [run.one("counters", variant=variant, workload=workload, thread=thread, event=event) for event in events]
            exact = run.one("metrics", variant=variant, workload=workload, metric=INSTRUCTIONS)
            rows.append((code(workload), code(variant) + (f" thread {thread}" if thread else ""), *map(counter_text, found),
                         *([exact_text(exact)] if stepped else [])))
    for row in rows_of:
        if row["status"] != "counted":
            notes.setdefault(f"{row['status']}: {row['reason'] or 'no reason given'}", {})[code(row["event"])] = None
    header = ("Workload", "Variant", *(code(event) for event in events), *(["Instructions stepped"] if stepped else []))
    return {"table": wording.table(header, rows) if events else None, "stepped": stepped, "any": bool(rows_of),
            "asked_for_instructions": bool(instruction_events),
            "notes": [f"{' '.join(names)}: {note}" for note, names in notes.items()]}


def growth_table(run):
    """Class of every heap pass; the planted leaks first, because the rest stands or falls with them."""
    def cells(row, *columns):
        return ["" if row[column] is None else wording.quantity(row[column], "bytes") for column in columns]

    rows = [(code(row["variant"]), code(row["workload"]), row["class"],
             *cells(row, "live_bytes_at_rest", "mapped_bytes_at_rest", "live_bytes_per_1000_ops", "mapped_bytes_per_1000_ops"))
            for row in [*run.select("growth", variant=subject.LEAK), *subject.heap_rows(run)]]
    header = ("Variant", "Workload", "Class", "Live at rest", "Mapped at rest", f"Live {PER_THOUSAND}", f"Mapped {PER_THOUSAND}")
    undecided = {}
    for row in run.growth:
        if row["class"] == "not available":
            undecided.setdefault((row["workload"], row["reason"]), []).append(code(row["variant"]))
    notes = [f"{code(workload)} of {' '.join(variants)}: {reason or 'no reason given'}"
             for (workload, reason), variants in undecided.items()]
    return {"table": wording.table(header, rows) if rows else None, "notes": notes, "troubles": heap_troubles(run)}


# What the same structure takes elsewhere, where the other allocator was there to be preloaded.
OTHER_ALLOCATORS = {"jemalloc": "struct_heap_bytes_jemalloc", "tcmalloc": "struct_heap_bytes_tcmalloc"}
FOOTPRINT = {"As the original counts": "footprint_computed_bytes", "Structures, usable": "footprint_structures_bytes",
             "Their data": "footprint_data_bytes", "All that is live": "footprint_live_bytes"}


def metric_of_layout(run, variant, metric):
    return run.one("metrics", variant=variant, workload=subject.STRUCTURE, metric=metric)


def missing_allocators(run):
    """Reasons, each once, why another allocator has no figure."""
    return list(dict.fromkeys(row["reason"] for row in run.metrics
                              if row["metric"] in OTHER_ALLOCATORS.values() and row["value"] is None and row["reason"]))


def footprint(run):
    """A thousand pooled buffers: what they were said to take, and what they take."""
    rows = {}
    counted = [row for row in run.metrics if row["metric"] in FOOTPRINT.values()]
    for variant, workload in dict.fromkeys((row["variant"], row["workload"]) for row in counted):
        figures = tuple(exact_text(run.one("metrics", variant=variant, workload=workload, metric=metric))
                        for metric in FOOTPRINT.values())
        rows.setdefault(figures, []).append(code(variant))
    if not rows:
        return None
    return {"table": wording.table((*FOOTPRINT, "Variants"), [(*figures, " ".join(names)) for figures, names in rows.items()]),
            "workload": code(counted[0]["workload"]), "metrics": ", ".join(code(metric) for metric in FOOTPRINT.values())}


def structure(run):
    entries, fields = [], []
    for entry in subject.structures(run):
        entries.append((entry["level"], *("" if entry[key] is None else wording.number(entry[key])
                                          for key in ("struct_bytes", "hole_bytes", "heap_bytes")),
                        *(exact_text(metric_of_layout(run, entry["variants"][0], metric)) for metric in OTHER_ALLOCATORS.values()),
                        exact_text(metric_of_layout(run, entry["variants"][0], "struct_lines")),
                        " ".join(code(v) for v in entry["variants"])))
        fields.append((entry["level"], ", ".join(
            f"{row['field']} {row['offset_bytes']}+{row['size_bytes']}" for row in entry["fields"])))
    return {
        "sizes": wording.table(("mmap_res", "Structure", "Of it holes", "Chunk", *OTHER_ALLOCATORS, "Cache lines", "Variants"),
                               entries),
        "footprint": footprint(run),
        "missing": missing_allocators(run),
        "fields": wording.table(("mmap_res", "field offset+size, in bytes"), fields),
    } if entries else None


def sweep(run):
    """The op at other sizes against the pooled buffer; what a size class wastes where it was counted."""
    found = subject.Sweep(run)
    if found.missing:
        return {"missing": found.missing}
    rows, effects = [], []
    for workload, size in found.sizes.items():
        cells = []
        for contrast, is_turned in found.pairs.values():
            row = subject.effect(run, contrast, workload)
            effects += [row] if row else []
            cells.append(wording.effect(wording.turned(row) if is_turned else row) if row else "not measured")
        rows.append((wording.number(size), *cells))
    return {"missing": None, "panel": found.panel, "against": code(found.against), "levels": levels_of(effects), "blind": blind(run, effects),
            "processes": span_of(row["processes"] for row in effects), "table": wording.table(("Bytes", *(code(name) for name in found.pairs)), rows)}


def blind(run, rows):
    """Reasons, each once, why effects are not resolvable here: the control of their panel and workload that does not hold."""
    notes = {}
    for row in rows:
        if row["words"] == UNRESOLVED:
            own = [control for control in run.select("controls", subject=f"{row['panel']} {row['workload']}") 
                   if control["blinds"] != "nothing" or (control["control"] == "linearity" and control["reason"])]
            for control in own:
                notes[f"{code(row['workload'])}, panel {row['panel']}, is not resolvable here: control {code(control['control'])} "
                      f"{control['status']}: {control['reason'] or 'no reason given'}"] = None
    return list(notes)


# Effects and levels.

def long(table, of, source):
    """A table as it is where it can be taken in at a glance, else the rows that matter most and where all of them are. `source`: link."""
    count = len(table.rows) if table else 0
    if count <= subject.MOST_ROWS_OPEN:
        return table
    return f"{table.heaviest(subject.ROWS_THAT_MATTER)}\n\nThose are {subject.ROWS_THAT_MATTER} of {count} {of}, the ones that matter most; all of them: {source}."


def span_of(values):
    """'20' or '20 to 64'."""
    found = sorted(set(values))
    return wording.number(found[0]) + (f" to {wording.number(found[-1])}" if len(found) > 1 else "") if found else ""


def levels_of(rows):
    return sorted({wording.confidence(row["confidence"]) for row in rows})


def reach(row):
    """How far from zero the twins reach."""
    if row["twin_low"] is None or row["twin_high"] is None:
        return ""
    return wording.coarse(max(abs(row["twin_low"]), abs(row["twin_high"])), row["unit"])


def shared(rows, column, text):
    """The one value of a column as text, or None where rows differ."""
    values = {row[column] for row in rows}
    return text(values.pop()) if len(values) == 1 else None


def columns_that_differ(rows):
    """Interval and number of processes: as columns where rows differ, as one line under the table where they do not."""
    names = {"confidence": ("Interval", wording.confidence), "processes": ("n", str)}
    own = {column: head for column, (head, text) in names.items() if shared(rows, column, text) is None}
    line = "; ".join(f"{head} {shared(rows, column, text)}" for column, (head, text) in names.items() if column not in own)
    return own, lambda row: [names[column][1](row[column]) for column in own], line


def claim_effects(run):
    rows = [row for row in run.effects if row["parts"] is not None]
    if not rows:
        return None
    more, cells, line = columns_that_differ(rows)
    table = wording.table(("Part", "Contrast", "Workload", "Effect", "MDE", "Twins", *more.values()),
                          [[", ".join(row["parts"].split()), code(row["contrast"]), code(row["workload"]), wording.effect(row),
                            wording.coarse(row["mde"], row["unit"]), reach(row), *cells(row)] for row in rows])
    return {"table": table, "line": line}


def plain_effect(row):
    return wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])


def weight_of(row):
    """How much an effect matters beside others: by its size, after all that are shown where it is not."""
    return row["words"] in SHOWN, figures_reach(row)


def exploratory_table(run):
    """One row an effect that decides no claim, with both scales; a scale that decides one stands in the other table. None without."""
    found = [(workload, contrast) for workload in subject.workloads(run, run.effects) for contrast in dict.fromkeys(
        row["contrast"] for row in run.select("effects", workload=workload) if row["parts"] is None and row["kind"] not in ("twin", "planted"))]
    rows, weights, leads = [], [], []
    for workload, contrast in found:
        scales = {row["scale"]: row for row in run.select("effects", workload=workload, contrast=contrast) if row["parts"] is None}
        relative, absolute = scales.get("relative"), scales.get("absolute")
        lead = relative or absolute
        leads.append(lead)
        rows.append([subject.change_words(run, lead), code(workload), wording.effect(relative) if relative else "above", plain_effect(absolute) if absolute else "above",
                     wording.coarse(lead["mde"], lead["unit"]), reach(lead), code(contrast)])
        weights.append(weight_of(lead))
    if not rows:
        return None
    more, cells, line = columns_that_differ(leads)
    rows = [[*row, *cells(lead)] for row, lead in zip(rows, leads)]
    return {"table": wording.table(("Change", "Workload", "Relative", "Absolute", "MDE", "Twins", "Contrast", *more.values()), rows, weights), "line": line,
            "count": len(rows), "shown": sum(row["words"] in SHOWN for row in leads)}


def level_table(run):
    """Every level; those of the op matter most, and of them those of the panel of the field. None without."""
    own = [row for workload in subject.workloads(run, run.levels) for row in run.select("levels", workload=workload)
           if row["role"] in ("baseline", "contender")]
    panel = subject.panel_of(run, subject.FIELD)
    rows = [[code(row["workload"]), code(row["variant"]), row["panel"], level_text(row), wording.bounds(row["decile_1_ns"], row["decile_9_ns"], "ns"),
             wording.quantity(row["floor_ns"], "ns"), "" if row["cycles_per_op"] is None else wording.number(row["cycles_per_op"]), row["processes"]]
            for row in own]
    return wording.table(("Workload", "Variant", "Panel", "Level", "Deciles over processes", "Floor", "Cycles", "n"), rows,
                         [2 * (row["workload"] == subject.OP) + (row["panel"] == panel) for row in own]) if rows else None


# Trust.

OF_MANY_SCALES = ("twins",)  # controls whose figures, one a workload, have no common range


def controls_summary(run):
    """One line a control: how many hold, and the range of what was seen."""
    rows = []
    for control in dict.fromkeys(row["control"] for row in run.controls):
        own = run.select("controls", control=control)
        seen = [] if control in OF_MANY_SCALES else [row["estimate"] for row in own if row["estimate"] is not None]
        alike = len({row["expected"] for row in own}) == len(own[:1])
        span = "" if not seen or not alike else wording.number(seen[0]) if len(seen) == len(own[:1]) else \
            f"{wording.number(min(seen))} to {wording.number(max(seen))}"
        rows.append((code(control), f"{sum(row['status'] == 'holds' for row in own)} of {len(own)}", span,
                     own[0]["expected"] if alike else "see below"))
    return wording.table(("Control", "Hold", "Seen", "What must hold"), rows) if rows else None


def controls_table(run):
    """Every control; those that do not hold matter most."""
    rows = [(code(row["control"]), row["subject"], wording.interval(row["estimate"], row["low"], row["high"], None), row["expected"], row["status"],
             row["reason"] or "") for row in run.controls]
    return wording.table(("Control", "Of", "Seen", "What must hold", "Status", "Reason"), rows,
                         [row["status"] != "holds" for row in run.controls]) if rows else None


def twin_table(run):
    rows = [(code(row["contrast"]), code(row["workload"]), wording.interval(row["estimate"], row["ci_low"], row["ci_high"],
                                                                            row["unit"]),
             *("" if row[key] is None else wording.coarse(row[key], row["unit"])
               for key in ("process_sd", "within_sd", "between_sd")), row["processes"])
             for row in run.effects if row["kind"] == "twin"]
    weights = [figures_reach(row) * (row["scale"] == "relative") for row in run.effects if row["kind"] == "twin"]
    return wording.table(("Twin", "Workload", "Difference", "sd", "Within", "Between", "n"), rows, weights) if rows else None


def planted_table(run):
    rows = [(code(row["contrast"]), code(row["workload"]), wording.effect(row), wording.confidence(row["confidence"]),
             row["processes"]) for row in run.effects if row["kind"] == "planted"]
    weights = [row["words"] not in SHOWN for row in run.effects if row["kind"] == "planted"]
    return wording.table(("Planted", "Workload", "Effect", "Interval", "n"), rows, weights) if rows else None


def why_void(rows):
    """'reason: processes a b'; each reason once."""
    found = {}
    for row in rows:
        if row["status"] == "void":
            found.setdefault(row["reason"] or "no reason given", {})[row["process"]] = None
    return "; ".join(f"{reason}: process {' '.join(map(str, sorted(processes)))}" for reason, processes in found.items())


def process_table(run):
    """Processes and blocks by panel and workload, from the baseline's rows: a block is dropped for all arms at once."""
    rows, weights, totals = [], [], {"kept": 0, "dropped": 0, "void": 0}
    for panel in dict.fromkeys(row["panel"] for row in run.panels):
        for workload in subject.workloads(run, run.select("processes", panel=panel)):
            own = run.select("processes", panel=panel, workload=workload)
            base = [row for row in own if row["role"] == "baseline"]
            plan = run.one("cells", panel=panel, workload=workload)
            counts = {"kept": sum(row["blocks_kept"] for row in base), "dropped": sum(row["blocks_dropped"] for row in base),
                      "void": len({row["process"] for row in own if row["status"] == "void"})}
            totals = {key: totals[key] + counts[key] for key in totals}
            weights.append((counts["void"], counts["dropped"]))
            rows.append((panel, code(workload), len({row["process"] for row in own}),
                         f"{plan['processes']} ({plan['purpose']})" if plan else "",
                         counts["void"], counts["kept"], counts["dropped"], why_void(own)))
    header = ("Panel", "Workload", "Processes", "Planned", "Void", "Blocks kept", "Dropped", "Why void")
    if not rows:
        return None
    return totals | {"table": wording.table(header, rows, weights)}


def machine_state(run):
    """Share of the kept blocks in each state; effects that differ between the states, in both."""
    base = [row for row in run.processes if row["role"] == "baseline" and row["status"] == "ok"]
    kept, quiet, shared = (sum(row[key] for row in base) for key in ("blocks_kept", "blocks_quiet", "blocks_shared"))
    if not kept:
        return None

    def cells(rows):
        for row in rows:
            yield wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])
        yield wording.interval(rows[0]["change"], rows[0]["change_low"], rows[0]["change_high"], rows[0]["unit"]) \
            if rows[0]["change"] is not None else "no process had both"
        yield f"{rows[0]['processes']}, {rows[1]['processes']}, {rows[0]['processes_both']}"

    seen = [[run.one("state_effects", panel=row["panel"], contrast=row["contrast"], workload=row["workload"], scale=row["scale"],
                     state=state) for state in ("quiet", "shared")]
            for row in run.select("state_effects", state="quiet")]
    rows = [(code(pair[0]["contrast"]), code(pair[0]["workload"]), *cells(pair)) for pair in seen if pair[0]["differs"] == "yes"]
    weights = [abs(pair[0]["change"] or 0) * (pair[0]["scale"] == "relative") for pair in seen if pair[0]["differs"] == "yes"]
    table = wording.table(("Contrast", "Workload", "Quiet", "Shared", "Change", "n quiet, shared, both"), rows, weights)
    percent = [f"{wording.number(round(100 * count / kept, 2))} %" for count in (quiet, shared, kept - quiet - shared)]
    return {"quiet": percent[0], "shared": percent[1], "unknown": percent[2], "seen": len(seen), "differing": len(rows),
            "table": table if rows else None}


# Real programs.

def traces(run):
    """Sizes of the calls and the time of one call in each design."""
    found = subject.Traces(run)
    if found.missing:
        return {"missing": found.missing}
    sizes, times = [], []
    for workload, rows in found.sizes.items():
        calls, size = (sum(row[column] for row in rows) for column in (1, 2))
        sizes += [(code(workload), wording.number(end), wording.number(own), f"{percent(own, calls)} %", wording.number(encoded),
                   f"{percent(encoded, size)} %") for end, own, encoded in rows]
        times += [(code(workload), code(variant), row["panel"],
                   wording.interval(*(row[column] / calls for column in ("time_ns_per_op", "ci_low_ns", "ci_high_ns")), "ns"),
                   row["processes"]) for variant, row in found.times.get(workload, ())]
    levels = [row for rows in found.times.values() for _, row in rows]
    return {"missing": None, "levels": levels_of(levels), "processes": span_of(row["processes"] for row in levels),
            "sizes": wording.table(("Trace", "Bytes to", "Calls", "Of calls", "Bytes", "Of bytes"), sizes),
            "times": wording.table(("Trace", "Variant", "Panel", "Time of a call", "n"), times) if times else None}


def percent(part, whole):
    return wording.number(float(f"{100 * part / whole:.3g}"))


# What matters, and what to ship.

def ranking(run):
    """Every single choice by size, with what was counted beside it; None where there is none."""
    found = subject.Ranking(run)
    if found.missing:
        return {"missing": found.missing}
    rows = []
    for choice, other, row in found.rows:
        ends = {"baseline": found.against, "contender": other, "workload": subject.OP}
        rows.append((choice, code(other), wording.effect(row), both(run, ends, INSTRUCTIONS), both(run, ends, ALLOCATIONS), row["processes"]))
    header = ("Choice", "Variant", "Effect on the op", "Instructions", "Allocations", "n")
    effects = [row for _, _, row in found.rows]
    return {"missing": None, "against": code(found.against), "table": wording.table(header, rows), "levels": levels_of(effects),
            "processes": span_of(row["processes"] for row in effects), "count": len(effects), "order": ranking_order(found.rows),
            "apart": ", ".join(f"{code(contrast)} ({' and '.join(axes)})" for contrast, axes in found.apart.items())}


def story(run):
    """One row a workload on which `direct` meets the pooled buffer: level, effect, what is said of it and why not more, and exact counts."""
    own = run.one("panels", contrast=subject.DIRECT)
    ends = own["baseline"], own["contender"]
    effects = [row for row in run.effects if row["scale"] == "relative" and (row["baseline"], row["contender"]) == ends]
    found = {row["workload"]: row for row in reversed(effects)}
    rows = [(code(row["workload"]), level_text(side) if (side := subject.level(run, row["panel"], row["workload"], ends[0])) else "", wording.effect(row),
             both(run, row, INSTRUCTIONS), both(run, row, ALLOCATIONS)) for name in subject.workloads(run, effects) for row in (found[name],)]
    return wording.table(("Workload", "Pooled takes", "Without a buffer", "Instructions", "Allocations"), rows,
                         [weight_of(found[name]) for name in subject.workloads(run, effects)]) if rows else None


OPPOSITE = {"confirmed": "refuted", "refuted": "confirmed"}


def cpu_of(run):
    return next((row["value"] for row in run.machine if row["key"] == "cpu_model" and row["value"]), "processor not recorded")


def beside(run):
    """Of each run of another machine: how many parts have the verdict of this one, and a row for each effect of the answer and each part that has not."""
    found = []
    for other in run.beside:
        here = {part_name(row): row for row in parts_of(run)}
        there = {part_name(row): row for row in parts_of(other)}
        both_have = [name for name in here if name in there]
        rows = [(subject.change_words(run, one), wording.effect(one), wording.effect(two)) for contrast in (subject.FIELD, subject.POOL_MAIN, subject.DIRECT, subject.ORIGINAL)
                if (one := subject.effect(run, contrast)) and (two := subject.effect(other, contrast))]
        rows += [(f"{name}: {here[name]['statement']}", here[name]["verdict"], "; ".join(filter(None, (there[name]["verdict"], subject.why_open(other, there[name])))))
                 for name in both_have if here[name]["verdict"] != there[name]["verdict"]]
        found.append({"name": other.path.name, "what": cpu_of(other), "parts": len(both_have),
                      "same": sum(here[name]["verdict"] == there[name]["verdict"] for name in both_have),
                      "opposite": sum(OPPOSITE.get(here[name]["verdict"]) == there[name]["verdict"] for name in both_have),
                      "table": wording.table(("Of", f"Here: {cpu_of(run)}", f"There: {cpu_of(other)}"), rows) if rows else None})
    return found


def run_facts(run):
    return wording.table(("Fact", "Value"), [(row["key"], row["value"] or "") for row in run.run])


def ranking_order(rows):
    """Those with an effect shown, the largest first; and the others, by what is said of them."""
    shown = [f"{code(other)} ({choice}) is {wording.effect(row)}" for choice, other, row in rows
             if row["words"] in SHOWN]
    others = {}
    for choice, _, row in rows:
        if row["words"] not in SHOWN:
            others.setdefault(row["words"], []).append(choice)
    return "; ".join([*(shown or ["none is shown to change its time"]), *(f"{words}: {listed(choices)}" for words, choices in others.items())])


def largest_by_size(run):
    """What each design's largest effect is over the sizes of the sweep, those shown only; None without a sweep or any."""
    found = subject.Sweep(run)
    if found.missing:
        return None
    texts = []
    for other, (contrast, is_turned) in found.pairs.items():
        effects = [(size, subject.effect(run, contrast, workload)) for workload, size in found.sizes.items()]
        effects = [(size, wording.turned(row) if is_turned else row) for size, row in effects if row]
        shown = [(size, row) for size, row in effects if row["words"] in SHOWN]
        if shown:
            size, row = max(shown, key=lambda item: abs(item[1]["estimate"]))
            texts.append(f"{code(other)} {wording.effect(row)} at {wording.bytes_text(size)}")
    sizes_seen = list(found.sizes.values())
    return {"text": "; ".join(texts), "against": code(found.against), "first": wording.bytes_text(sizes_seen[0]),
            "last": wording.bytes_text(sizes_seen[-1])} if texts else None


def on_traces(run, contrast):
    """What the same two variants differ by when real programs are replayed: 'faster by ... on `trace:...`'; empty where not measured."""
    own = run.one("panels", contrast=contrast)
    if own is None:
        return ""
    ends, found = (own["baseline"], own["contender"]), {}
    for row in run.effects:
        if row["workload"].startswith(subject.TRACE) and row["scale"] == "relative" and (row["baseline"], row["contender"]) == ends:
            found.setdefault(row["workload"], f"{wording.effect(row)} on {code(row['workload'])}")
    return ", ".join(found.values())


def process_counts(run):
    return span_of(row["processes"] for row in run.effects)


# Figures.

def figures_reach(row):
    """Of an effect how far from zero it lies; one without bounds is last."""
    return abs(row["estimate"]) if math.isfinite(row["estimate"]) else 0


def alt_texts(run):
    """What a figure shows, for those who cannot see it."""
    field, pool = (effect_answer(run, name) for name in (subject.FIELD, subject.POOL_MAIN))
    passes = subject.heap_rows(run, subject.OP)
    growing = " ".join(row["variant"] for row in passes if row["class"] == "growing") or \
        ("none" if all(row["class"] != "not available" for row in passes) else "none of those that were classified")

    def say(effect, what):
        return f"{what} {effect['text']}" if effect else f"{what} not in this run"

    return {
        "ranking": "Single choices, the largest estimate first of what each does to the op: "
                   + "; ".join(f"{choice} {wording.effect(row)}" for choice, _, row in subject.Ranking(run).rows),
        "claims": "Forest plot: each timing part of a claim with its interval over its shaded region; "
                  + say(field, "removing the field:"),
        "interaction": "Levels with and without the field, pooled and unpooled: " + say(pool, "pooling:") + ", while "
                       + say(field, "removing the field:"),
        "structure": "The structure drawn to scale: "
                     + "; ".join(f"{e['level']} {wording.number(e['struct_bytes'])} bytes"
                                 for e in subject.structures(run) if e["struct_bytes"] is not None),
        **{name: "Time of an op by workload and variant; the first: " + f"{page[0][0]} " + ", ".join(
            f"{row['variant']} {level_text(row)}" for row in page[0][1]) for name, page in subject.level_pages(run).items()},
        "effects": "Forest plot of exploratory effects",
        **{name: "Forest plot of exploratory effects, by size; largest: "
                 + "; ".join(f"{row['contrast']} on {row['workload']} {wording.effect(row)}" for row in
                             sorted(page, key=figures_reach, reverse=True)[:3]) for name, page in subject.effect_pages(run).items()},
        "class_waste": "What size classes leave unused, by size of the request and on each workload: "
                       + "; ".join(f"{workload} " + ", ".join(f"{level} {wording.number(percent)} %" for level, percent in
                                                              shares.items())
                                   for workload, shares in subject.ClassWaste(run).shares.items()),
        "traces": "Sizes that real programs encode, as shares of calls and of bytes, and the time of a call in each design: "
                  + "; ".join(f"{workload} {wording.number(sum(row[1] for row in rows))} calls" for workload, rows in
                              subject.Traces(run).sizes.items()),
        "sweep": "Time per op against input bytes, and relative to the pooled buffer, by variant; the largest: "
                 + ((largest_by_size(run) or {"text": "none shown"})["text"]).replace("`", ""),
        "heap": "Live and mapped bytes over operations: the planted leaks rise; growing among the variants: "
                + growing,
        "power": "Share of trials in which an effect was found, against its size in multiples of the MDE: "
                 + (", ".join(name or "known truths" for name in calibration.power_points(run)) or "nothing"),
        "coverage": "Share of intervals that hold the known true effect, with bounds, by truth: "
                    + (calibration.with_bounds(calibration.covered(run)[-1]) if calibration.covered(run) else "nothing")
                    + " in the last row",
        "layouts": "Time per op of each single process, by arm: "
                   + "; ".join(f"{workload} " + ", ".join(f"{name} {wording.bounds(min(values), max(values), 'ns')}"
                                                          for name, _, values in arms if values)
                               for workload, arms in subject.Layouts(run).workloads.items()),
        "spread": "Per-process values of the twin and of the field's contrast as sorted curves; " + say(field, "the field:"),
    }


BUSY = ("busiest_cpu", "cpu_pressure", "steal")  # how facts start that say what else ran


def busy(run):
    """'`cpu_pressure...` 94.47': what else the machine was doing when the run began; empty on a quiet one."""
    return ", ".join(f"{code(row['key'])} {row['value'] or ''}" for row in run.machine
                     if row["status"] == "noisy" and row["key"].startswith(BUSY))


def asked_environment(run):
    """'preload=libx.so.2:0123456789abcdef'; empty where what was measured had no environment."""
    values = [row["value"] or "" for row in run.machine if row["key"] == "measured_environment"]
    return code(values[0]) if values and values[0] not in ("", "empty") else ""


def machine_facts(run):
    """All facts, and below them what would mend those that are noisy."""
    noisy = [row for row in run.machine if row["status"] == "noisy"]
    table = wording.table(("Fact", "Value", "Status"), [(row["key"], row["value"] or "", row["status"]) for row in run.machine],
                          [row["status"] == "noisy" for row in run.machine]) if run.machine else None
    return {"table": table, "count": len(run.machine), "noisy": len(noisy),
            "mends": [f"{code(row['key'])}: {row['mend']}" for row in noisy if row["mend"]]}


def figure_context(run, directory):
    alt, directory = alt_texts(run), link_target(directory)
    return {name: {"missing": missing, "png": f"{directory}/figures/{name}.png", "svg": f"{directory}/figures/{name}.svg",
                   "alt": alt[name] if name in alt else alt[name.partition("_")[0]]} for name, missing in subject.figures(run)}


def link(run, directory, table):
    return f"[{run.file_of(table)}]({link_target(directory)}/{run.file_of(table)})"


def link_target(path):
    """A path as it may stand in a Markdown link, whatever its bytes are."""
    return urllib.parse.quote(os.fsencode(path))


def shell_word(path):
    """A path as one word of a command line; one that is no UTF-8 by its bytes."""
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "$'" + urllib.parse.quote(os.fsencode(path)).replace("%", r"\x") + "'"
    return shlex.quote(path)


def layouts(run):
    found = subject.Layouts(run)
    return {"panel": found.panel, "processes": span_of(len(values) for arms in found.workloads.values() for _, _, values in arms)}


LISTS = ("--variants", "--workloads", "--events", "--baseline")  # options whose commas a cell of run.csv could not hold
ONCE = ("--out", "--output", "--resume")  # where the first run went: there it is now


def command_again(run):
    """The command of the run as it can be given again: lists with their commas, into a directory of its own."""
    words, again, last = (run.facts.get("command") or "").split(), [], ""
    for word in words:
        name, equals, value = word.partition("=")
        option = name if equals else last
        if option in LISTS:
            word = word.replace(";", ",")
        if option not in ONCE and name not in ONCE:
            again.append(word)
        last = "" if equals else word
    return " ".join(again) or f"./encbench run --profile {run.facts['profile']} --seed {run.facts['seed']}"


# A run that is not about the field: of somebody's modules, or of a few of our workloads.

def measured_variants(run):
    found = dict.fromkeys(name for row in run.panels for side in ("baseline", "contender") for name in row[side].split())
    return [name for name in found if run.select("levels", variant=name)] or list(found)


def metric_of(run, variant, workload, metric):
    return run.one("metrics", variant=variant, workload=subject.counted_of(run, workload), metric=metric)


def both(run, row, metric):
    """What is counted of both sides of an effect: '12289 to 2100', or once where it is the same."""
    if " " in row["baseline"] + row["contender"]:
        return ""
    texts = [exact_text(metric_of(run, row[side], row["workload"], metric)) for side in ("baseline", "contender")]
    return texts[0] if texts[0] == texts[1] else " to ".join(texts)


def named(names):
    return " and ".join(map(code, names))


def said_of(rows, words, count):
    """'faster by 44.8 % to 48.8 %, on 5 of 6 workloads': what effects with the same words come to; one alone with its figures."""
    if len(rows) == 1:
        return f"{wording.effect(rows[0])} on {code(rows[0]['workload'])}"
    where = f"all {count} workloads" if len(rows) == count else f"{len(rows)} of {count} workloads"
    if words in SHOWN:
        ends = [wording.coarse(abs(find(rows, key=figures_reach)["estimate"]), rows[0]["unit"]) for find in (min, max)]
        return f"{words} {' to '.join(dict.fromkeys(ends))}, on {where}"
    reasons = list(dict.fromkeys(row.get("reason") or "" for row in rows))
    return f"{words} on {where}" + (f" ({reasons[0]})" if len(reasons) == 1 and reasons[0] else "")


def pair_lines(run):
    """One line for each two sides that are compared: what is shown of them, and on how many workloads."""
    rows, lines = subject.pairs(run), []
    for baseline, contender in dict.fromkeys((row["baseline"], row["contender"]) for row in rows):
        own = [row for row in rows if (row["baseline"], row["contender"]) == (baseline, contender)]
        words = dict.fromkeys(row["words"] for row in own)
        lines.append(f"{named(contender.split())} against {named(baseline.split())}: "
                     + "; ".join(said_of([row for row in own if row["words"] == word], word, len(own)) for word in words) + ".")
    return lines


def pair_tables(run):
    """The answer line by line, and with the times of both sides and what is counted of them; None without an effect."""
    rows = subject.pairs(run)
    if not rows:
        return None
    sides = {(row["baseline"], row["contender"]) for row in rows}
    names = [code(name) for name in min(sides)] if len(sides) == 1 else None
    cells = []
    for row in rows:
        levels = [level_text(side) if side else "" for side in subject.sides_of(run, row)]
        own = [] if names else [named(row["baseline"].split()), named(row["contender"].split())]
        cells.append((code(row["workload"]), *own, *levels, wording.effect(row, why=False), both(run, row, INSTRUCTIONS), both(run, row, ALLOCATIONS)))
    header = ("Workload", *(names or ("Baseline", "Contender", "Baseline takes", "Contender takes")), "Effect", "Instructions", "Allocations")
    return {"table": wording.table(header, cells, [weight_of(row) for row in rows]), "lines": pair_lines(run),
            "levels": levels_of([side for row in rows for side in subject.sides_of(run, row) if side])}


def effect_table(run):
    """One row an effect, with what tells how far it can be trusted."""
    rows = subject.pairs(run)
    if not rows:
        return {"table": None, "line": ""}
    more, cells, line = columns_that_differ(rows)
    absolute = {(row["panel"], row["contrast"], row["workload"]): row for row in run.select("effects", scale="absolute")}
    table = [(code(row["workload"]), code(row["contrast"]), plain_effect(row),
              plain_effect(absolute[row["panel"], row["contrast"], row["workload"]]) if (row["panel"], row["contrast"], row["workload"]) in absolute else "",
              wording.coarse(row["mde"], row["unit"]), reach(row), *cells(row)) for row in rows]
    return {"table": wording.table(("Workload", "Contrast", "Relative", "Absolute", "MDE", "Twins", *more.values()), table, [weight_of(row) for row in rows]), "line": line}


COUNTS = {INSTRUCTIONS: "Instructions", ALLOCATIONS: "Allocs", RELEASES: "Frees", ALLOCATED: "Bytes asked", PEAK: "Peak live bytes"}


def figures_of_workloads(run):
    """What the workloads of the run count themselves: metrics with names that are none of the harness's."""
    ours = {*COUNTS, *LIVE, HANDED_OUT, "instructions_codec_per_op", "planted_cycles_per_op", "digest_and_conformance", "process_changes",
            "failed_calls_per_op", "live_requested_bytes_per_op", "peak_live_requested_bytes", "live_mapped_bytes_per_op",
            "mapped_regions_after_teardown", "live_blocks_after_teardown", "live_bytes_per_op"}
    names = dict.fromkeys(row["metric"] for row in run.metrics if row["workload"] != subject.STRUCTURE and row["metric"] not in ours
                          and not CALLS.fullmatch(row["metric"]) and not row["metric"].startswith(subject.HEAP_METRIC))
    return exact_table(run, {name: name for name in names})


def structures_of_modules(run):
    rows = []
    for name in dict.fromkeys(row["variant"] for row in run.layout):
        size, chunk = (exact_text(metric_of_layout(run, name, metric)) for metric in ("struct_bytes", "struct_heap_bytes"))
        holes = sum(row["size_bytes"] for row in run.select("layout", variant=name) if row["kind"] == "hole")
        rows.append((code(name), size, holes, chunk))
    return wording.table(("Variant", "Structure", "Of it holes", "Chunk of malloc"), rows) if rows else None


MODULE_KEY = re.compile(r"module:(.*)_sha256")
MOST_OF_A_HASH = 10  # enough to tell two files apart


def axes_of(run, variant):
    return " ".join(f"{row['axis']}={row['level']}" for row in run.select("variants", variant=variant) if row["axis"] != "none")


def module_facts(run):
    """What was measured: variants with their axes, and the files with what they were built with, where they say."""
    names = measured_variants(run)
    axes = [(code(name), axes_of(run, name)) for name in names]
    files = [(code(found.group(1)), code((row["value"] or "")[:MOST_OF_A_HASH]), run.facts.get(f"module:{found.group(1)}_built_with") or "does not say")
             for row in run.run if (found := MODULE_KEY.fullmatch(row["key"]))]
    data = [(code(row["key"].removeprefix("data:").removesuffix("_sha256")), code((row["value"] or "")[:MOST_OF_A_HASH]), "data")
            for row in run.run if row["key"].startswith("data:")]
    tables = [wording.table(("Variant", "Its levels"), axes)] if any(levels for _, levels in axes) else []
    tables += [wording.table(("File", "Hash", "Built with"), files + data)] if files + data else []
    return "\n\n".join(tables)


MACHINE_FACTS = ("cpu_model", "virtual", "kernel", "libc", "frequency_governor", "smt")


def few_machine_facts(run):
    """What a reader asks first, and what is noisy with what would mend it."""
    rows = [(row["key"], row["value"] or "", row["status"], (row["mend"] or "") if row["status"] == "noisy" else "")
            for row in run.machine if row["status"] == "noisy" or row["key"].startswith(MACHINE_FACTS)]
    return wording.table(("Fact", "Value", "Status", "What would mend it"), rows) if rows else "None recorded."


def blocks_of(run):
    base = [row for row in run.processes if row["role"] == "baseline"]
    return {"kept": sum(row["blocks_kept"] for row in base), "dropped": sum(row["blocks_dropped"] for row in base),
            "void": len({row["process"] for row in run.processes if row["status"] == "void"})}


def controls_that_do_not(run):
    """One line for each control and status, with the first reason."""
    alike = {}
    for row in run.controls:
        if row["status"] != "holds":
            alike.setdefault((row["control"], row["status"]), []).append(row)
    return [f"{code(control)}: {status} {len(rows)} times of {len(run.select('controls', control=control))}; "
            f"{rows[0]['subject']}: {rows[0]['reason'] or 'no reason given'}" for (control, status), rows in alike.items()]


def field_level(run):
    """What the op takes with the field: its level in the panel of the field's contrast."""
    contrast = run.one("panels", contrast=subject.FIELD)
    row = contrast and subject.level(run, contrast["panel"], subject.OP, contrast["baseline"])
    return level_text(row) if row else None


def allocations_of_ends(run, contrast):
    """Exact allocations per op of the two sides of a pair; None where one is missing."""
    row = run.one("panels", contrast=contrast)
    found = row and [run.one("metrics", variant=row[side], workload=subject.OP, metric=ALLOCATIONS)
                     for side in ("baseline", "contender")]
    if not found or any(f is None or f["status"] != "exact" or f["value"] is None for f in found):
        return None
    return {"baseline": wording.number(found[0]["value"]), "contender": wording.number(found[1]["value"]),
            "equal": found[0]["value"] == found[1]["value"]}
