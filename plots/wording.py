"""Numbers to text: units, rounding and the fixed words. Presentation only; nothing here estimates anything."""

import math
import re
import textwrap

import escape

MOST_DECIMALS = 6
MOST_DIGITS = 5
UNRESOLVED = "not resolvable here"
UNIT_SIGNS = {"percent": "%", "count": ""}


def decimals_of(low, high):
    """Decimals that show two digits of the interval's width, but of an end no more than MOST_DIGITS; and more where an end would read
    as zero but is not."""
    width = high - low
    decimals = 1
    ends = [end for end in (low, high) if math.isfinite(end) and end != 0]
    if math.isfinite(width) and width > 0:
        before = math.floor(math.log10(max(map(abs, ends)))) + 1
        decimals = min(MOST_DECIMALS, max(0, min(1 - math.floor(math.log10(width)), MOST_DIGITS - before)))
    while decimals < MOST_DECIMALS and any(float(f"{end:.{decimals}f}") == 0 for end in ends):
        decimals += 1
    return decimals


def fixed(value, decimals):
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    text = f"{value:.{decimals}f}"
    return text[1:] if float(text) == 0 and text.startswith("-") else text


def number(value):
    """An exact figure or one without an interval: integers whole, others to four digits."""
    if math.isinf(value):
        return fixed(value, 0)
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    decimals = min(MOST_DECIMALS, max(0, 3 - math.floor(math.log10(abs(value)))))
    text = fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(unit, *values):
    """Unit and values for reading: long times in us or ms, percent as its sign, counts bare. None stays None."""
    if unit != "ns":
        return UNIT_SIGNS.get(unit, unit) or "", values
    largest = max((abs(v) for v in values if v is not None and math.isfinite(v)), default=0)
    factor, name = (1e6, "ms") if largest >= 1e7 else (1e3, "us") if largest >= 1e4 else (1, "ns")
    return name, [v if v is None else v / factor for v in values]


def interval(estimate, low, high, unit):
    """'estimate [low, high] unit'; without an interval (exact figures) 'estimate unit'; nothing measured: empty."""
    if estimate is None:
        return ""
    unit, (estimate, low, high) = scaled(unit, estimate, low, high)
    if low is None or high is None or low == high:
        return f"{number(estimate)} {unit}".strip()
    if math.isinf(high - low):  # no width to round by
        estimate, low, high = (number(value) for value in (estimate, low, high))
    else:
        decimals = decimals_of(low, high)
        estimate, low, high = (fixed(value, decimals) for value in (estimate, low, high))
    return f"{estimate} [{low}, {high}] {unit}".strip()


def quantity(value, unit):
    return interval(value, None, None, unit)


def bytes_text(size):
    """A size as people say it."""
    for unit, name in ((2 ** 20, "MiB"), (2 ** 10, "KiB")):
        if size >= unit:
            return f"{number(size / unit)} {name}"
    return f"{number(size)} B"


def coarse(value, unit):
    """A spread or a bound, which has no interval of its own: two digits."""
    unit, (value,) = scaled(unit, value)
    if math.isfinite(value) and value != 0:
        value = float(f"{value:.1e}")
    return f"{number(value)} {unit}".strip()


def rounded_up(value, decimals):
    """So that 'within m' stays true after rounding."""
    return fixed(math.ceil(value * 10 ** decimals - 1e-9) / 10 ** decimals, decimals)


TURNED_WORDS = {"faster by": "slower by", "slower by": "faster by"}


def turned(row):
    """A relative effect seen from the other side: baseline - contender, over the contender."""
    def other(x):
        return -100.0 if math.isinf(x) else math.inf if x <= -100 else 100 * (1 / (1 + x / 100) - 1)

    ends = {f"{kind}_low": f"{kind}_high" for kind in ("ci", *OTHER_WAYS) if row.get(f"{kind}_low") is not None}
    ends |= {high: low for low, high in ends.items()}
    return dict(row) | {name: other(row[opposite]) for name, opposite in ends.items()} | {
        "estimate": other(row["estimate"]), "words": TURNED_WORDS.get(row["words"], row["words"])}


def mirrored(row):
    """Figures and region of a verdict with the other sign."""
    def minus(name):
        return None if row[name] is None else -row[name] if row[name] else row[name]

    bounds = row["region_bounds"]
    return dict(row) | {"estimate": minus("estimate"), "ci_low": minus("ci_high"), "ci_high": minus("ci_low"), "region_low": minus("region_high"),
                        "region_high": minus("region_low"), "region_bounds": bounds and ("(" if bounds[1] == ")" else "[") + (")" if bounds[0] == "(" else "]")}


# The other intervals of the same processes: an effect is shown only where both have the sign of the printed one.
OTHER_WAYS = {"plain": "plain means disagree", "t": "t interval disagrees"}


def sign_of(low, high):
    return (low > 0) - (high < 0)


def objection(row):
    """Why an interval without zero shows no difference where it is not for the reach of twins; empty for any other row."""
    sign = sign_of(row["ci_low"], row["ci_high"])
    within_twins = row.get("twin_low") is not None and abs(row["estimate"]) <= max(abs(row["twin_low"]), abs(row["twin_high"]))
    if row["words"] != "no difference shown" or sign == 0 or within_twins:
        return ""
    return next((text for kind, text in OTHER_WAYS.items() if row.get(f"{kind}_low") is not None
                 and sign_of(row[f"{kind}_low"], row[f"{kind}_high"]) != sign), "")


