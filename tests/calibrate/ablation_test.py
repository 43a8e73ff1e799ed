"""What `calibrate` takes out of the design is really taken out: in the processes themselves, not in what the directory says of them.

The baseline is a module that writes down each of its batches, with the arm and the file that it was loaded from. No time is asserted.

usage: ablation_test.py BUILD SOURCE COMPILER [TEST...]
"""

import csv
import gzip
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE, COMPILER = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
ARMS = range(6)
SET_PROCESSES = 14  # calibrate_internal.h
FEW = 3
LONG = 6  # arms that take turns never have so many batches running: two blocks end and begin with an arm at the most
ATTEMPTS = 20


def make_build(directory):
    """A build directory whose only variants are two names of the module; links, but the driver looks for the rest beside itself."""
    (directory / "modules/data").mkdir(parents=True)
    for name in ("kernels", "encbench-worker", "libencbench_interpose.so"):
        if (BUILD / name).exists():  # a sanitized build has no interposer
            (directory / name).symlink_to(BUILD / name)
    shutil.copy(BUILD / "encbench", directory)
    (directory / "modules/panels.csv").write_text("panel,effort,workloads,contrast,kind,baseline,contender\n"
                                                  "ablation,core,written_down,names,pair,one,other\n", encoding="utf-8")
    for variant in ("one", "other"):
        subprocess.run([COMPILER, "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-fPIC", "-fvisibility=hidden", "-ffunction-sections",
                        "-I", SOURCE / "harness", f'-DABLATION_VARIANT="{variant}"', f'-DABLATION_LOG="{directory / "log"}"',
                        "-c", SOURCE / "tests/calibrate/ablation_module.c", "-o", directory / f"modules/{variant}.o"], check=True)
    return directory


class Process:
    """A process as it was: `batches` has (arm, hash of its file) in order of time."""

    def __init__(self, lines):
        self.batches = [(int(arm), layout) for _, arm, layout in lines]
        self.layouts = {arm: {layout for of, layout in self.batches if of == arm} for arm in ARMS}

    def stretches(self):
        """(arm, batches without another arm's between them), long ones only."""
        runs = [(arm, len(list(group))) for arm, group in itertools.groupby(arm for arm, _ in self.batches)]
        return [(arm, length) for arm, length in runs if length >= LONG]


class Ablations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.work)
        cls.build = make_build(cls.work / "build")

    def calibrate(self, *arguments):
        # A budget that any chunk uses up: one is measured, whole.
        done = subprocess.run([self.build / "encbench", "calibrate", "--quiet", "--budget", "0.001", *arguments],
                              env={**os.environ, "ENCBENCH_ROOT": str(SOURCE), "TMPDIR": str(self.work)},
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def measured(self, design, *arguments, processes=SET_PROCESSES):
        """The directory and what `read` finds in it."""
        directory = self.work / f"calibration-{design}"
        (self.build / "log").unlink(missing_ok=True)
        self.calibrate("--seed", "7", "--out", directory, *arguments)
        for _ in range(ATTEMPTS):
            found = self.read(directory, design)
            if len(found[0]) >= processes:
                return directory, *found
            self.calibrate("--resume", directory)
        self.fail(f"{design}: no {processes} processes in {ATTEMPTS} calls")

    def read(self, directory, design):
        """[Process] of the design, [its row of calibration_processes.csv.gz], the row of its case."""
        with open(directory / "calibration_cases.csv", encoding="utf-8", newline="") as file:
            cases = [row for row in csv.DictReader(file) if row["pair"] == "0"]
        with gzip.open(directory / "calibration_processes.csv.gz", "rt", encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["pair"] == "0"]
        logged = [Process(list(group)) for _, group in
                  itertools.groupby(map(str.split, (self.build / "log").read_text(encoding="utf-8").splitlines()), lambda line: line[0])]
        ours = {case["case"]: case for case in cases if case["baseline"] == "written_down"}
        rows = [row for row in rows if row["case"] in ours]
        # The pilot comes before them all.
        pairs = [(process, row) for process, row in zip(logged[len(logged) - len(rows):], rows) if ours[row["case"]]["design"] == design]
        case = next(case for case in cases if case["design"] == design)
        return [process for process, _ in pairs], [row for _, row in pairs], case

    def check_whole(self, processes):
        for process in processes:
            for arm in ARMS:
                self.assertEqual(len(process.layouts[arm]), 1, "an arm of a process has one layout")

    def sets(self, processes, rows):
        """{set: {arm: layouts of its processes}}"""
        sets = {}
        for process, row in zip(processes, rows):
            of = sets.setdefault(row["set"], {arm: set() for arm in ARMS})
            for arm in ARMS:
                of[arm] |= process.layouts[arm]
        return sets

    def test_turns(self):
        directory, processes, _, case = self.measured("one_after_other", "--workloads", "written_down")
        self.check_one_after_other(processes, int(case["blocks"]))
        self.check_design(*self.read(directory, "fresh_layouts")[:2])

    def check_one_after_other(self, processes, blocks):
        self.check_whole(processes)
        orders, least = set(), []
        for process in processes:
            stretches = process.stretches()
            order = [arm for arm, _ in itertools.groupby(arm for arm, _ in stretches)]
            self.assertEqual(sorted(order), list(ARMS), "all batches of an arm come before the next arm's")
            orders.add(tuple(order))
            least.append(min(sum(length for of, length in stretches if of == arm) for arm in ARMS))
        self.assertGreaterEqual(min(least), blocks, "a process that a busy machine slows down is cut, but not by half")
        self.assertGreaterEqual(max(least), 2 * blocks, "all of its batches")
        self.assertGreater(len(orders), 1, "which is first is drawn")

    def check_design(self, processes, rows):
        """What the ablations are compared with."""
        self.check_whole(processes)
        self.assertEqual(len(processes), SET_PROCESSES)
        self.assertEqual({row["set"] for row in rows}, {""})
        self.assertEqual([process.stretches() for process in processes], [[]] * len(processes), "arms take turns")
        layouts = [layout for process in processes for arm in ARMS for layout in process.layouts[arm]]
        self.assertEqual(len(set(layouts)), len(layouts), "no layout comes twice")

    def test_fixed_layout(self):
        _, processes, rows, _ = self.measured("fixed_layout", "--fix-layout", processes=2 * SET_PROCESSES)
        self.check_whole(processes)
        sets = self.sets(processes, rows)
        self.assertEqual(len(sets), 2)
        for arms in sets.values():
            self.assertEqual([len(arms[arm]) for arm in ARMS], [1] * len(ARMS), "an arm of a trial has one layout")
        one, other = sets.values()
        self.assertEqual([one[arm] & other[arm] for arm in ARMS], [set()] * len(ARMS), "and of the next another")
        self.assertEqual(len(set().union(*one.values())), len(ARMS), "and no other arm's")
        self.assertEqual([process.stretches() for process in processes], [[]] * len(processes), "arms take turns")

    def test_few_layouts(self):
        _, processes, rows, _ = self.measured(f"layouts_{FEW}", "--layouts", str(FEW))
        self.check_whole(processes)
        (arms,) = self.sets(processes, rows).values()
        # That 14 draws of a trial leave one out is a matter of the seed, which is given.
        self.assertEqual([len(arms[arm]) for arm in ARMS], [FEW] * len(ARMS), "an arm of a trial has so many")
        self.assertGreater(len({tuple(min(process.layouts[arm]) for arm in ARMS) for process in processes}), FEW, "drawn for itself")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
