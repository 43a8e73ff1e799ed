#!/usr/bin/env python3
"""`compare` on altered copies of the golden run: what is the same agrees, what was changed is found with its size, what does not mean the
same is left out with the reason, and bad input leaves nothing behind: compare_test.py ENCBENCH"""

import csv
import math
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plots"), str(ROOT / "tests" / "plots")]

import rundir  # noqa: E402
from markup import EVIL, live, spans  # noqa: E402

GOLDEN = ROOT / "tests" / "golden" / "run"
ENCBENCH = sys.argv.pop(1) if len(sys.argv) > 1 else sys.exit("usage: compare_test.py ENCBENCH")
TABLES = ("runs", "facts", "verdicts", "effects", "replicates", "changes", "groups", "metrics", "counts")
CONTRAST, WORKLOAD = "pool_main", "to_string_1k"  # the effect that the tests change; parts 5a and the like rest on it
CONFIDENCE = 0.99


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def edit(directory, table, change):
    """Every row through `change`, which alters it in place; False drops it."""
    if table != "run" and (directory / "run.csv").exists():  # as if it had been measured so
        edit(directory, "run", lambda row: row["key"] != f"{table}_crc32")
    path = directory / f"{table}.csv"
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names, rows = reader.fieldnames, list(reader)
    rows = [row for row in rows if change(row) is not False]
    path.write_text("".join(",".join(row) + "\n" for row in [names, *([row[name] for name in names] for row in rows)]), newline="\n")


def make_distinct(directory, copies=iter(range(1, 10 ** 6))):
    """The same figures in another order: a copy of the very bytes is refused."""
    edit(directory, "contrasts", lambda row: None)
    path = directory / "contrasts.csv"
    header, *rows = path.read_text(encoding="utf-8").splitlines(keepends=True)
    turn = next(copies) % len(rows)
    path.write_text("".join([header, *rows[turn:], *rows[:turn]]), encoding="utf-8", newline="\n")
    return directory


def set_fact(directory, table, key, **cells):
    edit(directory, table, lambda row: row.update(cells) if row["key"] == key else None)


def append(directory, table, line):
    edit(directory, table, lambda row: None)
    with open(directory / f"{table}.csv", "a", encoding="utf-8") as file:
        file.write(line + "\n")


def put_machine_fact(directory, key, value, status):
    edit(directory, "machine", lambda row: row["key"] != key)
    append(directory, "machine", f"{key},{value},{status},")


def golden_fact(table, key):
    return next(row["value"] for row in read(GOLDEN / f"{table}.csv") if row["key"] == key)


def is_effect(row, contrast=CONTRAST, workload=WORKLOAD):
    return (row["contrast"], row["workload"]) == (contrast, workload)


def turn_pool(directory):
    """The arms of the panel that pool and those that do not change places, with all that follows from it in both tables."""
    figures = ("difference_ns", "log_ratio", "plain_mean_ns", "plain_mean_log_ratio")
    times = ("time_ns_per_op", "plain_mean_ns_per_op")
    other = {f"{field}+{pool}": f"{field}+{turned}" for field in ("null", "removed") for pool, turned in (("none", "thread"), ("thread", "none"))}
    swapped = {"field_at_thread": "field_at_none", "field_at_none": "field_at_thread"}

    def here(row):
        return (row["panel"], row["workload"]) == ("field", WORKLOAD)
    arms = {(row["process"], row["arm"]): [float(row[name]) for name in times] for row in read(directory / "processes.csv") if here(row)}
    found = {(row["process"], row["contrast"]): row for row in read(directory / "contrasts.csv") if here(row)}

    def turn_arm(row):
        if here(row) and row["role"] != "clock":
            without, within = (arms[row["process"], arm] for arm in ("null+none", "null+thread"))
            row.update({name: repr(arms[row["process"], other[row["arm"]]][i] if row["arm"] in other
                                   else float(row[name]) + without[i] - within[i]) for i, name in enumerate(times)})

    def turn_contrast(row):
        if here(row) and row["contrast"] in swapped:
            row.update({name: found[row["process"], swapped[row["contrast"]]][name] for name in figures})
        elif here(row) and row["contrast"] in ("pool_main", "pool_at_null", "pool_at_removed", "field_by_pool"):
            row.update({name: repr(-float(row[name])) for name in figures})
    edit(directory, "processes", turn_arm)
    edit(directory, "contrasts", turn_contrast)


def shift(directory, amount, contrast=CONTRAST):
    def change(row):
        if is_effect(row, contrast):
            row["log_ratio"] = repr(float(row["log_ratio"]) + amount)
    edit(directory, "contrasts", change)


def log_ratios(directory, effect):
    return [float(row["log_ratio"]) for row in read(directory / "contrasts.csv")
            if all(row[key] == effect[key] for key in ("panel", "contrast", "workload"))]


def signed_rank_order(n, alpha):
    """Largest k with 2 P(T < k) <= alpha, by counting the patterns of n signs."""
    ways = [1]
    for rank in range(1, n + 1):
        ways = [(ways[t] if t < len(ways) else 0) + (ways[t - rank] if t >= rank else 0) for t in range(len(ways) + rank)]
    below, k = 0, 0
    while 2 * (below + ways[k]) <= alpha * 2 ** n:
        below += ways[k]
        k += 1
    return k


