"""How often the harness itself errs."""

import calibration

import facts

TITLE = "How often the harness errs"


def absent(run):
    return None if run.calibration or run.forecast else "this machine was never calibrated; `./encbench calibrate` measures it, and later runs quote it"


def lead(run):
    targets = calibration.targets(run)
    if not targets:
        return "Nothing was asked of the harness here by a target."
    return f"Of {targets['total']} targets {facts.listed([f'{count} {name}' for name, count in targets['count'].items() if count])}."


def context(run):
    return {"trust": calibration.context(run)}
