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

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "tests" / "golden" / "run"
ENCBENCH = sys.argv.pop(1) if len(sys.argv) > 1 else sys.exit("usage: compare_test.py ENCBENCH")
TABLES = ("runs", "facts", "verdicts", "effects", "metrics", "counts")
CONTRAST, WORKLOAD = "pool_main", "to_string_1k"  # the effect that the tests change; parts 5a and the like rest on it
CONFIDENCE = 0.99


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def edit(directory, table, change):
    """Every row through `change`, which alters it in place; False drops it."""
    path = directory / f"{table}.csv"
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        names, rows = reader.fieldnames, list(reader)
    rows = [row for row in rows if change(row) is not False]
    path.write_text("".join(",".join(row) + "\n" for row in [names, *([row[name] for name in names] for row in rows)]), newline="\n")


def set_fact(directory, table, key, **cells):
    edit(directory, table, lambda row: row.update(cells) if row["key"] == key else None)


def append(directory, table, line):
    with open(directory / f"{table}.csv", "a", encoding="utf-8") as file:
        file.write(line + "\n")


def put_machine_fact(directory, key, value, status):
    edit(directory, "machine", lambda row: row["key"] != key)
    append(directory, "machine", f"{key},{value},{status},")


def golden_fact(table, key):
    return next(row["value"] for row in read(GOLDEN / f"{table}.csv") if row["key"] == key)


def is_effect(row, contrast=CONTRAST, workload=WORKLOAD):
    return (row["contrast"], row["workload"]) == (contrast, workload)


def shift(directory, amount, contrast=CONTRAST):
    def change(row):
        if is_effect(row, contrast):
            row["log_ratio"] = repr(float(row["log_ratio"]) + amount)
    edit(directory, "contrasts", change)


def log_ratios(directory, effect):
    return [float(row["log_ratio"]) for row in read(directory / "contrasts.csv")
            if all(row[key] == effect[key] for key in ("panel", "contrast", "workload"))]


def rank_sum_order(m, n, alpha):
    """Largest k with 2 P(U < k) <= alpha, by counting the arrangements of m and n."""
    ways = {(i, 0): {0: 1} for i in range(m + 1)} | {(0, j): {0: 1} for j in range(n + 1)}
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            total = dict(ways[i, j - 1])
            for u, count in ways[i - 1, j].items():
                total[u + j] = total.get(u + j, 0) + count
            ways[i, j] = total
    below, k = 0, 0
    while 2 * (below + ways[m, n].get(k, 0)) <= alpha * math.comb(m + n, m):
        below += ways[m, n].get(k, 0)
        k += 1
    return k


def percent(log):
    return 100 * math.expm1(log)