def effect(row, why=True):
    """An effect in the fixed words with its figure, and `why` where nothing can be said: 'faster by 12.3 [11.9, 12.7] %'."""
    estimate, low, high = row["estimate"], row["ci_low"], row["ci_high"]
    words, figure = row["words"], interval(estimate, low, high, row["unit"])
    if words in ("no difference shown", "single layout", "interaction shown", UNRESOLVED, "equal by construction"):
        return f"{words} ({'; '.join(filter(None, (figure, why and row.get('reason'), objection(row))))})"
    if words == "equivalent within":
        unit, (low, high) = scaled(row["unit"], low, high)
        return f"{words} {rounded_up(max(abs(low), abs(high)), decimals_of(low, high))} {unit} ({figure})"
    if row["kind"] == "interaction":
        return figure
    if words == "faster by":
        figure = interval(-estimate, -high, -low, row["unit"])
    return f"{words} {figure}"


def bounds(low, high, unit):
    """'[low, high] unit' or empty."""
    if low is None or high is None:
        return ""
    unit, (low, high) = scaled(unit, low, high)
    if math.isinf(high - low):
        return f"[{number(low)}, {number(high)}] {unit}"
    decimals = decimals_of(low, high)
    return f"[{fixed(low, decimals)}, {fixed(high, decimals)}] {unit}"


def region(row):
    """The region of a verdict as registered: '[13, 23] %', '= 40 bytes', or empty where there is none."""
    low, high, ends = row["region_low"], row["region_high"], row["region_bounds"]
    if low is None or high is None or ends is None:
        return ""
    unit = UNIT_SIGNS.get(row["unit"], row["unit"]) or ""
    if low == high:
        return f"= {number(low)} {unit}".strip()
    return f"{ends[0]}{number(low)}, {number(high)}{ends[1]} {unit}".strip()


def confidence(value):
    return f"{number(value * 100)} %"


MOST_PADDED = 40  # a column of sentences would be mostly blanks


def rendered(header, rows):
    cells = [[escape.markdown(str(cell)).replace("|", "\\|") for cell in row] for row in [header, *rows]]
    widths = [max(3, *(len(row[i]) for row in cells)) for i in range(len(header))]
    widths = [min(width, MOST_PADDED) for width in widths]
    widths[-1] = 3  # nothing to its right that would have to line up
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


class Table(str):
    """A GitHub table, padded so that it can be read as text too, that knows its rows and how much each of them matters."""

    def __new__(cls, header, rows, weights=None):
        rows = list(rows)
        made = super().__new__(cls, rendered(header, rows))
        made.header, made.rows, made.weights = header, rows, [0] * len(rows) if weights is None else list(weights)
        return made

    def heaviest(self, count):
        """The same with so many rows, those that matter most, in the order that they had."""
        places = sorted(sorted(range(len(self.rows)), key=lambda place: self.weights[place], reverse=True)[:count])
        return Table(self.header, [self.rows[place] for place in places])


def table(header, rows, weights=None):
    """`weights`: how much a row matters where not all have room; without, the first ones do."""
    return Table(header, rows, weights)


LINE = 80
LABEL = len("pooling: ")


def line_of(label, text):
    """'label    text' for a terminal, continued below the text."""
    return textwrap.fill(escape.shown(text), LINE, initial_indent=label.ljust(LABEL), subsequent_indent=" " * LABEL, break_long_words=False,
                         break_on_hyphens=False)


# What begins a block of Markdown where it begins a line; of numbered lists only one from 1 does within a paragraph.
BEGINS_A_BLOCK = re.compile(r"^( *)(?=>|[-+*] |[-=]+ *$|~~~)|^( *1)(?=[.\)] )", re.M)
DEFINES_A_LINK = re.compile(r"^(- )?(?=\[[^]]+\]:)")


def filled(item):
    """No line but the first begins a block, as where a line is broken is nobody's meaning; and none defines a link, as we have no such."""
    text = textwrap.fill(re.sub(" +", " ", DEFINES_A_LINK.sub(r"\1\\", item)), LINE, break_long_words=False, break_on_hyphens=False,
                         subsequent_indent="  " if item.startswith("- ") else "")
    first, *others = text.split("\n", 1)
    return "\n".join([first, *(BEGINS_A_BLOCK.sub(r"\1\2\\", other) for other in others)])


def wrapped(text):
    """Paragraphs and list items of a Markdown text refilled; tables, code, quotes, headings and pictures as they are."""
    blocks = []
    for block in re.split(r"\n{2,}", escape.markdown(text).strip("\n")):
        lines = block.split("\n")
        if re.match(r"[|#>!<]|    ", lines[0]):
            blocks.append(block)
            continue
        items = []
        for line in lines:
            if items and not line.startswith("- "):
                items[-1] += " " + line.strip()
            else:
                items.append(line.strip())
        blocks.append("\n".join(map(filled, items)))
    return "\n\n".join(blocks) + "\n"
