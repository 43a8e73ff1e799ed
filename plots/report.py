#!/usr/bin/env python3
"""Writes REPORT.md from a run directory: report.py RUN_DIRECTORY --output FILE

Every figure comes from the directory's CSV files, what the original report said from original.csv; the prose is report.md.j2.
The same directory and output give the same bytes. Bad input: one line, exit status two.
"""

import functools
import math
import os
from pathlib import Path

import jinja2

import subject
import wording
from rundir import SOURCE, ArgumentParser, InputError, RunDirectory, read_csv, run_main

ORIGINAL_COLUMNS = [("claim", "INTEGER", True), ("quoted", "TEXT", True)]
INVALID = "run invalid"
PER_THOUSAND = "per thousand ops"
UNRESOLVED = "not resolvable here"
LEAKS = (subject.LEAK_BYTES, subject.LEAK_MAPPING, subject.LEAK_NONE)
ALLOCATIONS, ALLOCATED = "allocations_per_op", "allocated_bytes_per_op"


def code(text):
    return f"`{text}`"


def part_name(row):
    return f"{row['claim']}{row['part']}"


def not_measured(run, verdict):
    """Whether data is what a part lacks; a claim as a whole when all its parts do."""
    if verdict["part"] == "all":
        return all(not_measured(run, row) for row in parts_of(run) if row["claim"] == verdict["claim"])
    return verdict["verdict"] == UNRESOLVED and subject.NOT_MEASURED in verdict["reason"]


def parts_of(run):
    return [row for row in run.verdicts if row["part"] != "all"]


# Status of the run: what must be said before anything else.

def troubles(run):
    """Why no timing figure of this run may be believed; empty for a valid run."""
    found = [f"control `{row['control']}` failed on {row['subject']}: expected {row['expected']}, saw "
             f"{wording.interval(row['estimate'], row['low'], row['high'], None) or 'nothing'}"
             + (f" ({row['reason']})" if row["reason"] else "")
             for row in run.controls if row["status"] == "failed" and row["control"] not in LEAKS]
    if not found:
        found = list(dict.fromkeys(row["reason"] for row in run.verdicts if row["verdict"] == INVALID
                                   and not subject.is_heap_part(run, row)))
    return found


def heap_troubles(run):
    """Why the heap passes of this run may not be believed; timing has nothing to do with it."""
    return [f"control `{row['control']}` {row['status']}: {row['reason'] or row['expected']}"
            for row in run.controls if row["control"] in LEAKS and row["status"] != "ok"]


# The answer.

def effect_answer(run, contrast):
    """An effect on the op for the answer: its words with figures, and which way it goes; None if not in the run."""
    row = subject.effect(run, contrast)
    if row is None:
        return None
    return {"contrast": contrast, "text": wording.effect(row), "way": row["words"], "row": row,
            "confidence": wording.confidence(row["confidence"])}


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
            "removal_saves_more": packed["heap_bytes"] > removed["heap_bytes"],
        },
    }


def tally(run):
    parts = parts_of(run)
    count = {verdict: sum(row["verdict"] == verdict for row in parts)
             for verdict in ("confirmed", "refuted", UNRESOLVED, INVALID)}
    return {
        "parts": len(parts), "claims": len({row["claim"] for row in run.verdicts}), "count": count,
        "not_measured": sum(not_measured(run, row) for row in parts),
        "controls": len(run.controls),
        "controls_ok": sum(row["status"] == "ok" for row in run.controls),
        "controls_not_measured": sum(row["status"] == "not measured" for row in run.controls),
    }


def verdict_about(run, metric):
    """Verdict of the claim that has a condition on this metric."""
    claims = run.select("claims", metric=metric)
    row = run.one("verdicts", claim=claims[0]["claim"], part="all") if claims else None
    return None if row is None else {"verdict": row["verdict"], "reason": row["reason"],
                                     "not_measured": not_measured(run, row)}


# Claims.

def figure_of(row):
    return wording.interval(row["estimate"], row["ci_low"], row["ci_high"], row["unit"])


def section_of(run, verdict):
    """Where the rows behind a part are shown."""
    if not_measured(run, verdict):
        return "not-measured-yet"
    claim = run.select("claims", claim=verdict["claim"], part=verdict["part"])
    kinds = {row["kind"] for row in claim}
    if kinds & {"timing", "level", "composition"}:
        return "effects"
    if any(row["workload"] == subject.STRUCTURE for row in claim):
        return "the-structure"
    if subject.is_heap_part(run, verdict):
        return "heap-growth"
    return "allocations" if any(row["metric"] in (ALLOCATIONS, ALLOCATED) for row in claim) else "why"


