"""Text of a file where it is shown, so that it is neither markup nor a link of ours.

The reader (rundir.py) carries each sign that could be taken for markup as a stand-in, which is nothing to any medium. What a text is
shown in puts the sign back, at one place: `markdown` for a report as a whole, `shown` for a terminal, a figure and a message.
"""

import re

SHOWN = {"<": "&lt;", "&": "&amp;", "`": "\\`", "]": "]", "$": "\\$", "\\": "\\\\", "#": "\\#"}  # in running text of Markdown
INERT = {ord(sign): chr(ord("\ue000") + ord(sign)) for sign in SHOWN}
SIGNS = {ord(standin): chr(sign) for sign, standin in INERT.items()}
# What a report is made of: code spans and code blocks, where a sign is itself, and signs in running text, of which a bracket is one only
# where a link could follow.
PARTS = re.compile(rf"(?P<fence>`+)(?P<code>.+?)(?<!`)(?P=fence)(?!`)|^(?P<block> {{4}}[^\n]*)|(?P<sign>[{''.join(INERT.values())}])(?P<link>(?=[(\[]))?",
                   re.M | re.S)


def inert(text):
    return text.translate(INERT)


def shown(text):
    return text.translate(SIGNS)


def _part(found):
    if found["code"] is not None:
        inside = shown(found["code"])
        fence = "`" * max(len(found["fence"]), 1 + max(map(len, re.findall("`+", inside)), default=0))
        return f"{fence} {inside} {fence}" if "`" in inside and len(fence) > len(found["fence"]) else f"{fence}{inside}{fence}"
    if found["block"] is not None:
        return shown(found["block"])
    sign = SHOWN[shown(found["sign"])]
    return sign + "\\" if sign == "]" and found["link"] is not None else sign


def markdown(text):
    """With every sign put back; one that has none left stays as it is."""
    return PARTS.sub(_part, text)
