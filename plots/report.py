#!/usr/bin/env python3
"""Writes REPORT.md, and appendix/*.md of the run: report.py RUN_DIRECTORY --output FILE [--beside DIR ...]

Every figure comes from the directory's CSV files, what the original report said from original.csv; the prose is in sections/, one file a
section, put together here. The same directory and output give the same bytes. Bad input: one line, exit status two.
"""

import functools
import os
import textwrap
from pathlib import Path

import jinja2

import calibration
import escape
import facts
import sections
import subject
import wording
from rundir import SOURCE, ArgumentParser, InputError, RunDirectory, check_replaceable, own_folder, replacing, run_main

APPENDIX = "appendix"
TEMPLATES = {True: "report.md.j2", False: "module.md.j2"}  # by whether the run is about the field
PARTS = {"banners": "banners.md.j2", "words": "words.md.j2"}  # of both


@functools.lru_cache(maxsize=1)
def templates():
    return jinja2.Environment(loader=jinja2.FileSystemLoader((SOURCE, SOURCE / "sections")), undefined=jinja2.StrictUndefined,
                              trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False)


def banners(run):
    """What must be said before anything else, and what the words mean."""
    return {"parts": PARTS, "facts": run.facts, "troubles": facts.troubles(run), "edited": facts.edited(run), "sick": facts.sick(run),
            "failed_controls": facts.failed_controls(run), "blind_cells": facts.blind_cells(run), "environment": facts.asked_environment(run),
            "for_conclusions": subject.for_conclusions(run), "single_layouts": any(row["words"] == "single layout" for row in run.effects),
            "open_parts": facts.open_parts(run)}


def shared(run, directory, appendix):
    """What every section may speak of. `directory`: of the run, `appendix`: of the appendix, both as seen from the file that is written."""
    def file(table):
        return facts.link(run, directory, table)

    def target(name):
        return facts.link_target(f"{appendix}/{name}.md" if appendix else f"{name}.md")

    def page(name, text):
        return text if sections.absent(name, run) else f"[{text}]({target(name)})"

    def part_target(name):
        return f"#{name}" if name == "missing" or sections.absent(name, run) else target(name)

    return banners(run) | {
        "part_target": part_target, "directory": facts.link_target(directory), "directory_word": facts.shell_word(directory), "file": file, "target": target, "page": page,
        "word": lambda word: page("glossary", word), "long": lambda table, of, source: facts.long(table, of, file(source)), "tally": facts.tally(run),
        "processes": facts.process_counts(run), "busy": facts.busy(run), "op_name": facts.code(subject.OP), "field_contrast": facts.code(subject.FIELD),
        "figures": facts.figure_context(run, directory),
    }


def section(run, name, heading, context):
    """Heading, first sentence, and the rest from the section's template."""
    own = sections.section(name)
    reason = sections.absent(name, run)
    body = f"Not in this run: {reason}." if reason else \
        f"{own.lead(run)}\n\n{templates().get_template(f'{name}.md.j2').render(context | own.context(run))}"
    return f"{heading} {own.TITLE}\n\n{body}"


def render(run, directory, beside=""):
    """REPORT.md alone; `directory` as seen from it."""
    if not subject.is_about_the_field(run):
        return wording.wrapped(templates().get_template("module.md.j2").render(module_context(run, directory)))
    context = shared(run, directory, f"{directory}/{APPENDIX}") | {"beside_options": beside}
    parts = [templates().get_template("report.md.j2").render(context), *(section(run, name, "##", context) for name in sections.IN_REPORT)]
    return wording.wrapped("\n\n".join(parts))


def render_appendix(run):
    """{file name: text}: nothing depends on where the report lies."""
    if not subject.is_about_the_field(run):
        return {}
    context = shared(run, "..", "")
    return {f"{name}.md": wording.wrapped(section(run, name, "#", context)) for name in sections.IN_APPENDIX if sections.absent(name, run) is None}


def module_context(run, directory):
    def file(table):
        return facts.link(run, directory, table)

    return banners(run) | {
        "directory_word": facts.shell_word(directory), "file": file, "long": lambda table, of, source: facts.long(table, of, file(source)),
        "names": facts.listed(list(map(facts.code, facts.measured_variants(run)))), "pairs": facts.pair_tables(run), "tally": facts.tally(run),
        "processes": facts.process_counts(run), "layouts_in_words": facts.layouts_in_words(run), "busy": facts.busy(run),
        "part_table": facts.part_table(run, "#{}".format), "reasons": facts.reasons(run), "missing": facts.missing_parts(run), "effects": facts.effect_table(run),
        "effect_pages": sorted(subject.effect_pages(run)), "level_pages": sorted(subject.level_pages(run)), "counts": facts.exact_table(run, facts.COUNTS),
        "figures_of_its_own": facts.figures_of_workloads(run), "identical": facts.identical(run), "counters": facts.counters(run),
        "growth": facts.growth_table(run) if subject.heap_rows(run) else {"table": None}, "structures": facts.structures_of_modules(run),
        "asked_for_counters": bool(run.facts.get("select_events")), "controls_that_do_not": facts.controls_that_do_not(run),
        "blocks": facts.blocks_of(run), "trust": calibration.context(run), "module_facts": facts.module_facts(run),
        "machine_facts": facts.few_machine_facts(run), "command": facts.command_again(run), "figures": facts.figure_context(run, directory),
    }


