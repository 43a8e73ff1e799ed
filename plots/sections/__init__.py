"""The sections of the report about the field, in their order: a section is a file here, its template beside it, and its name in a list.

A section `NAME.py` has
    TITLE           of its heading
    lead(run)       its first sentence, which carries its result; with a full stop at its end
    context(run)    what its template `NAME.md.j2` speaks of, beside what every section has (report.shared)
and, where it needs some table that not every run has,
    absent(run)     why the run has nothing of it, or None: then that is said instead of the template.

IN_REPORT are sections of REPORT.md itself, read to the end by busy people: each to be taken in on one screen. IN_APPENDIX are files
`appendix/NAME.md` of the run; EXPERIMENTS are those of them whose first sentence stands in the report under "The experiments".
"""

import importlib

IN_REPORT = ("answer", "matters", "claims", "wrong", "ship", "experiments", "programs", "machines", "trust", "regenerate")
EXPERIMENTS = ("crossing", "allocations", "heap", "structure", "pool", "classes", "instructions", "counters", "sizes", "calls", "effects")
IN_APPENDIX = ("why", "evidence", *EXPERIMENTS, "controls", "state", "calibration", "machine", "method", "glossary")


def section(name):
    return importlib.import_module(f"sections.{name}")


def absent(name, run):
    """Why the run has nothing of a section; None where it has."""
    return getattr(section(name), "absent", lambda _: None)(run)
