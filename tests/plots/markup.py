"""What in a report a text of a file could have come to, by the rules of Markdown and of GitHub and not by those of plots/escape.py."""

import re

EVIL = "<script>`x`[a](javascript:b)![c](d)<!--&$\\frac{a$"
CODE = re.compile(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)


def spans(text):
    """What stands in code spans."""
    return [found[1].strip() for found in CODE.findall(text)]


def live(text):
    """Markup of EVIL outside of code spans and code blocks."""
    rest = re.sub(r"(?m)^    .*$", "", CODE.sub("", text))
    return [sign for sign in ("<script", "<!--", "](javascript", "](d)") if sign in rest] + \
        re.findall(r"(?<!\\)(?:\\\\)*`|(?<!\\)(?:\\\\)*\$", rest)
