"""What another thread of the same core does."""

import facts

TITLE = "The state of the machine"


def absent(run):
    return None if facts.machine_state(run) else "no block was kept"


def lead(run):
    state = facts.machine_state(run)
    return f"During {state['quiet']} of the blocks nothing else ran on the core and during {state['shared']} something did; {state['differing']} of " \
           f"{state['seen']} effects differ between the two."


def context(run):
    return {"state": facts.machine_state(run)}