def claim_table(run):
    quoted = {row["claim"]: row["quoted"] for row in read_csv(SOURCE / "original.csv", ORIGINAL_COLUMNS)}
    rows = [(row["claim"], row["verdict"] + (f" ({subject.NOT_MEASURED})" if not_measured(run, row) else ""),
             quoted.get(row["claim"], "")) for row in run.verdicts if row["part"] == "all"]
    return wording.table(("Claim", "Verdict", "What the original says"), rows)


def part_table(run):
    rows = [(f"[{part_name(row)}](#{section_of(run, row)})", row["verdict"], figure_of(row), wording.region(row),
             row["statement"]) for row in parts_of(run)]
    return wording.table(("Part", "Verdict", "Our figure", "Region", "Claimed, in words"), rows)


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
        if row["processes_needed"] is not None:
            extra.append(f"{row['processes_needed']} processes would be needed")
        lines.append({"name": name, "scope": row["scope"], "verdict": row["verdict"], "reason": row["reason"],
                      "extra": "; ".join(extra), "source": row["source"]})
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

def allocation_table(run):
    """Allocations and bytes per op of every variant on every workload; footnotes for what is not exact."""
    rows_of = [row for row in run.metrics if row["metric"] in (ALLOCATIONS, ALLOCATED)]
    names = [w["workload"] for w in run.workloads if any(row["workload"] == w["workload"] for row in rows_of)]
    notes, rows = [], []

    def cell(variant, workload, metric):
        row = run.one("metrics", variant=variant, workload=workload, metric=metric)
        if row is None:
            return "not in this run"
        if row["status"] != "exact":
            notes.append(f"{code(variant)}, {code(workload)}, {metric}: {row['status']}: {row['reason'] or 'no reason given'}")
        return row["status"] if row["value"] is None else \
            wording.number(row["value"]) + ("" if row["status"] == "exact" else f" ({row['status']})")

    for variant in dict.fromkeys(row["variant"] for row in rows_of):
        rows.append([code(variant)] + [cell(variant, name, metric) for name in names for metric in (ALLOCATIONS, ALLOCATED)])
    header = ["Variant"] + [f"{name}: {unit}" for name in names for unit in ("allocs", "bytes")]
    return {"table": wording.table(header, rows) if rows else None, "notes": notes}


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


def structure(run):
    entries, fields = [], []
    for entry in subject.structures(run):
        entries.append((entry["level"], *("" if entry[key] is None else wording.number(entry[key])
                                          for key in ("struct_bytes", "hole_bytes", "heap_bytes")),
                        " ".join(code(v) for v in entry["variants"])))
        fields.append((entry["level"], ", ".join(
            f"{row['field']} {row['offset_bytes']}+{row['size_bytes']}" for row in entry["fields"])))
    return {
        "sizes": wording.table(("mmap_res", "Structure", "Of it holes", "Allocator gives", "Variants"), entries),
        "fields": wording.table(("mmap_res", "field offset+size, in bytes"), fields),
    } if entries else None


# Effects and levels.

def effect_row(row):
    return [wording.effect(row), wording.confidence(row["confidence"]), wording.coarse(row["mde"], row["unit"]),
            wording.bounds(row["twin_low"], row["twin_high"], row["unit"]), row["processes"]]


def claim_effects(run):
    rows = [[", ".join(row["parts"].split()), code(row["contrast"]), code(row["workload"]), *effect_row(row)]
            for row in run.effects if row["parts"] is not None]
    return wording.table(("Part", "Contrast", "Workload", "Effect", "Interval", "MDE", "Twins", "n"), rows) if rows else None


def exploratory_tables(run):
    """One table a workload; both scales of a contrast in turn; what decides a claim stands in the other table."""
    tables = []
    for workload in subject.workloads(run, run.effects):
        rows = [[code(row["contrast"]), *effect_row(row)] for row in run.select("effects", workload=workload)
                if row["parts"] is None and row["kind"] not in ("twin", "planted")]
        if rows:
            tables.append({"workload": workload,
                           "table": wording.table(("Contrast", "Effect", "Interval", "MDE", "Twins", "n"), rows)})
    return tables


