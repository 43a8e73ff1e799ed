"""The glossary, as it stood when this was written."""

import re

from rundir import SOURCE

TITLE = "Words"
ROW = re.compile(r"^\| (?!word |---)(.+?) \| (.+) \|$", re.M)


def glossary():
    """[(word, meaning)]; empty where the glossary is not installed."""
    path = SOURCE.parent / "docs" / "glossary.md"
    return ROW.findall(path.read_text(encoding="utf-8")) if path.is_file() else []


def absent(_):
    return None if glossary() else "the glossary is not installed beside the program"


def lead(_):
    return f"{len(glossary())} words mean here exactly one thing each."


def context(_):
    return {"words": glossary()}
