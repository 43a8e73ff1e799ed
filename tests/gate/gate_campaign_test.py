#!/usr/bin/env python3
"""What README.md and results/gate/README.md say of how often the gate is wrong is what results/gate/campaign.csv says, and every head of the
campaign can still be made from these sources.

usage: gate_campaign_test.py SOURCE
"""

import csv
import shutil
import sys
import tempfile
from pathlib import Path

import gate_campaign


def main(source):
    failures = []
    gate = source / "results" / "gate"
    with (gate / "campaign.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    table = "\n".join(gate_campaign.table(rows)) + "\n"
    if len(rows) < 100 or not (gate / "README.md").read_text(encoding="utf-8").endswith(table):
        failures.append("results/gate/README.md is not the table of campaign.csv; gate_campaign.py makes it anew")
    if gate_campaign.summary(rows) not in " ".join((source / "README.md").read_text(encoding="utf-8").split()):
        failures.append(f"README.md does not say: {gate_campaign.summary(rows)}")
    for case in [*gate_campaign.NO_WORSE, *gate_campaign.PLANTED]:
        with tempfile.TemporaryDirectory() as work:
            for part in ("variants", "workloads"):
                shutil.copytree(source / part, Path(work) / part)
            for patch in gate_campaign.patches(case, 1):
                patch.apply(Path(work))
            changed = any(path.read_bytes() != (source / path.relative_to(work)).read_bytes() for path in Path(work).rglob("*.[ch]"))
        if changed != (case != "identical"):
            failures.append(f"the head \"{case}\" is {'another' if changed else 'the same'}")
    for failure in failures:
        print(f"FAILED: {failure}")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
