"""Every formula that a figure of this run came by."""

TITLE = "How figures are made"


def lead(_):
    return "The unit of inference is the process, with a fresh layout of code and data; everything else follows from that."


def context(_):
    return {}