def centre(values):
    """Hodges-Lehmann estimate and the ends of its interval."""
    walsh = sorted((values[i] + values[j]) / 2 for i in range(len(values)) for j in range(i, len(values)))
    order = signed_rank_order(len(values), 1 - CONFIDENCE)
    return (walsh[(len(walsh) - 1) // 2] + walsh[len(walsh) // 2]) / 2, walsh[order - 1], walsh[-order]


def percent(log):
    return 100 * math.expm1(log)


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def copy(self, name, states=False):
        """Without `states` no block is known to have had the core to itself: then all count."""
        run = make_distinct(Path(shutil.copytree(GOLDEN, self.folder / name)))
        if not states:
            edit(run, "processes", lambda row: row.update(blocks_quiet="0", blocks_shared="0"))
            edit(run, "state_contrasts", lambda row: False)
        return run

    def elsewhere(self, name):
        """A copy as if from another machine."""
        run = self.copy(name)
        set_fact(run, "machine", "fingerprint", value="0badcafe")
        return run

    def run_verb(self, *arguments):
        return subprocess.run([ENCBENCH, "compare", *map(str, arguments)], capture_output=True, text=True, check=False, cwd=self.folder)

    def compare(self, *runs, out="out"):
        """Its tables by name, COMPARE.md as `text`, standard output as `said`."""
        done = self.run_verb(*runs, "--out", out)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.said = done.stdout
        self.out = self.folder / out
        self.text = (self.out / "COMPARE.md").read_text(encoding="utf-8")
        for name in TABLES:
            setattr(self, name, read(self.out / f"compare_{name}.csv"))

    def count(self, what):
        return next(int(row["count"]) for row in self.counts if row["what"] == what)

    def change_counts(self):
        """Changed, differing between runs, no more than replicates, twins of the first two."""
        return tuple(self.count(what) for what in (
            "effects changed beyond what replicates differ by", "effects that differ between runs without replicates",
            "effects that differ no more than replicates", "twins that changed or differ"))

    def open_changes(self):
        """Contrasts of the table that is not folded."""
        return re.findall(r"^\| `(\w+)`", self.text.split("What changed, differs or has opposite directions")[1].split("<details>")[0], re.M)

    def change(self, contrast=CONTRAST, group="B"):
        return next(row for row in self.changes if is_effect(row, contrast) and row["group"] == group)

    def replicate(self, group="A", contrast=CONTRAST):
        return next(row for row in self.replicates if is_effect(row, contrast) and row["group"] == group)

    def effect(self, run, contrast=CONTRAST, workload=WORKLOAD):
        return next(row for row in self.effects if is_effect(row, contrast, workload) and row["run"] == str(run))

    def verdict(self, claim, part, run=1):
        return next(row for row in self.verdicts if (row["claim"], row["part"], row["run"]) == (claim, part, str(run)))

    # What is the same.

    def test_copies_agree(self):
        self.compare(self.copy("one"), self.elsewhere("two"))
        effects = [row for row in read(GOLDEN / "effects.csv") if row["scale"] == "relative"]
        parts = [row for row in read(GOLDEN / "verdicts.csv") if row["part"] != "all"]
        plain = [row for row in effects if row["kind"] not in ("twin", "planted")]
        twins = [row for row in effects if row["kind"] == "twin"]
        decided = [row for row in parts if row["verdict"] in ("confirmed", "refuted")]
        shown = [row for row in plain if row["words"] in ("faster by", "slower by", "interaction shown")]
        self.assertTrue(plain and twins and decided and shown and len(decided) < len(parts) and len(shown) < len(plain))
        self.assertEqual({row["what"]: int(row["count"]) for row in self.counts}, {
            "parts of claims in common": len(parts), "parts decided the same by all": len(decided),
            "parts decided by none": len(parts) - len(decided), "parts confirmed by one and refuted by another": 0,
            "parts that runs of one group decide otherwise": 0, "effects in common": len(plain), "effects shown in the same direction by all": len(shown),
            "effects shown in opposite directions": 0, "changes of an effect with an interval": len(plain),
            "effects changed beyond what replicates differ by": 0, "effects that differ between runs without replicates": 0,
            "effects that differ no more than replicates": 0, "changes of a twin with an interval": len(twins),
            "twins that changed or differ": 0,
            "exact figures in common": len(read(GOLDEN / "metrics.csv")), "exact figures that differ": 0})
        self.assertEqual([(row["change_percent"], row["change"], row["base"], row["group"]) for row in self.changes],
                         [("0", "no", "A", "B")] * len(effects))
        self.assertEqual((self.replicates, {row["pairs"] for row in self.groups}), ([], {"0"}))
        self.assertEqual({row["key"] for row in self.facts if row["differs"] == "yes"}, {"fingerprint"})
        self.assertEqual(self.metrics, [])
        for words in ("Nothing that is known about machine and build differs.", "No change is seen.",
                      "All that the runs have in common are the same.", "figures/compare.png"):
            self.assertIn(words, self.text)
        self.assertNotIn("What cannot be compared", self.text)

    def test_copies_of_one_machine_are_replicates(self):
        runs = [self.copy(name) for name in ("one", "two", "three")]
        edit(runs[2], "run", lambda row: row["key"] != "module:direct.o_sha256")  # what one lacks says nothing against it
        self.compare(*runs)
        self.assertEqual([row["group"] for row in self.runs], ["A", "A", "A"])
        plain = [row for row in read(GOLDEN / "effects.csv") if row["scale"] == "relative" and row["kind"] not in ("twin", "planted")]
        self.assertEqual([(row["group"], row["runs"], row["base"], row["pairs"], row["apart"], row["apart_percent"]) for row in self.groups],
                         [("A", "1 2 3", "yes", str(3 * len(plain)), "0", "0")])
        self.assertEqual(self.changes, [])
        self.assertEqual({(row["pairs"], row["apart"], row["largest_percent"]) for row in self.replicates}, {("3", "0", "0")})
        self.assertIn("All runs are of one machine and one build", " ".join(self.text.split()))
        for words in ("One run of a machine", "What changed", "Change:"):
            self.assertNotIn(words, self.text)

    def test_blocks_that_shared_the_core_are_left_out(self):
        """Half of the blocks of one run are shared, and in those the effect is another: over all blocks the two are apart, in quiet ones
        they are not. With quiet blocks in too few processes nothing is said."""
        one, other = self.copy("one"), self.copy("other")
        turn_pool(one), turn_pool(other)
        ids = [row["process"] for row in read(one / "contrasts.csv") if is_effect(row)]
        self.assertGreater(len(ids), 10)

        def halve(row):
            if row["process"] in ids:
                row.update(blocks_quiet=str(int(row["blocks_kept"]) // 2), blocks_shared=str(int(row["blocks_kept"]) // 2))
        for run in (one, other):
            whole = {row["process"]: row for row in read(run / "contrasts.csv") if is_effect(row)}
            edit(run, "processes", halve)
            edit(run, "state_contrasts", lambda row: not is_effect(row))
            for process, row in whole.items():
                for state, more in (("quiet", 0), ("shared", 0.1)):
                    append(run, "state_contrasts", f"{process},{row['panel']},{WORKLOAD},{CONTRAST},{state},{row['difference_ns']},"
                                                   f"{float(row['log_ratio']) + more!r},{int(row['blocks_kept']) // 2}")
        shift(other, 0.05)
        self.compare(one, other)
        self.assertEqual((self.replicate()["apart"], self.replicate()["largest_percent"]), ("0", "0"))
        for run in (one, other):
            edit(run, "state_contrasts", lambda row: not is_effect(row) or row["state"] == "shared" or row["process"] in ids[:5])
        self.compare(one, other, out="few")
        self.assertFalse([row for row in self.replicates if is_effect(row)])
        for run in (one, other):
            edit(run, "processes", lambda row: row.update(blocks_quiet="0", blocks_shared="0"))
            edit(run, "state_contrasts", lambda row: False)
        self.compare(one, other, out="all")
        self.assertEqual(self.replicate()["apart"], "1")
        self.assertAlmostEqual(float(self.replicate()["largest_percent"]), percent(0.05), places=9)

    def test_what_makes_a_group(self):
        """Fingerprint and the objects that both have; a group keeps its letter wherever its runs stand."""
        one, other, objects, last = self.copy("one"), self.elsewhere("other"), self.copy("objects"), self.elsewhere("last")
        set_fact(objects, "run", "module:direct.o_sha256", value="1")
        self.compare(one, other, objects, last)
        self.assertEqual([row["group"] for row in self.runs], ["A", "B", "C", "B"])
        self.assertEqual([(row["group"], row["runs"]) for row in self.groups], [("A", "1"), ("B", "2 4"), ("C", "3")])
        for run in (one, other):
            set_fact(run, "machine", "fingerprint", value="")
        self.compare(one, other, out="unknown")
        self.assertEqual([row["group"] for row in self.runs], ["A", "B"])

    def replicated(self, first, second):
        """Runs of two machines with the effect moved by so many log percent each."""
        runs = [self.copy(f"a{number}") for number in range(len(first))] + [self.elsewhere(f"b{number}") for number in range(len(second))]
        for run, amount in zip(runs, (*first, *second)):
            turn_pool(run)  # an effect above 0, and so above it wherever it is moved: below it would contradict its arms
            shift(run, amount / 100)
        self.compare(*runs, out=f"out_{len(list(self.folder.iterdir()))}")
        for run in runs:
            shutil.rmtree(run)
        return self.change()

    def test_clear_change_over_replicates(self):
        row = self.replicated((0, 1), (4, 5.5))
        self.assertEqual((row["change"], row["pairs"]), ("changed", "4"))
        for name, expected in (("across_percent", 3), ("within_percent", 1.5), ("change_percent", 4.25)):
            self.assertAlmostEqual(float(row[name]), percent(expected / 100), places=9)
        self.assertTrue(2 < float(row["change_low_percent"]) < percent(0.03) and percent(0.055) < float(row["change_high_percent"]) < 7)
        self.assertEqual(self.change_counts(), (1, 0, 0, 0))
        self.assertEqual(self.open_changes(), [CONTRAST])
        self.assertRegex(self.text, r"\*\*[^|*]+\*\* changed")
        self.assertNotIn("One run of a machine", self.text)
        self.assertIn("about one in eleven", " ".join(self.text.split()))
        self.assertEqual([(row["group"], row["pairs"] != "0", row["apart"]) for row in self.groups], [("A", True, "1"), ("B", True, "1")])
        self.assertEqual([self.replicate(group)[name] for group in "AB" for name in ("smallest_run", "largest_run", "apart")],
                         ["1", "2", "1", "3", "4", "1"])
        self.assertAlmostEqual(float(self.replicate("B")["largest_percent"]), percent(0.015), places=9)

    def test_replicates_that_differ_as_much(self):
        """Every pair across is apart, but runs of one group are so as well; of whichever group."""
        for first, second in (((0, 3.5), (6, 6.5)), ((6, 6.5), (0, 3.5)), ((0, 0.5), (3, 7)), ((3, 7), (0, 0.5))):
            self.assertEqual(self.replicated(first, second)["change"], "no more than replicates")
            self.assertEqual(self.change_counts(), (0, 0, 1, 0))
            self.assertIn("No change is seen.", self.text)

    def test_every_pair_must_be_apart(self):
        """One pair whose interval holds 0, or two that are apart in opposite directions."""
        for first, second in (((0, 0.01), (0.05, 0.06)), ((0, 3), (3, 6)), ((0, 6), (3, 3.1))):
            self.assertEqual(self.replicated(first, second)["change"], "no")
        self.assertEqual(self.change_counts(), (0, 0, 0, 0))

    def test_single_runs_differ_only(self):
        for first, second in (((0,), (4,)), ((0, 1), (4,)), ((0,), (4, 5))):
            row = self.replicated(first, second)
            self.assertEqual((row["change"], row["within_percent"] != ""), ("differs between the runs", len(first + second) > 2))
            self.assertEqual(self.change_counts(), (0, 1, 0, 0))
            top = " ".join(self.text.split("- **Verdicts")[0].split())
            self.assertIn("One run of a machine cannot tell the machine from the hour.", top)
            self.assertIn("then `compare` them all", top)
        self.assertEqual(self.replicated((0, 3), (4,))["change"], "no more than replicates")

    def test_replicates_decide_otherwise(self):
        runs = self.copy("a1"), self.copy("a2"), self.elsewhere("b1")

        def decide(run, part, verdict):
            edit(run, "verdicts", lambda row: row.update(verdict=verdict) if (row["claim"], row["part"]) == ("4", part) else None)
        for run, verdicts in zip(runs, (("confirmed", "confirmed", "confirmed"), ("not resolvable here", "refuted", "confirmed"),
                                        ("confirmed", "confirmed", "not resolvable here"))):
            for part, verdict in zip("abc", verdicts):
                decide(run, part, verdict)
        self.compare(*runs)
        self.assertEqual([self.verdict("4", part)["agreement"] for part in "abc"],
                         ["runs of a group disagree", "contradict", "some undecided"])
        self.assertEqual(self.count("parts that runs of one group decide otherwise"), 1)
        self.assertRegex(self.text, r"confirmed \(run 1\); refuted \(run 2\) +\| confirmed.* \| \*\*contradict\*\*")

    def test_figures_are_ratios_of_each_run(self):
        self.compare(self.copy("one"), self.copy("two"))
        own = {(row["panel"], row["contrast"], row["workload"]): row for row in read(GOLDEN / "effects.csv") if row["scale"] == "relative"}
        self.assertEqual(len(self.effects), 2 * len(own))
        for row in self.effects:
            effect = own[row["panel"], row["contrast"], row["workload"]]
            self.assertEqual([row[name] for name in ("estimate_percent", "ci_low_percent", "ci_high_percent", "words")],
                             [effect[name] for name in ("estimate", "ci_low", "ci_high", "words")])
        self.assertFalse([name for name in self.effects[0] if name.endswith("_ns")])

    def test_same_files_same_bytes(self):
        runs = self.copy("one"), self.copy("two")
        shift(runs[1], 0.01)
        self.compare(*runs, out="first")
        self.compare(*runs, out="second")
        files = sorted(path.relative_to(self.folder / "first") for path in (self.folder / "first").rglob("*") if path.is_file())
        self.assertEqual(len(files), len(TABLES) + 3)
        for file in files:
            self.assertEqual((self.folder / "first" / file).read_bytes(), (self.folder / "second" / file).read_bytes(), file)

    # What was changed.

    def test_planted_change_is_found_with_its_size(self):
        one, two = self.copy("one"), self.elsewhere("two")
        shift(two, math.log(1.02))
        self.compare(one, two)
        row = self.change()
        self.assertAlmostEqual(float(row["change_percent"]), 2, places=9)
        self.assertEqual((row["change"], row["change_confidence"]), ("differs between the runs", str(CONFIDENCE)))
        self.assertTrue(1.5 < float(row["change_low_percent"]) < 2 < float(row["change_high_percent"]) < 2.5)
        self.assertEqual({other["change_percent"] for other in self.changes if other is not row}, {"0"})
        self.assertEqual(self.change_counts(), (0, 1, 0, 0))
        self.assertEqual(self.open_changes(), [CONTRAST])
        self.compare(two, one, out="back")
        self.assertAlmostEqual(float(self.change()["change_percent"]), 100 * (1 / 1.02 - 1), places=9)

    def test_void_processes_say_nothing(self):
        """One void arm voids the process, as analyse has it."""
        one, two = self.copy("one"), self.elsewhere("two")
        shift(two, 0.02)
        bad = next(row["process"] for row in read(two / "contrasts.csv") if is_effect(row))
        edit(two, "contrasts", lambda row: row.update(log_ratio="40") if row["process"] == bad and is_effect(row) else None)
        first = iter((True,))
        edit(two, "processes", lambda row: row.update(status="void", reason="made so") if row["process"] == bad and next(first, False) else None)
        self.compare(one, two)
        row = self.change()
        used = [float(row["log_ratio"]) for row in read(two / "contrasts.csv") if is_effect(row) and row["process"] != bad]
        estimate = centre(used)[0] - centre([float(row["log_ratio"]) for row in read(one / "contrasts.csv") if is_effect(row)])[0]
        self.assertAlmostEqual(float(row["change_percent"]), percent(estimate), places=9)

    def test_what_changed_comes_first_and_the_largest_first(self):
        one, two = self.copy("one"), self.elsewhere("two")
        for contrast, size in (("pool_at_null", -0.02), ("pool_at_removed", -0.05), (CONTRAST, -0.03)):
            shift(two, size, contrast)
        self.compare(one, two)
        self.assertEqual(self.open_changes(), ["pool_at_removed", CONTRAST, "pool_at_null"])
        third, fourth = (make_distinct(shutil.copytree(run, self.folder / f"again_{run.name}")) for run in (one, two))
        for run in (third, fourth):  # that one has no replicates
            edit(run, "effects", lambda row: not is_effect(row, "pool_at_removed"))
        self.compare(one, two, third, fourth, out="four")
        self.assertEqual(self.open_changes(), [CONTRAST, "pool_at_null", "pool_at_removed"])
        self.assertEqual(self.change("pool_at_removed")["reason"], "run 3 has not measured it; run 4 has not measured it")

    def test_changed_twin_is_counted_apart(self):
        one, two = self.copy("one"), self.elsewhere("two")
        shift(two, 0.02, "twin_thread_field")
        shift(two, 0.02, "planted_field")
        self.compare(one, two)
        self.assertEqual(self.change_counts(), (0, 0, 0, 1))
        self.assertIn("No change is seen.", self.text)
        set_fact(two, "machine", "fingerprint", value=golden_fact("machine", "fingerprint"))
        self.compare(one, two, out="replicates")
        self.assertEqual({row["apart"] for row in self.groups}, {"0"})
        self.assertEqual(sum(row["apart"] == "1" for row in self.replicates), 2)

    def test_intervals_by_the_arithmetic(self):
        """Estimates, signed-rank intervals and MOVER done again from contrasts.csv, other counts and spreads in either run."""
        one, two = self.copy("one"), self.elsewhere("two")
        edit(two, "contrasts", lambda row: row.update(log_ratio=repr(1.5 * float(row["log_ratio"]) + int(row["process"]) * 1e-4)))
        edit(two, "contrasts", lambda row: int(row["process"]) // 10 % 5 != 0)
        self.compare(one, two)
        checked = set()
        for row in self.changes:
            first, second = log_ratios(one, row), log_ratios(two, row)
            (x, x_low, x_high), (y, y_low, y_high) = centre(first), centre(second)
            low, high = y - x - math.hypot(y - y_low, x_high - x), y - x + math.hypot(y_high - y, x - x_low)
            for name, value in (("change_percent", y - x), ("change_low_percent", low), ("change_high_percent", high),
                                ("across_percent", abs(y - x))):
                self.assertTrue(math.isclose(float(row[name]), percent(value), rel_tol=1e-8, abs_tol=1e-11), (row["contrast"], name))
            self.assertEqual(row["change"], "differs between the runs" if low > 0 or high < 0 else "no")
            checked.add((len(first), len(second), row["change"]))
        self.assertTrue(any(first != second for first, second, _ in checked) and len({change for *_, change in checked}) == 2)

    def test_opposite_directions(self):
        one, two = self.copy("one"), self.copy("two")
        turn_pool(two)
        done = subprocess.run([ENCBENCH, "analyse", two], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.compare(one, two)
        self.assertEqual((self.effect(1)["words"], self.effect(2)["words"]), ("faster by", "slower by"))
        self.assertEqual({self.effect(run)["agreement"] for run in (1, 2)}, {"opposite directions"})
        self.assertEqual(self.count("effects shown in opposite directions"), 4)  # pooling with either field, its mean, and what they differ by
        self.assertIn("**opposite directions**", self.text)
        contradicted = [row for row in self.verdicts if row["agreement"] == "contradict"]
        self.assertEqual({row["part"] for row in contradicted} - {"all"}, {"a"})
        self.assertEqual([row["verdict"] for row in contradicted[:2]], ["confirmed", "refuted"])
        self.assertEqual(self.count("parts confirmed by one and refuted by another"), 1)
        self.assertIn("**contradict**", self.text)

    def test_shown_in_some(self):
        one, two = self.copy("one"), self.copy("two")
        edit(two, "effects", lambda row: row.update(words="no difference shown") if is_effect(row) else None)
        self.compare(one, two)
        self.assertEqual({self.effect(run)["agreement"] for run in (1, 2)}, {"shown in some"})
        shown = sum(row["agreement"] == "same direction" for row in self.effects if row["run"] == "1"
                    and row["kind"] not in ("twin", "planted"))
        self.assertEqual(self.count("effects shown in the same direction by all"), shown)
        self.assertEqual({row["agreement"] for row in self.effects if row["kind"] == "twin"}, {"shown in none"})

    def test_interactions_have_the_direction_of_their_estimate(self):
        one, two = self.copy("one"), self.copy("two")
        edit(two, "effects", lambda row: row.update(estimate=repr(-float(row["estimate"]))) if row["kind"] == "interaction" else None)
        self.compare(one, two)
        self.assertEqual({row["words"]: row["agreement"] for row in self.effects if row["kind"] == "interaction"},
                         {"interaction shown": "opposite directions", "no difference shown": "shown in none"})

    def test_verdicts_of_three(self):
        """Agreement is of all that have the part: undecided in one, missing in one."""
        runs = [self.copy("one"), self.elsewhere("two"), self.copy("three")]

        def undecided(row):
            if (row["claim"], row["part"]) == ("4", "a"):
                row["verdict"] = "not resolvable here"
        edit(runs[1], "verdicts", undecided)
        edit(runs[2], "verdicts", lambda row: (row["claim"], row["part"]) != ("4", "b"))
        for run in runs[1:]:
            edit(run, "verdicts", lambda row: (row["claim"], row["part"]) != ("4", "c"))
        self.compare(*runs)
        self.assertEqual(self.verdict("4", "a")["agreement"], "some undecided")
        self.assertEqual((self.verdict("4", "b")["agreement"], self.verdict("4", "b", 3)["verdict"]), ("agree", ""))
        self.assertEqual((self.verdict("4", "c")["agreement"], self.verdict("4", "c")["reason"]), ("not comparable", "only run 1 has it"))

    # What does not mean the same.

    def test_other_region_is_not_comparable(self):
        one, two = self.copy("one"), self.copy("two")

        def move(row):
            if (row["claim"], row["part"]) == ("4", "a"):
                row["region_high"] = "77"
            if (row["claim"], row["part"]) == ("4", "b"):
                row["statement"] = "said otherwise"
        edit(two, "claims", move)
        self.compare(one, two)
        region = next(row["region_high"] for row in read(one / "claims.csv") if (row["claim"], row["part"]) == ("4", "a"))
        why = f"the part's region_high is {region} in run 1 and 77 in run 2"
        for part in ("a", "all"):
            self.assertEqual((self.verdict("4", part)["agreement"], self.verdict("4", part)["reason"]), ("not comparable", why))
        self.assertEqual(self.verdict("4", "b")["agreement"], "agree")
        self.assertEqual({row["claim"] for row in self.verdicts if row["agreement"] == "not comparable"}, {"4"})
        self.assertRegex(self.text.split("## What cannot be compared")[1], r"\| 1 +\| parts of claims +\| 4a +\| " + re.escape(why))

    def test_more_conditions_are_not_comparable(self):
        one, two = self.copy("one"), self.copy("two")
        line = next(line for line in (two / "claims.csv").read_text().splitlines() if line.startswith("4,a,1,"))
        append(two, "claims", line.replace("4,a,1,", "4,a,2,"))
        self.compare(one, two)
        self.assertEqual(self.verdict("4", "a")["reason"], "the number of its conditions is smaller in run 1 and larger in run 2")

    def test_other_variants_and_workloads_are_not_comparable(self):
        one, two = self.copy("one"), self.elsewhere("two")

        def level(row):
            if (row["variant"], row["axis"]) == ("direct", "pool"):
                row["level"] = "elsewhere"
        edit(two, "variants", level)
        edit(two, "workloads", lambda row: row.update(name="get_put:size=1") if row["workload"] == "get_put" else None)

        def contender(row):
            if is_effect(row, "pool_at_null"):
                row["contender"] = "packed+thread"
        edit(two, "effects", contender)
        self.compare(one, two)
        name = next(row["name"] for row in read(GOLDEN / "workloads.csv") if row["workload"] == "get_put")
        reasons = {row["contrast"]: row["reason"] for row in self.effects if row["agreement"] == "not comparable"
                   and row["workload"] == WORKLOAD}
        self.assertEqual(set(reasons), {"direct_against_pooled", "pool_at_null"})
        self.assertRegex(reasons["direct_against_pooled"], r"^variant direct is .*pool=direct.* in run 1 and .*pool=elsewhere.* in run 2$")
        self.assertEqual(reasons["pool_at_null"], "its contender is null+thread in run 1 and packed+thread in run 2")
        self.assertEqual({(row["agreement"], row["reason"]) for row in self.effects if row["workload"] == "get_put"},
                         {("not comparable", f"workload get_put is {name} in run 1 and get_put:size=1 in run 2")})
        left_out = {(row["contrast"], row["workload"]): row["reason"] for row in self.effects if row["agreement"] == "not comparable"}
        self.assertEqual({(row["contrast"], row["workload"]): row["reason"] for row in self.changes if row["change"] == ""}, left_out)

    def test_what_a_run_does_not_say(self):
        """Not measured, a single layout, not resolvable: no change, and no direction."""
        one, two = self.copy("one"), self.elsewhere("two")
        edit(two, "effects", lambda row: not is_effect(row))

        def silent(row):
            for contrast, words in (("pool_at_null", "single layout"), ("pool_at_removed", "not resolvable here")):
                if is_effect(row, contrast):
                    row["words"] = words
        edit(two, "effects", silent)
        third = self.copy("three")
        self.compare(one, two)
        for contrast, why in ((CONTRAST, "has not measured it"), ("pool_at_null", "has it in a single layout"),
                              ("pool_at_removed", "cannot resolve it")):
            row = self.effect(2, contrast)
            self.assertEqual((row["agreement"], row["reason"]), ("not comparable", f"run 2 {why}"))
            self.assertEqual((self.change(contrast)["change"], self.change(contrast)["reason"]), ("", f"run 2 {why}"))
        self.compare(one, two, third, out="three_runs")
        self.assertEqual((self.effect(3)["agreement"], self.effect(3)["reason"]), ("same direction", ""))
        self.assertEqual((self.change()["pairs"], self.change()["reason"]), ("0", "run 2 has not measured it"))
        self.assertEqual((self.replicate()["pairs"], self.replicate()["apart"]), ("1", "0"))

    def test_too_few_processes_for_an_interval(self):
        one, two = self.copy("one"), self.elsewhere("two")
        processes = [row["process"] for row in read(two / "contrasts.csv") if is_effect(row)]
        edit(two, "contrasts", lambda row: not is_effect(row) or row["process"] == processes[0])
        self.compare(one, two)
        row = self.change()
        self.assertEqual([row[name] for name in ("pairs", "change_percent", "change", "reason")],
                         ["0", "", "", "run 2 has no interval from 1 process"])
        edit(two, "effects", lambda row: row.update(words="slower by") if is_effect(row) else None)
        self.compare(one, two, out="opposed")
        self.assertEqual(self.effect(2)["agreement"], "opposite directions")
        self.assertEqual(self.open_changes(), [CONTRAST])

    def test_what_nobody_resolves_is_no_agreement(self):
        """Neither that the runs decide alike nor that nothing changed, where none decides and none says how large an effect is."""
        one, two = self.copy("one"), self.elsewhere("two")
        for run in (one, two):
            edit(run, "effects", lambda row: row.update(words="not resolvable here"))
            edit(run, "verdicts", lambda row: row.update(verdict="not resolvable here"))
        self.compare(one, two)
        for words in ("No change is seen.", "No run decides a part otherwise", "what one decides all decide"):
            self.assertNotIn(words, self.text)
        self.assertIn("No run decides any of the parts that they have in common.", self.text)
        self.assertIn("No effect can be compared.", self.text)
        one, two = self.copy("many"), self.elsewhere("few")
        first = {}
        edit(two, "contrasts", lambda row: first.setdefault((row["panel"], row["workload"]), row["process"]) == row["process"])
        self.compare(one, two, out="few_out")
        self.assertNotIn("No change is seen.", self.text)
        self.assertIn("No effect has an interval in runs of two groups: of changes nothing is said.", self.text)

    def test_invalid_run_is_compared_in_exact_figures_only(self):
        for name, spoil in (("control", lambda run: edit(run, "controls", lambda row: row.update(status="failed", blinds="run")
                                                         if row["control"] == "cells" else None)),
                            ("incomplete", lambda run: set_fact(run, "run", "complete", value="no")),
                            ("edited", lambda run: append(run, "controls", "raw_files,run,as measured,1,,,failed,edited since and accepted: all,nothing"))):
            one, two, three = self.copy(f"{name}_one"), self.elsewhere(f"{name}_two"), self.copy(f"{name}_three")
            spoil(one)
            self.compare(one, two, out=f"{name}_out")
            self.assertEqual([(row["valid"], row["group"]) for row in self.runs], [("no", "A"), ("yes", "B")])
            self.assertEqual([row["base"] for row in self.groups], ["no", "yes"])
            self.assertRegex(self.runs[0]["reason"], "^control cells failed on run$|^it is not complete$|^its raw files were edited since and accepted: all$")
            self.assertEqual({row["change"] for row in self.changes}, {""})
            self.assertEqual({(row["agreement"], row["reason"]) for row in self.effects}, {("not comparable", "run 1 is not valid")})
            self.assertEqual(self.count("exact figures in common"), len(read(GOLDEN / "metrics.csv")))
            self.assertIn("**Run 1 (", self.text)
            self.assertIn("No effect can be compared.", self.text)
            self.assertFalse((self.out / "figures").exists())
            self.compare(one, two, three, out=f"{name}_all")
            self.assertEqual([(row["base"], row["runs"]) for row in self.groups], [("no", "1 3"), ("yes", "2")])
            self.assertEqual({(row["change"], row["pairs"], row["reason"]) for row in self.changes}, {("no", "1", "run 1 is not valid")})
            self.assertEqual(self.replicates, [])

    def test_planted_leaks_say_nothing_of_times(self):
        one, two = self.copy("one"), self.copy("two")
        edit(one, "controls", lambda row: row.update(status="failed", blinds="heap passes") if row["control"].startswith("leak_") else None)
        self.compare(one, two)
        self.assertEqual([row["valid"] for row in self.runs], ["yes", "yes"])

    def test_other_schema_is_left_out(self):
        old, two, three = (self.copy(name) for name in ("old", "two", "three"))
        set_fact(old, "run", "schema_version", value="1")
        (old / "machine.csv").unlink()
        self.compare(old, two, three)
        self.assertEqual([(row["compared"], row["group"]) for row in self.runs], [("no", ""), ("yes", "A"), ("yes", "A")])
        self.assertRegex(self.runs[0]["reason"], r'^its schema_version is 1; this program reads \d+$')
        for rows in (self.facts, self.effects, self.verdicts):
            self.assertEqual({row["run"] for row in rows}, {"2", "3"})
        self.assertEqual({row["source"] for row in self.facts}, {"machine", "run"})
        self.assertEqual({row["differs"] for row in self.facts}, {"no"})
        self.assertIn("**Run 1 (old) is left out**", self.text)
        day = golden_fact("machine", "date_utc").partition("T")[0]
        self.assertRegex(self.text, rf"\| 1 +\| +\| old +\| +\| quick (.|\n)*\| 2 +\| A +\| two +\| {day} \| quick ")
        self.assertIn("left out old: ", " ".join(self.said.split()))
        self.refused([old, two], r"old: cannot be compared: its schema_version .* fewer than two runs")

    def test_exact_figures(self):
        runs = [self.copy(name) for name in ("one", "two", "three")]

        def more(row):
            if (row["variant"], row["workload"], row["metric"]) == ("null+none", "to_string_1k", "allocations_per_op"):
                row["value"] = str(2 * int(row["value"]))
        edit(runs[1], "metrics", more)
        edit(runs[2], "metrics", lambda row: row["metric"] != "allocated_bytes_per_op")
        for run in runs[1:]:
            edit(run, "metrics", lambda row: row["metric"] != "struct_bytes")
        set_fact(runs[1], "machine", "cpu_model", value="another")
        set_fact(runs[1], "run", "seed", value="99")
        self.compare(*runs)
        differing = [row for row in self.metrics if row["agreement"] == "differ"]
        self.assertEqual([(row["metric"], row["run"]) for row in differing], [("allocations_per_op", run) for run in "123"])
        self.assertEqual(float(differing[1]["value"]), 2 * float(differing[0]["value"]))
        self.assertRegex(self.text, r"\| `allocations_per_op` \| 1 +\| 100 % +\| 0 %")
        reasons = {re.sub("_.*", "", row["metric"]): row["reason"] for row in self.metrics if row["agreement"] == "not comparable"}
        self.assertEqual(reasons["digest"], f"seed is {golden_fact('run', 'seed')} in run 1 and 99 in run 2")
        if any(row["metric"].startswith("instructions") for row in read(GOLDEN / "metrics.csv")):
            self.assertEqual(reasons.pop("instructions"),
                             f"cpu_model is {golden_fact('machine', 'cpu_model')} in run 1 and another in run 2")
        self.assertEqual((reasons.pop("struct"), set(reasons)), ("only run 1 has it", {"digest"}))

    # The machines.

    def facts_by_place(self):
        """Facts that the text shows open, and those that it folds."""
        section = self.text.split("## The runs")[1].split("From [compare_facts.csv]")[0]
        parts = section.partition("<details>")
        return [set(re.findall(r"^\| `([^`]+)`", part, re.M)) for part in (parts[0], parts[2])]

    def test_facts_that_matter_are_not_buried(self):
        one, two = self.copy("one"), self.copy("two")
        for run, percent in ((one, "0.1"), (two, "0.3")):
            put_machine_fact(run, "steal_since_boot_percent", percent, "ok")
            put_machine_fact(run, "cpu_pressure_10_s_percent", percent, "ok")
        edit(one, "machine", lambda row: row["key"] != "cgroup_cpu_max")
        put_machine_fact(two, "cgroup_cpu_max", "half", "noisy")
        for key in ("date_utc", "load_average", "fingerprint"):
            set_fact(two, "machine", key, value="another")
        set_fact(two, "run", "compiler", value="Clang 14")
        for key in ("seed", "worker_sha256", "module:direct.o_sha256"):
            set_fact(two, "run", key, value="1")
        edit(two, "claims", lambda row: None)  # takes claims_crc32 away
        set_fact(two, "machine", "kernel", value="")
        self.compare(one, two)
        open_facts, folded = self.facts_by_place()
        self.assertEqual(open_facts, {"compiler", "kernel", "cgroup_cpu_max"})
        self.assertEqual(folded, {"date_utc", "load_average", "fingerprint", "steal_since_boot_percent", "cpu_pressure_10_s_percent",
                                  "seed", "worker_sha256", "claims_crc32", "module:direct.o_sha256"})
        self.assertRegex(self.text, r"\| `cgroup_cpu_max` *\| - +\| half \(noisy\) \|")
        modules = sum(row["key"].startswith("module:") for row in read(GOLDEN / "run.csv"))
        self.assertIn(f"Of {modules} objects with the variants' code that all runs have, 1 are", " ".join(self.text.split()))
        set_fact(two, "machine", "steal_since_boot_percent", status="noisy")
        self.compare(one, two, out="noisy")
        self.assertIn("steal_since_boot_percent", self.facts_by_place()[0])

    def test_runs_of_a_group_share_a_colour(self):
        import compare_figure
        marks = compare_figure.marks_of([("A: runs 1, 3", [1, 3]), ("B: none is valid", []), ("C: two", [2])])
        places, *looks = zip(*marks.values())
        self.assertEqual((list(marks), sorted(set(places))), ([1, 3, 2], list(places)))
        for look in looks:
            self.assertTrue(look[0] == look[1] != look[2], look)

    def test_four_runs_of_one_name(self):
        runs = []
        for number in range(4):
            (self.folder / str(number)).mkdir()
            runs.append(self.copy(f"{number}/same"))
            shift(runs[-1], number / 100)
            set_fact(runs[-1], "machine", "fingerprint", value=str(number))
        self.compare(*runs)
        self.assertEqual([row["name"] for row in self.runs], ["same", "same-2", "same-3", "same-4"])
        self.assertEqual([(row["group"], row["change"]) for row in self.changes if is_effect(row)],
                         [(group, "differs between the runs") for group in "BCD"])
        for line in self.text.splitlines() + self.said.splitlines():
            self.assertTrue(len(line) <= 80 or re.match(r"[|>!<]", line), line)

    # Bad input.

    def refused(self, runs, message, out="refused"):
        before = sorted(self.folder.rglob("*"))
        done = self.run_verb(*runs, "--out", out)
        self.assertEqual((done.returncode, done.stdout), (2, ""), message)
        self.assertRegex(done.stderr, rf"\Aencbench: [^\n]*{message}[^\n]*\n\Z")
        self.assertEqual(sorted(self.folder.rglob("*")), before, "something was left behind")

    def test_bad_input_leaves_nothing(self):
        one, two = self.copy("one"), self.copy("two")
        self.refused([one], "expected DIR DIR")
        self.refused([], "expected DIR DIR")
        self.refused([one, self.folder / "nowhere"], "nowhere: No such file or directory; expected a run directory")
        self.refused([one, one / "run.csv"], "run.csv: .*expected a run directory")
        (self.folder / "link").symlink_to(one)
        for again in (one, f"{one}/", self.folder / "link"):
            self.refused([one, two, again], "is the same directory as .*one; give each run once")
        self.refused([one, two, shutil.copytree(one, self.folder / "moved")],
                     "moved: its contrasts.csv is that of .*one: one is a copy; give each measurement once")
        (self.folder / "there").mkdir()
        self.refused([one, two], "there: File exists; nothing is ever overwritten", out="there")
        (two / "controls.csv").unlink()
        self.refused([one, two], r"two: has no controls.csv; run `encbench analyse \S*two` first")

    def test_missing_and_torn_files_leave_nothing(self):
        one = self.copy("one")
        for name in ("run", "machine", "claims", "variants", "workloads", "effects", "processes", "contrasts", "verdicts", "metrics", "controls"):
            missing, torn = self.copy(f"missing_{name}"), self.copy(f"torn_{name}")
            (missing / f"{name}.csv").unlink()
            self.refused([one, missing], f"missing_{name}.*{name}.csv")
            text = (torn / f"{name}.csv").read_bytes()
            (torn / f"{name}.csv").write_bytes(text[:len(text) * 2 // 3 - 3])
            self.refused([torn, one], rf"torn_{name}/{name}.csv: was changed after the run" if name == "claims" else rf"torn_{name}/{name}.csv:\d+: ")

    def test_no_text_of_any_file_is_markup(self):
        """Of its own tables: whatever is no word of the scripts, with markup behind it."""
        one, two = self.copy("one"), self.elsewhere("two")
        shift(two, 0.02)
        edit(two, "metrics", lambda row: row.update(value="3") if row["metric"] == "buffers_at_rest" else None)
        self.compare(one, two)
        words = {"kind", "role", "agreement", "compared", "valid", "group", "base", "part", "unit", "status", "words", "change", "verdict", "source",
                 "what", "differs", "key", "profile"}
        for table, (file, columns) in rundir.schema().items():
            if table.startswith("compare_"):
                texts = [name for name, kind, _ in columns if kind == "TEXT" and name not in words]
                edit(self.out, table, lambda row, texts=texts: row.update(
                    {name: row[name] + EVIL for name in texts if row[name] and (name, row[name]) != ("workload", WORKLOAD)}))
        done = subprocess.run([sys.executable, "-B", ROOT / "plots" / "compare.py", self.out], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        text = (self.out / "COMPARE.md").read_text(encoding="utf-8")
        self.assertEqual(live(text), [])
        self.assertGreater(sum(span.endswith(EVIL) for span in spans(text)), 20)
        self.assertGreater(text.count("&lt;script>"), 10)

    def test_disk_full_leaves_nothing(self):
        def small_files():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # compare_runs.csv fits; compare_facts.csv does not
        done = subprocess.run([ENCBENCH, "compare", self.copy("one"), self.copy("two"), "--out", "full"], capture_output=True, text=True,
                              check=False, cwd=self.folder, preexec_fn=small_files)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"\Aencbench: [^\n]*full/compare_facts.csv[^\n]*File too large[^\n]*\n\Z")
        self.assertFalse((self.folder / "full").exists())

    def test_too_many(self):
        runs = [self.copy("one"), self.copy("two")]
        for number in range(15):
            runs.append(self.folder / f"old_{number}")
            runs[-1].mkdir()
            (runs[-1] / "run.csv").write_text("key,value\nschema_version,1\n")
        self.compare(*runs[:16])
        self.assertEqual(len(self.runs), 16)
        self.refused(runs, "old_14: is one more than the 16 runs")


if __name__ == "__main__":
    unittest.main()