def level_tables(run):
    tables = []
    for workload in subject.workloads(run, run.levels):
        rows = [[code(row["variant"]), row["panel"], level_text(row),
                 wording.bounds(row["decile_1_ns"], row["decile_9_ns"], "ns"), wording.quantity(row["floor_ns"], "ns"),
                 "" if row["cycles_per_op"] is None else wording.number(row["cycles_per_op"]), row["processes"]]
                for row in run.select("levels", workload=workload) if row["role"] in ("baseline", "contender")]
        if rows:
            tables.append({"workload": workload, "table": wording.table(
                ("Variant", "Panel", "Level", "Deciles over layouts", "Floor", "Cycles", "n"), rows)})
    return tables


# Trust.

def controls_tables(run):
    """One table for each thing that must hold."""
    tables = []
    for control, expected in dict.fromkeys((row["control"], row["expected"]) for row in run.controls):
        rows = [(row["subject"], wording.interval(row["estimate"], row["low"], row["high"], None), row["status"],
                 row["reason"] or "") for row in run.select("controls", control=control, expected=expected)]
        tables.append({"control": code(control), "expected": expected,
                       "table": wording.table(("Subject", "Seen", "Status", "Reason"), rows)})
    return tables


def twin_table(run):
    rows = [(code(row["contrast"]), code(row["workload"]), wording.interval(row["estimate"], row["ci_low"], row["ci_high"],
                                                                            row["unit"]),
             *("" if row[key] is None else wording.coarse(row[key], row["unit"])
               for key in ("process_sd", "within_sd", "between_sd")), row["processes"])
            for row in run.effects if row["kind"] == "twin"]
    return wording.table(("Twin", "Workload", "Difference", "sd", "Within", "Between", "n"), rows) if rows else None


def planted_table(run):
    rows = [(code(row["contrast"]), code(row["workload"]), wording.effect(row), wording.confidence(row["confidence"]),
             row["processes"]) for row in run.effects if row["kind"] == "planted"]
    return wording.table(("Planted", "Workload", "Effect", "Interval", "n"), rows) if rows else None


def why_void(rows):
    """'reason: processes a b'; each reason once."""
    found = {}
    for row in rows:
        if row["status"] == "void":
            found.setdefault(row["reason"] or "no reason given", {})[row["process"]] = None
    return "; ".join(f"{reason}: process {' '.join(map(str, sorted(processes)))}" for reason, processes in found.items())


def process_table(run):
    """Processes and blocks by panel and workload, from the baseline's rows: a block is dropped for all arms at once."""
    rows = []
    for panel in dict.fromkeys(row["panel"] for row in run.panels):
        for workload in subject.workloads(run, run.select("processes", panel=panel)):
            own = run.select("processes", panel=panel, workload=workload)
            base = [row for row in own if row["role"] == "baseline"]
            rows.append((panel, code(workload), len({row["process"] for row in own}),
                         len({row["process"] for row in own if row["status"] == "void"}),
                         sum(row["blocks_kept"] for row in base), sum(row["blocks_dropped"] for row in base), why_void(own)))
    header = ("Panel", "Workload", "Processes", "Void", "Blocks kept", "Dropped", "Why void")
    return wording.table(header, rows) if rows else None


def process_counts(run):
    counts = sorted({row["processes"] for row in run.effects})
    return "" if not counts else wording.number(counts[0]) if len(counts) == 1 else \
        f"{wording.number(counts[0])} to {wording.number(counts[-1])}"


# Figures.

def alt_texts(run):
    """What a figure shows, for those who cannot see it."""
    field, pool, original = (effect_answer(run, name) for name in (subject.FIELD, subject.POOL_MAIN, subject.ORIGINAL))

    def say(effect, what):
        return f"{what} {effect['text']}" if effect else f"{what} not in this run"

    return {
        "claims": "Forest plot: each timing part of a claim with its interval over its shaded region; "
                  + say(field, "removing the field:"),
        "interaction": "Levels with and without the field, pooled and unpooled: " + say(pool, "pooling:") + ", while "
                       + say(field, "removing the field:"),
        "structure": "The structure drawn to scale: "
                     + "; ".join(f"{e['level']} {wording.number(e['struct_bytes'])} bytes"
                                 for e in subject.structures(run) if e["struct_bytes"] is not None),
        "effects": "Forest plot of every exploratory effect, grouped by size; " + say(original, "the original's comparison:"),
        "heap": "Live and mapped bytes over operations: the planted leaks rise; growing among the variants: "
                + (" ".join(row["variant"] for row in subject.heap_rows(run, subject.OP) if row["class"] == "growing") or "none"),
        "spread": "Per-process values of the twin and of the field's contrast as sorted curves; " + say(field, "the field:"),
    }


