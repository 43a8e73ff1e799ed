"""What was measured on, and with what."""

import facts

TITLE = "The machine and the run"


def lead(run):
    known = facts.machine_facts(run)
    cpu = next((row["value"] for row in run.machine if row["key"] == "cpu_model"), None)
    return f"Measured on {cpu or 'a processor that was not recorded'}; {known['noisy']} of {known['count']} facts say that the machine is noisy."


def context(run):
    return {"machine": facts.machine_facts(run), "run_facts": facts.run_facts(run)}
