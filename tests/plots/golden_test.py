#!/usr/bin/env python3
"""A frozen run gives the frozen derived files and the frozen report, byte for byte: golden_test.py ENCBENCH"""

import contextlib
import csv
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "plots"))

import rundir  # noqa: E402

ENCBENCH = sys.argv.pop(1) if len(sys.argv) > 1 else sys.exit("usage: golden_test.py ENCBENCH")
DERIVED = ("levels.csv", "effects.csv", "state_effects.csv", "controls.csv", "verdicts.csv")
OPTIONAL_DERIVED = ("growth.csv", "variance.csv")
MOST_BYTES = 450_000
HOW = "\nIf every line of the difference is meant: tests/golden/update.sh ENCBENCH, then read the difference again and commit it."


class Golden(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.golden = Path(folder.name) / "golden"
        shutil.copytree(GOLDEN, self.golden)

    def assert_same(self, name):
        ours, frozen = ((base / name).read_bytes() for base in (self.golden, GOLDEN))
        if ours != frozen:
            lines = difflib.unified_diff(frozen.decode().splitlines(), ours.decode().splitlines(), f"frozen {name}", f"now {name}",
                                         n=0, lineterm="")
            self.fail("\n".join(list(lines)[:40]) + HOW)

    def test_report(self):
        (self.golden / "REPORT.md").unlink()
        shutil.rmtree(self.golden / "run" / "appendix")
        done = subprocess.run([sys.executable, "-B", str(ROOT / "plots" / "report.py"), str(self.golden / "run"), "--output",
                               str(self.golden / "REPORT.md")], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""), HOW)
        self.assert_same("REPORT.md")
        pages = sorted(path.name for path in (GOLDEN / "run" / "appendix").iterdir())
        self.assertEqual(sorted(path.name for path in (self.golden / "run" / "appendix").iterdir()), pages, HOW)
        for name in pages:
            self.assert_same(f"run/appendix/{name}")

    def test_analyse(self):
        names = [*DERIVED, *(name for name in OPTIONAL_DERIVED if (GOLDEN / "run" / name).exists())]
        for name in names:
            (self.golden / "run" / name).unlink()
        done = subprocess.run([ENCBENCH, "analyse", str(self.golden / "run")], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""), HOW)
        for name in names:
            self.assert_same(f"run/{name}")
        made = {path.name for path in (self.golden / "run").iterdir()}
        self.assertEqual(made, {path.name for path in (GOLDEN / "run").iterdir()}, HOW)

    def test_all_or_nothing(self):
        """What cannot be replaced is found before anything is: verdicts are the last to be written."""
        (self.golden / "run" / "verdicts.csv").unlink()
        (self.golden / "run" / "verdicts.csv").mkdir()
        (self.golden / "run" / "effects.csv").write_text("stale\n", encoding="utf-8")
        before = {path.name: path.is_file() and path.read_bytes() for path in (self.golden / "run").iterdir()}
        done = subprocess.run([ENCBENCH, "analyse", str(self.golden / "run")], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertIn("verdicts.csv: is not a regular file", done.stderr)
        self.assertEqual({path.name: path.is_file() and path.read_bytes() for path in (self.golden / "run").iterdir()}, before)

    def change(self, table, change):
        """Every row of a table through `change`, which alters it in place."""
        path = self.golden / "run" / f"{table}.csv"
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            change(row)
        path.write_text("".join(",".join(cells) + "\n" for cells in (rows[0], *(row.values() for row in rows))), encoding="utf-8", newline="\n")

    def analyse_with_log_ratios(self, contrast, of_row):
        """Of a contrast on strings."""
        self.change("contrasts", lambda row: (row["contrast"], row["workload"]) == (contrast, "to_string_1k") and row.update(
            {name: repr(of_row(row, name)) for name in ("log_ratio", "plain_mean_log_ratio")}))
        return subprocess.run([ENCBENCH, "analyse", str(self.golden / "run")], capture_output=True, text=True, check=False)

    def make_removal_faster(self, less_ns):
        """By so many ns a string: a part of a percent, less than what the arms are asked about."""
        def faster(row, names):
            row.update({name: repr(float(row[name]) - less_ns) for name in names})

        def change_contrast(row):
            if row["workload"] == "to_string_1k" and row["contrast"] in ("field_main", "field_at_thread", "field_at_none"):
                faster(row, ("difference_ns", "plain_mean_ns"))
                row.update({name: repr(float(row[name]) - less_ns / 1000) for name in ("log_ratio", "plain_mean_log_ratio")})
        self.change("processes", lambda row: (row["panel"], row["workload"]) == ("field", "to_string_1k") and row["arm"].startswith("removed+")
                    and faster(row, ("time_ns_per_op", "plain_mean_ns_per_op")))
        self.change("contrasts", change_contrast)

    def test_opposite_directions(self):
        """Of one pair they are an error; over several pairs ns and percent may go different ways, and then none is shown."""
        self.make_removal_faster(2)
        done = self.analyse_with_log_ratios("field_main", lambda row, _: 0.0016 + int(row["process"]) % 7 / 10000)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        rows = rundir.RunDirectory(self.golden / "run").select("effects", contrast="field_main", workload="to_string_1k")
        self.assertEqual([(row["words"], row["reason"]) for row in rows], [("not resolvable here", "faster in ns and slower in percent")] * 2)
        before = (self.golden / "run" / "effects.csv").read_bytes()
        done = self.analyse_with_log_ratios("field_at_none", lambda row, _: 0.0016 + int(row["process"]) % 7 / 10000)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
        self.assertRegex(done.stderr, r"contrasts\.csv: contrast field_at_none of panel field on \S+ is faster in ns and slower in percent")
        self.assertEqual((self.golden / "run" / "effects.csv").read_bytes(), before)

    def test_opposite_directions_of_arms_that_differ(self):
        """Those cannot be, of one pair or several: the arms say which way."""
        for contrast in ("pool_main", "direct_against_pooled"):
            done = self.analyse_with_log_ratios(contrast, lambda row, name: -float(row[name]))
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))
            self.assertRegex(done.stderr, rf"contrasts\.csv:[0-9]+: column log_ratio of contrast {contrast} on \S+: in 20 of 20 processes")
            self.analyse_with_log_ratios(contrast, lambda row, name: -float(row[name]))

    def test_figures_that_contradict_each_other_reach_no_reader(self):
        """Whoever reads a run directory says the same line, and leaves the directory as it was."""
        run = self.golden / "run"
        metrics = (run / "metrics.csv").read_text(encoding="utf-8")
        (run / "metrics.csv").write_text(metrics.replace("removed+thread,layout,struct_bytes,32,", "removed+thread,layout,struct_bytes,40,"),
                                         encoding="utf-8")
        before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
        said = set()
        for arguments in (["analyse", run], ["plot", run], ["plot", "--terminal", run], ["report", run, "--output", self.golden / "R.md"],
                          ["export", "--format", "benchfmt", run], ["explain", "8", run],
                          ["compare", "--out", self.golden / "compared", run, GOLDEN / "run"]):
            done = subprocess.run([ENCBENCH, *map(str, arguments)], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            said.add(done.stderr)
        self.assertEqual(len(said), 1, said)
        self.assertRegex(said.pop(), r'metrics\.csv:[0-9]+: column value is "40"; expected 32 by the variant\'s rows of layout\.csv')
        self.assertEqual({path: path.read_bytes() for path in run.rglob("*") if path.is_file()}, before)
        self.assertEqual({path.name for path in self.golden.iterdir()}, {path.name for path in GOLDEN.iterdir()})

    def test_figures_can_be_drawn(self):
        done = subprocess.run([sys.executable, "-B", str(ROOT / "plots" / "figures.py"), str(self.golden / "run")],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue((self.golden / "run" / "figures" / "claims.svg").exists())

    def test_is_small_and_of_no_place(self):
        files = [path for path in (GOLDEN / "run").rglob("*") if path.is_file()]
        self.assertLess(sum(path.stat().st_size for path in files), MOST_BYTES)
        for path in [*files, GOLDEN / "REPORT.md"]:
            for place in ("/tmp/", "/home/", "/root/"):
                self.assertNotIn(place.encode(), path.read_bytes(), path.name)

    def test_speaks_the_schema_of_today(self):
        run = rundir.RunDirectory(GOLDEN / "run")
        self.assertEqual(run.facts["schema_version"], rundir.schema_version())
        self.assertEqual(run.facts["complete"], "yes")


class Reference(unittest.TestCase):
    """The committed run as a clone has it: every verb that reads a run can read it, and it gives what is committed beside it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.run_path = shutil.copytree(ROOT / "results" / "reference", self.root / "results" / "reference")
        for name in ("plots", "claims.csv"):
            (self.root / name).symlink_to(ROOT / name)

    def verb(self, *arguments):
        return subprocess.run([ENCBENCH, *map(str, arguments)], capture_output=True, text=True, check=False,
                              env={**os.environ, "ENCBENCH_ROOT": str(self.root), "ENCBENCH_PYTHON": sys.executable})

    def test_gives_what_is_committed(self):
        done = self.verb("analyse", self.run_path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for path in sorted((ROOT / "results" / "reference").glob("*.csv")):
            self.assertTrue((self.run_path / path.name).read_bytes() == path.read_bytes(), f"{path.name}: analyse makes another" + HOW)
        shutil.rmtree(self.run_path / "appendix")
        shutil.copytree(ROOT / "results" / "intel-vm", self.root / "results" / "intel-vm")
        done = subprocess.run([sys.executable, "-B", str(ROOT / "plots" / "report.py"), str(self.run_path), "--output", str(self.root / "REPORT.md"),
                               "--beside", str(self.root / "results" / "intel-vm")], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.skip_report_of_another_run()
        for path in sorted((ROOT / "results" / "reference" / "appendix").iterdir()):
            self.assertTrue((self.run_path / "appendix" / path.name).read_bytes() == path.read_bytes(), f"{path.name}: report makes another")
        self.assertTrue((self.root / "REPORT.md").read_bytes() == (ROOT / "REPORT.md").read_bytes(), "REPORT.md: report makes another")
        text = (ROOT / "REPORT.md").read_bytes()
        self.assertLessEqual((len(text), text.count(b"\n")), (30_000, 400), "REPORT.md is to be read to the end")
        self.assertLessEqual(text.count(b"\n"), 400)

    def test_first_screen_is_its_own(self):
        done = self.verb("report", self.run_path, "--output", self.root / "REPORT.md")
        self.assertEqual(done.returncode, 0, done.stderr)
        screen = re.search(r"^    field .*?(?=^    report )", (ROOT / "README.md").read_text(), re.M | re.S)[0]
        said = [line.split() for line in done.stdout.splitlines()]
        for line in screen.splitlines():
            self.assertIn(line.split(), said, "README.md: the committed run gives another first screen")

    def skip_report_of_another_run(self):
        """People run `report` before the tests: it replaces REPORT.md by theirs. A committed one must be the reference's."""
        path = ROOT / "REPORT.md"
        if path.exists() and "(results/reference/" in path.read_text(encoding="utf-8"):
            return
        with contextlib.suppress(OSError):
            if subprocess.run(["git", "-C", str(ROOT), "diff", "--quiet", "HEAD", "--", "REPORT.md"], capture_output=True, check=False).returncode == 0:
                return
        self.skipTest("REPORT.md is not of results/reference; `./encbench report results/reference --beside results/intel-vm` makes that again")

    def test_calibration_that_contradicts_itself_begins_no_run(self):
        """A run would copy it and be refused in the end, when all is measured."""
        fingerprint = re.search(r" fingerprint +(\S+)", self.verb("doctor").stdout)[1]
        calibration = self.root / "results" / "calibration" / fingerprint / "calibration.csv"
        calibration.parent.mkdir(parents=True)
        lines = (self.run_path / "calibration.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        for damaged in (False, True):
            cells = lines[1].split(",")
            cells[11] = "99" if damaged else cells[11]
            calibration.write_text("".join([lines[0], ",".join(cells), *lines[2:]]), encoding="utf-8")
            done = self.verb("run", "--profile", "smoke", "--dry-run", "--workloads", "get_put")
            self.assertEqual(done.returncode, 2 if damaged else 0, done.stderr)
        self.assertIn(f'{calibration}:2: column value is "99"', done.stderr)

    def test_is_what_explain_finds(self):
        done = self.verb("explain", "4d")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("4d", done.stdout)

    def test_of_another_schema_says_which(self):
        run = self.run_path / "run.csv"
        run.write_text(re.sub(r"^schema_version,.*", "schema_version,1", run.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
        (self.run_path / "machine.csv").write_text("key\n", encoding="utf-8")  # as another schema may have it: not the first thing to be said
        for arguments in (("explain", "4d"), ("plot", "--terminal", self.run_path)):
            done = self.verb(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"reference/run\.csv: .*schema_version")
            self.assertNotIn("machine.csv", done.stderr)


if __name__ == "__main__":
    unittest.main()