class Compare(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def copy(self, name):
        return Path(shutil.copytree(GOLDEN, self.folder / name))

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

    def changed_and_twins(self):
        return self.count("changes whose interval leaves out zero"), self.count("changes of a twin whose interval leaves out zero")

    def effect(self, run, contrast=CONTRAST, workload=WORKLOAD):
        return next(row for row in self.effects if is_effect(row, contrast, workload) and row["run"] == str(run))

    def verdict(self, claim, part, run=1):
        return next(row for row in self.verdicts if (row["claim"], row["part"], row["run"]) == (claim, part, str(run)))

    # What is the same.

    def test_copies_agree(self):
        self.compare(self.copy("one"), self.copy("two"))
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
            "effects in common": len(plain), "effects shown in the same direction by all": len(shown),
            "effects shown in opposite directions": 0, "changes of an effect with an interval": len(plain),
            "changes whose interval leaves out zero": 0, "changes of a twin with an interval": len(twins),
            "changes of a twin whose interval leaves out zero": 0,
            "exact figures in common": len(read(GOLDEN / "metrics.csv")), "exact figures that differ": 0})
        self.assertEqual([row["change_percent"] for row in self.effects], ["", "0"] * len(effects))
        self.assertEqual({row["changed"] for row in self.effects if row["run"] == "2"}, {"no"})
        self.assertEqual({row["differs"] for row in self.facts}, {"no"})
        self.assertEqual(self.metrics, [])
        for words in ("Nothing that is known about machine and build differs.", "No change is seen.",
                      "All that the runs have in common are the same.", "figures/compare.png"):
            self.assertIn(words, self.text)
        self.assertNotIn("What cannot be compared", self.text)

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
        one, two = self.copy("one"), self.copy("two")
        shift(two, math.log(1.02))
        self.compare(one, two)
        row = self.effect(2)
        self.assertAlmostEqual(float(row["change_percent"]), 2, places=9)
        self.assertEqual((row["changed"], row["change_confidence"]), ("yes", str(CONFIDENCE)))
        self.assertTrue(1.5 < float(row["change_low_percent"]) < 2 < float(row["change_high_percent"]) < 2.5)
        self.assertEqual({other["change_percent"] for other in self.effects if other["run"] == "2" and other is not row}, {"0"})
        self.assertEqual(self.changed_and_twins(), (1, 0))
        changed = self.text.split("What changed or has opposite directions")[1].split("<details>")[0]
        self.assertEqual(re.findall(r"^\| `(\w+)`", changed, re.M), [CONTRAST])
        self.compare(two, one, out="back")
        self.assertAlmostEqual(float(self.effect(2)["change_percent"]), 100 * (1 / 1.02 - 1), places=9)

    def test_largest_changes_come_first(self):
        one, two = self.copy("one"), self.copy("two")
        for contrast, size in (("pool_at_null", 0.02), ("pool_at_removed", -0.05), (CONTRAST, 0.03)):
            shift(two, size, contrast)
        self.compare(one, two)
        changed = self.text.split("What changed or has opposite directions")[1].split("<details>")[0]
        self.assertEqual(re.findall(r"^\| `(\w+)`", changed, re.M), ["pool_at_removed", CONTRAST, "pool_at_null"])

    def test_changed_twin_is_counted_apart(self):
        one, two = self.copy("one"), self.copy("two")
        shift(two, 0.02, "twin_thread_field")
        shift(two, 0.02, "planted_field")
        self.compare(one, two)
        self.assertEqual(self.changed_and_twins(), (0, 1))
        self.assertIn("No change is seen.", self.text)

    def test_intervals_by_the_arithmetic(self):
        """Hodges-Lehmann shift and rank-sum interval done again from contrasts.csv, other counts in either run."""
        one, two = self.copy("one"), self.copy("two")
        edit(two, "contrasts", lambda row: row.update(log_ratio=repr(1.5 * float(row["log_ratio"]) + int(row["process"]) * 1e-4)))
        edit(two, "contrasts", lambda row: int(row["process"]) // 10 % 5 != 0)
        self.compare(one, two)
        checked = set()
        for row in self.effects:
            if row["run"] != "2":
                continue
            first, second = log_ratios(one, row), log_ratios(two, row)
            differences = sorted(b - a for a in first for b in second)
            count, order = len(differences), rank_sum_order(len(first), len(second), 1 - CONFIDENCE)
            middle = (differences[(count - 1) // 2] + differences[count // 2]) / 2
            for name, value in (("change_percent", middle), ("change_low_percent", differences[order - 1]),
                                ("change_high_percent", differences[count - order])):
                self.assertTrue(math.isclose(float(row[name]), percent(value), rel_tol=1e-9, abs_tol=1e-12), (row["contrast"], name))
            self.assertEqual(row["changed"], "yes" if differences[order - 1] > 0 or differences[count - order] < 0 else "no")
            checked.add((len(first), len(second), row["changed"]))
        self.assertTrue(any(first != second for first, second, _ in checked) and {"yes", "no"} == {changed for *_, changed in checked})

    def test_opposite_directions(self):
        one, two = self.copy("one"), self.copy("two")

        def turn(row):
            if is_effect(row):
                row.update({name: repr(-float(row[name])) for name in row
                            if "log_ratio" in name or name.endswith("_ns") and "error" not in name})
        edit(two, "contrasts", turn)
        done = subprocess.run([ENCBENCH, "analyse", two], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.compare(one, two)
        self.assertEqual((self.effect(1)["words"], self.effect(2)["words"]), ("faster by", "slower by"))
        self.assertEqual({self.effect(run)["agreement"] for run in (1, 2)}, {"opposite directions"})
        self.assertEqual(self.count("effects shown in opposite directions"), 1)
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
        runs = [self.copy(name) for name in ("one", "two", "three")]

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
        one, two = self.copy("one"), self.copy("two")

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
        self.assertEqual({row["changed"] for row in self.effects if row["agreement"] == "not comparable"}, {""})

    def test_what_a_run_does_not_say(self):
        """Not measured, a single layout, not resolvable: no change, and no direction."""
        one, two = self.copy("one"), self.copy("two")
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
            self.assertEqual((row["agreement"], row["reason"], row["changed"]), ("not comparable", f"run 2 {why}", ""))
        self.compare(one, two, third, out="three_runs")
        self.assertEqual((self.effect(2)["reason"], self.effect(2)["changed"]), ("run 2 has not measured it", ""))
        self.assertEqual((self.effect(3)["agreement"], self.effect(3)["changed"]), ("same direction", "no"))

    def test_too_few_processes_for_an_interval(self):
        one, two = self.copy("one"), self.copy("two")
        processes = [row["process"] for row in read(two / "contrasts.csv") if is_effect(row)]
        edit(two, "contrasts", lambda row: not is_effect(row) or row["process"] == processes[0])
        self.compare(one, two)
        row = self.effect(2)
        self.assertEqual([row[name] for name in ("change_percent", "changed", "reason")],
                         ["", "", f"no interval from {len(processes)} and 1 processes"])
        edit(two, "effects", lambda row: row.update(words="slower by") if is_effect(row) else None)
        self.compare(one, two, out="opposed")
        self.assertEqual(self.effect(2)["agreement"], "opposite directions")
        self.assertRegex(self.text.split("What changed or has opposite directions")[1].split("<details>")[0], rf"\| `{CONTRAST}` ")

    def test_invalid_run_is_compared_in_exact_figures_only(self):
        for name, spoil in (("control", lambda run: edit(run, "controls", lambda row: row.update(status="failed")
                                                         if row["control"] == "planted" else None)),
                            ("incomplete", lambda run: set_fact(run, "run", "complete", value="no"))):
            one, two, three = (self.copy(f"{name}_{number}") for number in ("one", "two", "three"))
            spoil(one)
            self.compare(one, two, out=f"{name}_out")
            self.assertEqual([(row["valid"], row["base"]) for row in self.runs], [("no", "no"), ("yes", "yes")])
            self.assertRegex(self.runs[0]["reason"], "^control planted failed on |^it is not complete$")
            self.assertEqual({row["changed"] for row in self.effects}, {""})
            self.assertEqual({(row["agreement"], row["reason"]) for row in self.effects}, {("not comparable", "run 1 is not valid")})
            self.assertEqual(self.count("exact figures in common"), len(read(GOLDEN / "metrics.csv")))
            self.assertIn("**Run 1 (", self.text)
            self.assertIn("No effect can be compared.", self.text)
            self.assertFalse((self.out / "figures").exists())
            self.compare(one, two, three, out=f"{name}_all")
            self.assertEqual([row["base"] for row in self.runs], ["no", "yes", "no"])
            self.assertEqual({row["changed"] for row in self.effects if row["run"] == "3"}, {"no"})

    def test_planted_leaks_say_nothing_of_times(self):
        one, two = self.copy("one"), self.copy("two")
        edit(one, "controls", lambda row: row.update(status="failed") if row["control"].startswith("leak_") else None)
        self.compare(one, two)
        self.assertEqual([row["valid"] for row in self.runs], ["yes", "yes"])

    def test_other_schema_is_left_out(self):
        old, two, three = (self.copy(name) for name in ("old", "two", "three"))
        set_fact(old, "run", "schema_version", value="1")
        (old / "machine.csv").unlink()
        self.compare(old, two, three)
        self.assertEqual([(row["compared"], row["base"]) for row in self.runs], [("no", "no"), ("yes", "yes"), ("yes", "no")])
        self.assertRegex(self.runs[0]["reason"], r'^its schema_version is 1; this program reads \d+$')
        for rows in (self.facts, self.effects, self.verdicts):
            self.assertEqual({row["run"] for row in rows}, {"2", "3"})
        self.assertEqual({row["source"] for row in self.facts}, {"machine", "run"})
        self.assertEqual({row["differs"] for row in self.facts}, {"no"})
        self.assertIn("**Run 1 (old) is left out**", self.text)
        day = golden_fact("machine", "date_utc").partition("T")[0]
        self.assertRegex(self.text, rf"\| 1 +\| old +\| +\| quick (.|\n)*\| 2 +\| two +\| {day} \| quick ")
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
        for key in ("seed", "worker_sha256", "claims_crc32", "module:direct.o_sha256"):
            set_fact(two, "run", key, value="1")
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

    def test_four_runs_of_one_name(self):
        runs = []
        for number in range(4):
            (self.folder / str(number)).mkdir()
            runs.append(self.copy(f"{number}/same"))
            shift(runs[-1], number / 100)
        self.compare(*runs)
        self.assertEqual([row["name"] for row in self.runs], ["same", "same-2", "same-3", "same-4"])
        self.assertEqual([row["changed"] for row in self.effects if is_effect(row)], ["", "yes", "yes", "yes"])
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
        (self.folder / "there").mkdir()
        self.refused([one, two], "there: File exists; nothing is ever overwritten", out="there")
        (two / "controls.csv").unlink()
        self.refused([one, two], r"two: has no controls.csv; run `encbench analyse \S*two` first")

    def test_missing_and_torn_files_leave_nothing(self):
        one = self.copy("one")
        for name in ("run", "machine", "claims", "variants", "workloads", "effects", "contrasts", "verdicts", "metrics", "controls"):
            missing, torn = self.copy(f"missing_{name}"), self.copy(f"torn_{name}")
            (missing / f"{name}.csv").unlink()
            self.refused([one, missing], f"missing_{name}.*{name}.csv")
            text = (torn / f"{name}.csv").read_bytes()
            (torn / f"{name}.csv").write_bytes(text[:len(text) * 2 // 3 - 3])
            self.refused([torn, one], rf"torn_{name}/{name}.csv:\d+: ")

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