def write(path, text):
    """Whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_appendix(run, texts):
    """Files of sections that this run has, and none of a section that it has not; nothing else there is touched."""
    folder = run.path / APPENDIX
    if not texts and not folder.exists():
        return
    folder = own_folder(folder)
    for name in sections.IN_APPENDIX:
        if f"{name}.md" not in texts:
            (folder / f"{name}.md").unlink(missing_ok=True)
    for name, text in texts.items():
        write(folder / name, text)


MOST_OF_A_TROUBLE = 100  # characters of one on the terminal; the report has it whole


def say(run, output):
    """What came of it, in at most ten lines for the terminal."""
    claims, known = facts.claims_by_verdict(run), facts.tally(run)
    lines = [(word, textwrap.shorten(reason, MOST_OF_A_TROUBLE, placeholder=" ..."))
             for word, reason in (("EDITED", facts.edited(run)), ("SICK", facts.sick(run))) if reason]
    lines += [(word, textwrap.shorten(facts.in_short(run, blinds), MOST_OF_A_TROUBLE, placeholder=" ..."))
             for word, blinds, why in (("INVALID", "run", facts.troubles(run)), ("BLIND", "deciding cell", facts.blind_cells(run))) if why]
    about, found = subject.is_about_the_field(run), facts.sizes(run)
    if not facts.troubles(run) and about:
        answers = [(name, facts.effect_answer(run, contrast))
                   for name, contrast in (("field", subject.FIELD), ("pooling", subject.POOL_MAIN), ("direct", subject.DIRECT))]
        # Why is one thing for all of a run that is not for conclusions: it stands behind `sure`.
        lines += [(name, f"{'removed: ' if name == 'field' else ''}{wording.effect(answer['row'], subject.for_conclusions(run))} on {subject.OP}")
                  for name, answer in answers if answer]
    if found and found["heap"] and about:
        lines.append(("bytes", "chunk: {null} with the field, {packed} with it moved, {removed} without".format(**found["heap"])))
    if known["parts"]:
        lines.append(("parts", ", ".join(f"{number} {verdict}" for verdict, number in known["count"].items() if number)))
        lines.append(("claims", f"all {known['claims']} confirmed" if facts.all_confirmed(run) else
                      "; ".join(f"{verdict}: {claims[verdict]}" for verdict in ("refuted", facts.UNRESOLVED, facts.INVALID) if verdict in claims)))
    lines.append(("sure", f"{known['controls_hold']} of {known['controls']} controls hold; "
                  + (f"{facts.process_counts(run)} processes an effect" if facts.process_counts(run) else "no effect has two processes")
                  + ("" if subject.for_conclusions(run) else "; not for conclusions")))
    lines.append(("report", seen_from_here(output)))
    for name, text in lines:
        print(wording.line_of(name, text))


def seen_from_here(path):
    """As short as it can be said from where the user stands."""
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short


def main(arguments):
    parser = ArgumentParser(description="Writes the report of a run directory.")
    parser.add_argument("directory", metavar="RUN_DIRECTORY")
    parser.add_argument("--output", required=True, metavar="FILE", help="the report, Markdown")
    parser.add_argument("--beside", default=[], action="append", metavar="DIR", help="a run of another machine, for what changes from one to the other")
    parser.add_argument("--say", action="store_true", help="say on standard output what came of it")
    options = parser.parse_args(arguments)
    if not options.output:
        raise InputError("--output: empty; expected the name of a file")
    output = Path(options.output)
    check_replaceable(output)
    run = RunDirectory(options.directory)
    run.beside = [RunDirectory(name) for name in options.beside]
    directory = Path(os.path.relpath(run.path.resolve(), output.resolve().parent)).as_posix()
    places = [Path(os.path.relpath(other.path.resolve(), output.resolve().parent)).as_posix() for other in run.beside]
    text, appendix = render(run, directory, f" --beside {facts.shell_word(','.join(places))}" if places else ""), render_appendix(run)
    write_appendix(run, appendix)
    write(output, text)
    if options.say:
        say(run, output)
    return 0


if __name__ == "__main__":
    run_main(main)