def figure_context(run, directory):
    alt = alt_texts(run)
    return {name: {"missing": missing, "png": f"{directory}/figures/{name}.png", "svg": f"{directory}/figures/{name}.svg",
                   "alt": alt[name]} for name, missing in subject.figures(run)}


def context(run, directory):
    op = run.one("workloads", workload=subject.OP)
    machine = wording.table(("Fact", "Value", "Status"), [(row["key"], row["value"] or "", row["status"]) for row in run.machine])
    facts = wording.table(("Fact", "Value"), [(row["key"], row["value"] or "") for row in run.run])
    field, direct = effect_answer(run, subject.FIELD), effect_answer(run, subject.DIRECT)
    twin = subject.twin_of(run, subject.FIELD)
    return {
        "directory": directory, "facts": run.facts, "file": lambda table: f"[{run.files[table]}]({directory}/{run.files[table]})",
        "op": op, "op_name": code(subject.OP), "troubles": troubles(run),
        "field": field, "direct": direct, "pool": effect_answer(run, subject.POOL_MAIN),
        "original": effect_answer(run, subject.ORIGINAL), "field_main": effect_answer(run, subject.FIELD_MAIN),
        "interval_of_answer": answer_confidence(run),
        "field_mde": field and math.isfinite(field["row"]["mde"]) and wording.coarse(field["row"]["mde"], field["row"]["unit"]),
        "sizes": sizes(run), "tally": tally(run), "processes": process_counts(run),
        "unassigned": verdict_about(run, subject.ASSIGNMENTS), "small": verdict_about(run, subject.NEGLIGIBLE),
        "direct_allocations": allocations_of_ends(run, subject.DIRECT),
        "claim_table": claim_table(run), "part_table": part_table(run), "reasons": reasons(run), "missing": missing_parts(run),
        "crossing": crossing(run), "allocations": allocation_table(run), "structure": structure(run),
        "growth": growth_table(run),
        "claim_effects": claim_effects(run), "exploratory": exploratory_tables(run), "levels": level_tables(run),
        "controls": controls_tables(run), "twins": twin_table(run), "planted": planted_table(run), "blocks": process_table(run),
        "field_twin": twin and code(twin), "field_contrast": code(subject.FIELD),
        "command": run.facts.get("command") or f"./encbench run --profile {run.facts['profile']} --seed {run.facts['seed']}",
        "figures": figure_context(run, directory), "machine": machine, "run_facts": facts,
    }


def allocations_of_ends(run, contrast):
    """Exact allocations per op of the two sides of a pair; None where one is missing."""
    row = run.one("panels", contrast=contrast)
    found = row and [run.one("metrics", variant=row[side], workload=subject.OP, metric=ALLOCATIONS)
                     for side in ("baseline", "contender")]
    if not found or any(f is None or f["status"] != "exact" or f["value"] is None for f in found):
        return None
    return {"baseline": wording.number(found[0]["value"]), "contender": wording.number(found[1]["value"]),
            "equal": found[0]["value"] == found[1]["value"]}


@functools.lru_cache(maxsize=1)
def template():
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(SOURCE), undefined=jinja2.StrictUndefined,
                                     trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)
    return environment.get_template("report.md.j2")


def render(run, directory):
    return wording.wrapped(template().render(context(run, directory)))


def write(path, text):
    """Whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error


def main(arguments):
    parser = ArgumentParser(description="Writes the report of a run directory.")
    parser.add_argument("directory", metavar="RUN_DIRECTORY")
    parser.add_argument("--output", required=True, metavar="FILE", help="the report, Markdown")
    options = parser.parse_args(arguments)
    output = Path(options.output)
    run = RunDirectory(options.directory)
    directory = Path(os.path.relpath(run.path.resolve(), output.resolve().parent)).as_posix()
    write(output, render(run, directory))
    return 0


if __name__ == "__main__":
    run_main(main)
