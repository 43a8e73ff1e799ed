"""Text that fits: how wide a text is before it is drawn, and where a name is broken that is wider than its place."""

import functools
import re

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextToPath

import style

POINTS_PER_INCH = 72
LINE_SPACING = 1.2  # as matplotlib sets lines
SEPARATORS = re.compile(r"(?<=[-_+.:= /])")  # behind these a name may end a line


@functools.lru_cache(maxsize=None)
def inches(text, size, weight="normal"):
    """Width of one line."""
    font = FontProperties(family=style.RC["font.family"], size=size, weight=weight)
    return TextToPath().get_text_width_height_descent(text, font, ismath=False)[0] / POINTS_PER_INCH


def tall(lines, size):
    """Height of so many lines."""
    return lines * size * LINE_SPACING / POINTS_PER_INCH


def pieces(text, wide, size, weight):
    """What may stand by itself: the text at its separators, and a piece that is wider than the place letter by letter."""
    for piece in SEPARATORS.split(text):
        yield from [piece] if inches(piece, size, weight) <= wide else piece


def broken(text, wide, size, weight="normal"):
    """The lines of a text, none wider than `wide` inches."""
    lines = []
    for line in text.split("\n"):
        own = [""]
        for piece in pieces(line, wide, size, weight):
            if own[-1] and inches((own[-1] + piece).rstrip(), size, weight) > wide:
                own.append("")
            own[-1] += piece
        lines += [piece.strip() for piece in own]
    return lines
