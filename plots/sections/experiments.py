"""The first sentence of every experiment, with the file that has the rest."""

import sections

TITLE = "The experiments"


def lead(run):
    there = [name for name in sections.EXPERIMENTS if sections.absent(name, run) is None]
    return f"{len(there)} of {len(sections.EXPERIMENTS)} experiments are in this run; the first sentence of each is its result."


def context(run):
    return {"experiments": [{"name": name, "title": sections.section(name).TITLE, "absent": sections.absent(name, run),
                             "lead": "" if sections.absent(name, run) else sections.section(name).lead(run)} for name in sections.EXPERIMENTS]}
