"""The commands that make this text, and the run, once more."""

import facts

TITLE = "How to regenerate"


def lead(_):
    return "One command makes this text and its figures from the same files, byte for byte; another measures anew."


def context(run):
    return {"command": facts.command_again(run)}
