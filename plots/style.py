"""One place for how figures look: Okabe-Ito colours by variant, sizes, deterministic output."""

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"

# The same variant has the same colour in every figure. The palette has eight colours and they are these eight variants'. When it is
# used up, colour follows the axes: a further variant takes the colour of the listed one that shares its level of pool (and,
# where there is one, of mmap_res), and tells itself apart by marker and line style from MARKERS and DASHES, in the order of
# variants.csv among those of one colour. A variant without axes that are known here (a user's own module) is drawn in OTHER.
VARIANT = {
    "null+thread": BLUE,
    "packed+thread": SKY,
    "removed+thread": GREEN,
    "null+none": VERMILLION,
    "packed+none": YELLOW,
    "removed+none": ORANGE,
    "removed+frame": PURPLE,
    "direct": BLACK,
    # Beyond the eight: darker neighbours of the variant that each differs from by one level.
    "null+thread+three": "#003F63",
    "removed+thread+three": "#005C43",
    "null+thread+fine": "#6F93B8",
    "assigned+thread": "#8C5E00",
    "null+thread+count": "#8C6D1F",
    "null+thread+bytes": "#B5651D",
    "null+thread+victim": "#5B3A8C",
    "null+thread+calibrated": "#8E5572",
    "null+thread+decay": "#2F6B2F",
    "null+thread+advise": "#4F8A8B",
    "retained+thread": "#7A2E00",
    # Release protocols of null+thread.
    "null+thread+acqrel": "#2F5D8C",
    "null+thread+merged": "#3A86C8",
    "null+thread+unique": "#8FBCE6",
    "null+thread+tagged": "#1B3A5C",
    "null+thread+plain": "#5C7FA3",
    # Mended magazines of pool thread; other pools in hues of their own.
    "null+thread+one1": "#2F5D9E",
    "null+thread+two8": "#9DB7DC",
    "null+mutex": "#8B1A4F",
    "null+shared": "#5C7F00",
    "null+owner": "#00757A",
    "null+thread+fitted8": "#3E5C76",
}
PALETTE = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)
OTHER = "#777777"
SEVERAL = "#444444"  # main effects and interactions belong to no single variant

# Planted on purpose: no colour of a variant.
LEAK_BYTES, LEAK_MAPPING = "#8B0000", "#5E3C99"

REGION = "#DCEBF7"
TWIN = "#C8C8C8"
MDE = "#8C8C8C"
GRID = "#DDDDDD"
INK = "#222222"

# Fields of the structure: the disputed one stands out, the others are two greys in turn so that neighbours differ.
DISPUTED_FIELD = "mmap_res"
DISPUTED = YELLOW
FIELDS = ("#D6D6D6", "#EAEAEA")

WIDTH_INCHES = 6.4  # at 100 dots an inch this is the width at which a figure must be readable
PNG_DPI = 200       # twice that, for dense screens

RC = {
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "text.parse_math": False,  # a name with dollars is a name
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "encbench",
    "figure.facecolor": "white",
}


# Of the variants of one colour: the listed one, then further ones in turn. Markers as matplotlib and gnuplot name them; dashes as gnuplot does.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GNUPLOT_POINTS = (7, 5, 9, 13, 11, 1, 2)
GNUPLOT_DASHES = (1, 2, 3, 4)

_further = {}  # name: (colour, place among those of its colour); filled by `learn`


def learn(variants):
    """Gives every variant that has no colour of its own one by its axes: rows of variants.csv."""
    _further.clear()
    axes = {}
    for row in variants:
        axes.setdefault(row["variant"], {})[row["axis"]] = row["level"]
    if not set(axes) & set(VARIANT):  # all of them somebody's: the palette is free
        _further.update({name: (PALETTE[i % len(PALETTE)], i // len(PALETTE)) for i, name in enumerate(axes)})
        return
    places = {}
    for name in axes:
        if name in VARIANT:
            continue
        own = axes[name]
        like = [other for other in VARIANT if other in axes and axes[other].get("pool") == own.get("pool")]
        like.sort(key=lambda other: axes[other].get("mmap_res") != own.get("mmap_res"))
        colour = VARIANT[like[0]] if like else OTHER
        places[colour] = places.get(colour, 0 if colour != OTHER else -1) + 1
        _further[name] = (colour, places[colour])


def variant(name):
    return VARIANT.get(name) or _further.get(name, (OTHER, 0))[0]


def place(name):
    """0 for a variant with a colour of its own; 1 ... for those that share it."""
    return _further.get(name, (OTHER, 0))[1]


def marker(name):
    return MARKERS[place(name) % len(MARKERS)]


def gnuplot_point(name):
    return GNUPLOT_POINTS[place(name) % len(GNUPLOT_POINTS)]


def gnuplot_dashes(name):
    return GNUPLOT_DASHES[place(name) % len(GNUPLOT_DASHES)]


def sides_marker(contender):
    return marker(contender) if " " not in contender else MARKERS[0]


def sides(contender):
    """Colour of an effect: its contender's where that is one variant."""
    return variant(contender) if " " not in contender else SEVERAL
