"""One place for how figures look: Okabe-Ito colours by variant, sizes, deterministic output."""

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"

# The same variant has the same colour in every figure. A variant that is not here (a user's own module) is drawn in OTHER.
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
    "assigned+thread": "#8C5E00",
    "retained+thread": "#7A2E00",
}
OTHER = "#777777"
SEVERAL = "#444444"  # main effects and interactions belong to no single variant

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
    "hatch.linewidth": 0.6,
    "svg.fonttype": "path",
    "svg.hashsalt": "encbench",
    "figure.facecolor": "white",
}


def variant(name):
    return VARIANT.get(name, OTHER)


def sides(contender):
    """Colour of an effect: its contender's where that is one variant."""
    return variant(contender) if " " not in contender else SEVERAL
