#!/usr/bin/env python3
"""Report and figures from a synthetic run directory: strict input, no figure of their own, the same bytes every time."""

import ast
import csv
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLOTS = ROOT / "plots"
sys.dont_write_bytecode = True
sys.path[:0] = [str(PLOTS), str(ROOT / "tests" / "plots")]

import figures  # noqa: E402
import gnuplot  # noqa: E402
import facts  # noqa: E402
import report  # noqa: E402
import report_fixture  # noqa: E402
import rundir  # noqa: E402
import sections  # noqa: E402
import style  # noqa: E402
import subject  # noqa: E402
import wording  # noqa: E402
from markup import EVIL, live, spans  # noqa: E402
from rundir import RunDirectory, InputError  # noqa: E402

FIGURES = ("ranking", "claims", "interaction", "structure", "class_waste", "traces", "sweep", "effects", "layouts", "spread", "heap",
           "power", "coverage")


def family(name):
    """Of a figure: effects_1 is a page of effects."""
    return name if name in FIGURES else name.partition("_")[0]


def run_script(name, *arguments, hash_seed="0"):
    return subprocess.run([sys.executable, "-B", str(PLOTS / name), *map(str, arguments)], capture_output=True, text=True,
                          env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=False)


def read(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
    return rows[0], rows[1:]


def write(path, header, rows):
    path.write_text("".join(",".join(row) + "\n" for row in [header, *rows]))


def whole(run):
    """The report and its appendix in one."""
    return "\n".join([report.render(run, "run"), *report.render_appendix(run).values()])


def render(directory):
    return whole(RunDirectory(directory))


def part_cells(text):
    """{part: cells} of the table part by part."""
    cells = {}
    for line in text.splitlines():
        found = re.match(r"\| \[(\d+[a-z])\]\([-#a-z/.]+\) +\|[^|]*\|(.*)\|$", line)
        if found:
            cells[found.group(1)] = [cell.strip() for cell in found.group(2).split("|")]
    return cells


PROSE = {"reason", "statement", "expected", "brief", "mend", "op"}  # columns of sentences
TAKE_IT_WHOLE = {"setdefault", "append", "print", "format", "shorten"}


def is_prose(node):
    if isinstance(node, ast.BoolOp):
        return any(map(is_prose, node.values))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return bool(node.args) and isinstance(node.args[0], ast.Constant) and node.args[0].value in PROSE
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in PROSE
    return isinstance(node, ast.Attribute) and node.attr in PROSE


def prose_searched(source):
    """Lines that look into a cell of prose: its methods, a function that is not known to take it whole, `in`, a part of it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            method = isinstance(node.func, ast.Attribute)
            name = node.func.attr if method else getattr(node.func, "id", "")
            looks = method and is_prose(node.func.value) or name not in TAKE_IT_WHOLE and any(map(is_prose, node.args))
        elif isinstance(node, ast.Compare):
            looks = isinstance(node.ops[0], (ast.In, ast.NotIn)) and is_prose(node.comparators[0])
        else:
            looks = isinstance(node, ast.Subscript) and is_prose(node.value)
        if looks:
            found.add(node.lineno)
    return sorted(found)


MOST_BYTES, MOST_LINES, MOST_ROWS = 30_000, 400, 100  # of a report that busy people read to the end


class WithRun(unittest.TestCase):
    """One synthetic run for the class; `copy` for a test that changes it."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.base = Path(cls.temporary.name)
        cls.run_path = cls.base / "run"
        report_fixture.write(cls.run_path)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def copy(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return Path(shutil.copytree(self.run_path, Path(folder.name) / "run"))

    def edit(self, directory, file, change):
        header, rows = read(directory / file)
        change(header, rows)
        write(directory / file, header, rows)

    def assert_every_change_shows(self, table, column, pick=lambda row: True):
        """Of a long table only the rows that matter are shown: here all of them are asked for."""
        patched = unittest.mock.patch.object(subject, "MOST_ROWS_OPEN", 10 ** 6)
        patched.start()
        self.addCleanup(patched.stop)
        run = RunDirectory(self.run_path)
        before = whole(run)
        changed = 0
        for row in getattr(run, table):
            value = row[column]
            if value is None or math.isinf(value) or not pick(row):
                continue
            width = (row.get("ci_high") or 0) - (row.get("ci_low") or 0)
            row[column] = value * 1.7 + 1 + width  # more than rounding hides
            self.assertNotEqual(whole(run), before, f"{row.path}:{row.line} {column}")
            row[column] = value
            changed += 1
        self.assertEqual(whole(run), before)
        self.assertGreater(changed, 0)

    def edited_copy(self, status):
        directory = self.copy()
        with open(directory / "controls.csv", "a", encoding="utf-8") as stream:
            stream.write(f"raw_files,run,as measured,1,,,{status},edited since and accepted: contrasts.csv of process 3,nothing\n")
        return directory

    def sick_copy(self):
        directory = self.copy()
        with open(directory / "controls.csv", "a", encoding="utf-8") as stream:
            stream.write("sick_ops,run,ops that leave their process as it was,1,,,failed,a on get_put leaves 1 blocks behind in each op,nothing\n")
        return directory


class Fixture(WithRun):
    def test_is_deterministic(self):
        again = self.base / "again"
        report_fixture.write(again)
        for path in sorted(self.run_path.glob("*.csv")):
            self.assertEqual(path.read_bytes(), (again / path.name).read_bytes(), path.name)

    def test_says_that_it_is_synthetic(self):
        self.assertIn("every figure is invented", render(self.run_path))


class Report(WithRun):
    def test_says_in_which_environment(self):
        said = "Measured in an environment that was asked for"
        for value, shows in (("empty", False), ("preload=libx.so.2:0123456789abcdef", True)):
            directory = self.copy()
            self.edit(directory, "machine.csv", lambda header, rows: rows.append(["measured_environment", value, "ok", ""]))
            text = render(directory)
            self.assertEqual(said in text, shows)
            self.assertEqual(f"in all passes alike: `{value}`." in text, shows)

    def test_same_bytes_twice(self):
        for name, seed in (("one.md", "1"), ("two.md", "2")):
            done = run_script("report.py", self.run_path, "--output", self.base / name, hash_seed=seed)
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual((self.base / "one.md").read_bytes(), (self.base / "two.md").read_bytes())

    def test_every_figure_of_the_verdicts_is_there(self):
        cells = part_cells(render(self.run_path))
        header, rows = read(self.run_path / "verdicts.csv")
        seen = 0
        for values in (dict(zip(header, row)) for row in rows):
            if values["part"] == "all":
                continue
            own = cells[values["claim"] + values["part"]]
            self.assertEqual(own[0], values["verdict"])
            saved = any(row["metric"] == "time_reduction" for row in RunDirectory(self.run_path).select("claims", claim=int(values["claim"]), part=values["part"]))
            order = ("estimate", "ci_high", "ci_low") if saved else ("estimate", "ci_low", "ci_high")
            expected = [(-1 if saved else 1) * float(values[key]) for key in order if values[key]]
            shown = re.findall(r"-?\d+(?:\.\d+)?", own[1])
            self.assertEqual(len(shown), len(expected), own)
            for text, value in zip(shown, expected):
                unit = 10 ** -len(text.partition(".")[2])
                self.assertLessEqual(abs(float(text) - value), 0.5001 * unit, own)
                self.assertFalse(float(text) == 0 and value != 0 and abs(value) > 1e-6, own)
                seen += 1
        self.assertGreater(seen, 20)

    def test_open_parts_name_what_would_decide_them(self):
        """From the columns of verdicts.csv, not from its reasons."""
        def section(directory):
            return render(directory).partition("### What would decide what is open")[2].partition("### Why")[0]
        table = section(self.run_path)
        self.assertRegex(table, r"\| 11a +\| neither inside nor outside +\| heap placement \(71 %\) +\| 190 \|")
        for column, value, shown in (("processes_needed", "", r"\| 11a .*\| none \|"), ("responsible", "state", r"\| 11a .*\| state \(71 %\)"),
                                     ("responsible_share_percent", "55.5", r"\| 11a .*placement \(56 %\)"), ("brief", "tail-dependent", r"\| 11a +\| tail-dependent ")):
            def edit(header, rows, column=column, value=value):
                for row in rows:
                    if row[header.index("claim")] == "11" and row[header.index("part")] == "a":
                        row[header.index(column)] = value
            directory = self.copy()
            self.edit(directory, "verdicts.csv", edit)
            self.assertRegex(section(directory), shown)

    def test_files_of_before_have_no_such_columns(self):
        """They end before the columns that were declared later; any other that is missing is refused."""
        directory = self.copy()
        for name, count in (("verdicts.csv", 7), ("contrasts.csv", 2)):
            header, rows = read(directory / name)
            lines = [",".join(row[:len(header) - count]) for row in (header, *rows)]
            (directory / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.assertNotIn("### What would decide what is open", render(directory))
        lines = [",".join(row[:len(header) - count - 1]) for row in (header, *rows)]
        (directory / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        with self.assertRaisesRegex(rundir.InputError, "contrasts.csv:1: column blocks_kept is missing"):
            render(directory)

    def test_changed_file_changes_the_report(self):
        directory = self.copy()
        self.edit(directory, "effects.csv", lambda header, rows: rows[0].__setitem__(header.index("estimate"), "-77.25"))
        self.assertNotEqual(render(directory), render(self.run_path))

    def test_every_estimate_of_effects_shows(self):
        self.assert_every_change_shows("effects", "estimate")

    def test_every_interval_of_effects_shows(self):
        self.assert_every_change_shows("effects", "ci_high", lambda row: row["workload"] == subject.OP)

    def test_every_estimate_of_verdicts_shows(self):
        self.assert_every_change_shows("verdicts", "estimate")

    def test_every_level_shows(self):
        self.assert_every_change_shows("levels", "time_ns_per_op", lambda row: row["role"] in ("baseline", "contender"))

    def test_every_exact_figure_shows(self):
        self.assert_every_change_shows("metrics", "value")

    def test_every_heap_pass_shows(self):
        self.assert_every_change_shows("growth", "live_bytes_at_rest")
        self.assert_every_change_shows("growth", "mapped_bytes_per_1000_ops")
        self.assertIn("`get_put` of `direct`: too few checkpoints", render(self.run_path))

    def test_run_without_heap_passes_says_so(self):
        directory = self.copy()
        self.edit(directory, "growth.csv", lambda header, rows: rows.clear())
        (directory / "heap.csv").unlink()
        self.assertIn("**Heap growth.** Not in this run: no heap pass in this run.", " ".join(render(directory).split()))

    def test_leak_that_was_missed_spoils_the_heap_passes_only(self):
        directory = self.copy()

        def miss(header, rows):
            for row in rows:
                if row[0] == "leak_bytes":
                    row[header.index("status")], row[header.index("reason")] = "failed", "found bounded"

        def spoil(header, rows):
            for row in rows:
                if row[0] == "3":
                    row[header.index("verdict")], row[header.index("reason")] = "run invalid", "control leak_bytes failed"
        self.edit(directory, "controls.csv", miss)
        self.edit(directory, "verdicts.csv", spoil)
        text = render(directory)
        self.assertNotIn("RUN INVALID", text)
        self.assertRegex(text, r"heap passes of this run decide nothing.*\n> - control `leak_bytes` failed: found bounded")
        self.assertRegex(text, r"\[3a\]\(run/appendix/heap\.md\)")

    def test_every_control_shows(self):
        self.assert_every_change_shows("controls", "estimate")

    def test_wording(self):
        from wording import coarse, effect, interval, number, region
        self.assertEqual(interval(-0.187, -0.489, 0.1161, "percent"), "-0.19 [-0.49, 0.12] %")
        self.assertEqual(interval(2.0, 0.0004, 3.0, "ns"), "2.0000 [0.0004, 3.0000] ns")
        self.assertEqual(interval(5.4e6, 5.3e6, 5.5e6, "ns"), "5400 [5300, 5500] us")
        self.assertEqual(interval(1.0, -math.inf, math.inf, "ns"), "1 [-inf, inf] ns")
        self.assertEqual(interval(-0.00261786, -100.0, math.inf, "percent"), "-0.002618 [-100, inf] %")
        self.assertEqual(interval(2048.0, None, None, "bytes"), "2048 bytes")
        self.assertEqual(interval(-0.0001, -0.4, 0.3, "ns"), "0.00 [-0.40, 0.30] ns")
        self.assertEqual((number(100 / 3), number(1e-9), coarse(0.4234, "percent")), ("33.33", "0", "0.42 %"))
        row = dict(estimate=-12.3, ci_low=-12.7, ci_high=-11.9, unit="percent", words="faster by", kind="pair")
        self.assertEqual(effect(row), "faster by 12.30 [11.90, 12.70] %")
        row |= dict(estimate=-0.1, ci_low=-0.333, ci_high=0.3, words="equivalent within")
        self.assertEqual(effect(row), "equivalent within 0.34 % (-0.10 [-0.33, 0.30] %)")
        self.assertEqual(region(dict(region_low=13.0, region_high=23.0, region_bounds="[]", unit="percent")), "[13, 23] %")

    def test_what_is_not_resolvable_says_why(self):
        row = dict(estimate=-89.5, ci_low=-90.3, ci_high=-88.9, unit="percent", words="not resolvable here", kind="pair", reason="control a failed (b <c)")
        self.assertEqual(report.wording.effect(row), "not resolvable here (-89.5 [-90.3, -88.9] %; control a failed (b <c))")
        self.assertIn("control a failed", report.wording.effect(report.wording.turned(row)))

    def test_an_interval_without_zero_says_why_it_shows_nothing(self):
        from wording import effect, turned
        row = dict(estimate=-0.61, ci_low=-0.84, ci_high=-0.35, unit="percent", words="no difference shown", kind="pair", twin_low=-0.1,
                   twin_high=0.2, plain_low=-0.9, plain_high=0.01, t_low=-0.9, t_high=-0.1)
        self.assertEqual(effect(row), "no difference shown (-0.61 [-0.84, -0.35] %; plain means disagree)")
        self.assertIn("; plain means disagree)", effect(turned(row)))
        self.assertIn("; t interval disagrees)", effect(row | dict(plain_high=-0.01, t_high=0.1)))
        for plain in (row | dict(ci_high=0.1), row | dict(twin_low=-0.7), row | dict(words="faster by")):
            self.assertNotIn("disagree", effect(plain))
        self.assertNotIn("disagree", effect(turned(row | dict(plain_high=-0.01))))

    def test_open_parts_say_why(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                values = dict(zip(header, row))
                if (values["claim"], values["part"]) == ("7", "a"):
                    row[header.index("verdict")] = "not resolvable here"
                    row[header.index("brief")], row[header.index("measured")] = "tail-dependent", "yes"
                if (values["claim"], values["part"]) == ("15", "b"):
                    row[header.index("verdict")] = "confirmed"
                if (values["claim"], values["part"]) == ("10", "b"):
                    row[header.index("estimate")] = "16"
                    row[header.index("figures")] = "2"
        self.edit(directory, "verdicts.csv", change)
        text = render(directory)
        cells = part_cells(text)
        self.assertEqual((cells["7a"][3], cells["15b"][3]), ("tail-dependent", "a control, no claim"))
        self.assertIn("the first of 2 figures", cells["10b"][3])
        text = " ".join(text.split())
        self.assertRegex(text, r"the check costs next to nothing \(7: tail-dependent")
        self.assertIn("7a tail-dependent", text[text.index("Timing parts:"):])
        self.assertRegex(text, r"confirmed [0-9]+ \(1 a control\)")

    def test_what_would_have_been_found_is_beside_what_copies_reach(self):
        row = subject.effect(RunDirectory(self.run_path), subject.FIELD)
        self.assertIn(f"by its interval alone {report.wording.coarse(row['mde'], row['unit'])} would have been found nine times in ten; "
                      f"copies of the same code reach {facts.reach(row)}.", " ".join(render(self.run_path).split()))

    def test_busy_machine_is_told_beside_how_sure(self):
        self.assertNotIn("busy when the run began", render(self.run_path))
        directory = self.copy()
        self.edit(directory, "machine.csv", lambda header, rows: rows.extend((
            ["cpu_pressure_10_s_percent", "94.47", "noisy", ""], ["steal_since_boot_percent", "1", "ok", ""])))
        self.assertIn("one machine, **busy when the run began** (`cpu_pressure_10_s_percent` 94.47).", " ".join(render(directory).split()))

    def test_size_without_a_control_says_so(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                if row[header.index("workload")] == "to_string_64k":
                    row[header.index("words")] = "not resolvable here"
        self.edit(directory, "effects.csv", change)
        self.edit(directory, "controls.csv", lambda header, rows: rows.append(
            [{"control": "chain_planted", "subject": "design to_string_64k", "expected": "n cycles", "status": "imprecise",
              "reason": "too imprecise", "blinds": "cell"}.get(name, "") for name in header]))
        text = " ".join(render(directory).split())
        self.assertIn("- `to_string_64k`, panel design, is not resolvable here: control `chain_planted` imprecise: too imprecise",
                      text[text.index("# Sizes From"):text.index("# Effects on time")])

    def test_command_can_be_given_again(self):
        directory = self.copy()
        self.edit(directory, "run.csv", lambda header, rows: [row.__setitem__(
            1, "./encbench report --out results/a --variants null+thread;direct --workloads=put;get_put --seed 3 --output=R.md")
            for row in rows if row[0] == "command"])
        self.assertIn("\n    ./encbench report --variants null+thread,direct --workloads=put,get_put --seed 3\n", render(directory))

    def test_directory_of_any_name_can_be_linked(self):
        text = report.render(RunDirectory(self.run_path), "a (b) <c>")
        self.assertIn("](a%20%28b%29%20%3Cc%3E/effects.csv)", text)
        self.assertIn("](a%20%28b%29%20%3Cc%3E/figures/claims.png)", text)
        self.assertIn("\n    ./encbench report 'a (b) <c>'\n", text)
        strange = os.fsdecode(b"run\xff")
        text = report.render(RunDirectory(self.run_path), strange)
        text.encode("utf-8")
        self.assertIn("](run%FF/effects.csv)", text)
        self.assertIn("\n    ./encbench report $'run\\xFF'\n", text)

    def test_text_of_a_file_is_no_markup(self):
        directory, evil = self.copy(), "<b>`x` &lt; [a](b)"
        self.edit(directory, "machine.csv", lambda header, rows: rows.append(["cpu_model", evil, "noisy", evil]))
        self.edit(directory, "run.csv", lambda header, rows: rows.append(["strange", evil]))
        self.edit(directory, "controls.csv", lambda header, rows: [row.__setitem__(header.index("reason"), evil) for row in rows])
        self.edit(directory, "verdicts.csv", lambda header, rows: [row.__setitem__(header.index("reason"), evil) for row in rows])
        text = " ".join(render(directory).split())
        self.assertIn("&lt;b>\\`x\\` &amp;lt; [a]\\(b)", text)
        self.assertNotIn("<b>", text)
        self.assertNotIn("](b)", text)

    # What rows are found by: of words that scripts know, or the same in several files.
    KEYS = {"variant", "axis", "level", "workload", "name", "base", "state", "panel", "arm", "role", "contrast", "metric", "unit", "scale",
            "part", "parts", "kind", "baseline", "contender", "region_bounds", "cause", "measured", "control", "key", "status", "workloads",
            "property", "subject", "design", "figure", "profile", "seed", "true_effect_unit"}

    def spoil(self, directory, columns, evil):
        """Puts it behind every text of these columns in all files: of a list behind every word."""
        for table, (file, declared) in rundir.schema().items():
            if not (directory / file).exists():
                continue
            own = [name for name, kind, _ in declared if kind == "TEXT" and (table, name) not in rundir.WORDS and columns(table, name)]

            def change(header, rows, own=own):
                for row in rows:
                    for place in (header.index(name) for name in own if name in header):
                        row[place] = evil(row[place]) if row[place] not in ("", "*") else row[place]
            self.edit(directory, file, change)

    def test_no_text_of_any_file_is_markup(self):
        """Every column of text there is, so a new one too: prose and values here, names of things below."""
        directory = self.copy()
        self.spoil(directory, lambda table, column: column not in self.KEYS and (table, column) != ("run", "value"), lambda text: text + EVIL)
        self.edit(directory, "run.csv", lambda header, rows: rows.append(["strange" + EVIL, EVIL]) or [
            row.__setitem__(1, row[1] + EVIL) for row in rows if row[0] == "command"])
        text = render(directory)
        self.assertEqual(live(text), [])
        self.assertGreater(text.count("&lt;script>"), 100)
        self.assertIn(f"\n    ./encbench run --profile quick --seed 1 --quiet{EVIL}\n", text)

    def test_no_name_is_markup(self):
        directory = self.copy()
        names = {"variant", "workload", "panel", "contrast", "baseline", "contender", "arm", "base"}
        self.spoil(directory, lambda _, column: column in names, lambda text: " ".join(word + EVIL for word in text.split()))
        text = render(directory)
        self.assertEqual(live(text), [])
        self.assertGreater(sum(span.endswith(EVIL) for span in spans(text)), 100)
        for script in ("figures.py", "terminal.py"):
            done = run_script(script, directory)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_line_that_is_broken_begins_nothing(self):
        words = "word " * 15
        for beginning in ("> one", "- one", "+ one", "* one", "---", "===", "~~~"):
            text = wording.wrapped(f"{words}word {beginning} {words}\n\n- {words}wo {beginning}")
            self.assertEqual(text.count("\n\\" + beginning[0]) + text.count("\n  \\" + beginning[0]),
                             1 if beginning in ("---", "===") else 2, text)  # of those, a whole line underlines a heading
        self.assertIn("\n1\\. one", wording.wrapped(f"{words}word 1. one"))
        self.assertEqual(wording.wrapped("- [a]: javascript:b"), "- \\[a]: javascript:b\n")

    def test_links_lead_somewhere(self):
        text = render(self.run_path)
        heads = {re.sub(r"[^-a-z ]", "", line.lstrip("# ").lower()).replace(" ", "-")
                 for line in text.splitlines() if line.startswith("#")}
        files, pages = {path.name for path in self.run_path.iterdir()}, report.render_appendix(RunDirectory(self.run_path))
        for target in re.findall(r"\]\(([^)]+)\)", text):
            if target.startswith("#"):
                self.assertIn(target[1:], heads)
            elif "/figures/" in target:
                self.assertIn(family(Path(target).stem), FIGURES)
            elif target.endswith(".md"):
                self.assertIn(Path(target).name, pages)
            else:
                self.assertIn(Path(target).name, files)

    def test_fits_and_is_plain(self):
        for line in render(self.run_path).splitlines():
            if not re.match(r"[|!#<]|    ", line):
                self.assertLessEqual(len(line), 80, line)
            self.assertTrue(line.isascii(), line)

    def test_regenerating_takes_the_command_or_profile_and_seed(self):
        self.assertIn("\n    ./encbench run --profile quick --seed 1 --quiet\n", render(self.run_path))
        directory = self.copy()
        self.edit(directory, "run.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if row[0] != "command"]))
        self.assertIn("\n    ./encbench run --profile quick --seed 1\n", render(directory))

    def test_noisy_facts_say_what_mends_them(self):
        directory = self.copy()
        self.edit(directory, "machine.csv", lambda header, rows: rows.extend((
            ["smt", "on", "noisy", "echo off > /sys/smt"], ["boost", "on", "noisy", ""], ["pmu", "none here", "not visible", "another"])))
        text = " ".join(render(directory).split())
        self.assertRegex(text, "; 2 of [0-9]+ facts say that the machine is noisy")
        self.assertIn("- What would mend `smt`: echo off > /sys/smt From", text)
        self.assertRegex(render(self.run_path), r"; 0 of [0-9]+\sfacts")
        self.assertNotIn("What would mend", render(self.run_path))

    def test_a_quick_look_as_text(self):
        directory = self.copy()
        before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
        done = run_script("terminal.py", directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual({path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}, before)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        for words in ("Single choices, each against null+thread", "bytes encoded in one op", "effect in one process", "operations"):
            self.assertIn(words, done.stdout)
        self.edit(directory, "levels.csv", lambda header, rows: [row.__setitem__(header.index("time_ns_per_op"), "77.5") for row in rows])
        self.assertNotEqual(run_script("terminal.py", directory).stdout, done.stdout)

    def test_figures_are_linked_from_where_the_report_lies(self):
        other = self.base / "elsewhere" / "deep"
        other.mkdir(parents=True)
        self.assertEqual(run_script("report.py", self.run_path, "--output", other / "R.md").returncode, 0)
        self.assertIn("(../../run/figures/claims.png)", (other / "R.md").read_text())


class Trust(WithRun):
    """What calibration.csv and forecast.csv say; either may be missing."""

    def without(self, *files):
        directory = self.copy()
        for file in files:
            (directory / file).unlink()
        return directory

    def text(self, directory):
        return " ".join(render(directory).split())

    def test_every_figure_of_the_calibration_shows(self):
        self.assert_every_change_shows("calibration", "value")
        truths = lambda row: row["property"] == "truth" and row["value"] is not None  # noqa: E731
        for column in ("high", "trials", "true_effect", "confidence"):
            self.assert_every_change_shows("calibration", column, truths)

    def test_every_forecast_shows(self):
        self.assert_every_change_shows("forecast", "process_sd")
        self.assert_every_change_shows("forecast", "processes_needed")

    def test_never_calibrated(self):
        directory = self.without("calibration.csv")
        text = self.text(directory)
        self.assertIn("This machine was never calibrated", text)
        self.assertIn("`./encbench calibrate` measures it", text)
        self.assertNotIn("figures/power.png", text)
        self.assertNotIn("calibration.csv]", text)
        names = dict(subject.figures(RunDirectory(directory)))
        self.assertEqual((names["power"], names["coverage"]), ("this machine was not calibrated",) * 2)

    def test_calibration_without_a_row_is_none(self):
        directory = self.copy()
        self.edit(directory, "calibration.csv", lambda header, rows: rows.clear())
        self.assertIn("This machine was never calibrated", self.text(directory))

    def test_targets(self):
        text = self.text(self.run_path)
        self.assertIn("Of 5 targets: 3 met, **1 missed**, 1 in need of more trials.", text)
        self.assertIn("| 0 of 1200 | at most 1 percent of at least 1000 | met |", text)
        self.assertIn("- known truths, all, intervals that hold the true effect, N = 14: missed: chase_8_plus_1: 71 percent of the "
                      "variance is within processes", text)
        self.assertNotIn("more trials needed: no trial yet", text)
        self.assertIn("| none yet | | 0 | at most 0.05 percent | more trials needed |", text)
        self.assertNotIn("called faster or slower, all gates, N = 14: met", text)

    def test_ablations_and_pairing(self):
        text = self.text(self.run_path)
        self.assertRegex(text, r"`get_put` against itself, N = 14: intervals without zero are 0 % \[0, 0\.\d+\] with fresh layouts, "
                               r"with one layout an arm for a whole trial 59 % \[[^]]+\], with 8 layouts an arm 14\.5 %")
        self.assertEqual(text.count("times the spread."), 2)
        directory = self.copy()
        self.edit(directory, "calibration.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if row[0] not in ("ablation", "pairing")]))
        text = self.text(directory)
        self.assertNotIn("against itself", text)
        self.assertNotIn("What pairing gains", text)

    def test_design_without_a_trial_yet_is_left_out(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                if row[header.index("design")] == "layouts_8":
                    for column in ("value", "count"):
                        row[header.index(column)] = ""
        self.edit(directory, "calibration.csv", change)
        text = self.text(directory)
        self.assertIn("with one layout an arm", text)
        self.assertNotIn("with 8 layouts", text)

    def test_no_targets_no_table(self):
        directory = self.copy()
        self.edit(directory, "calibration.csv", lambda header, rows: [row.__setitem__(header.index("target"), "") for row in rows])
        text = self.text(directory)
        self.assertNotIn(" targets ", text)
        self.assertIn("every figure", text)

    def test_unknown_names_are_printed_as_they_are(self):
        directory = self.copy()

        def change(header, rows):
            rows[0][header.index("property")], rows[0][header.index("figure")] = "weather", "wind_speed"
            rows[0][header.index("design")] = "layouts_2"
        self.edit(directory, "calibration.csv", change)
        self.assertRegex(self.text(directory), r"\| weather, `get_put` \| layouts_2 +\| wind speed")

    def test_bad_status_is_refused(self):
        directory = self.copy()
        self.edit(directory, "calibration.csv", lambda header, rows: rows[0].__setitem__(header.index("status"), "fine"))
        with self.assertRaisesRegex(InputError, "calibration.csv:2: column status: 'fine', expected met or"):
            RunDirectory(directory)

    def test_forecast(self):
        text = self.text(self.run_path)
        self.assertIn("Too few were planned for 11a.", text)
        self.assertIn("610 (220 to beyond reach)", text)
        self.assertNotIn("What this run could resolve", self.text(self.without("forecast.csv")))

    def test_figures_follow_the_rows(self):
        directory = self.copy()
        self.edit(directory, "calibration.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if row[0] != "power"]))
        done = run_script("figures.py", directory)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("no figure power: calibration.csv has no power", done.stdout)
        self.assertTrue((directory / "figures" / "coverage.svg").exists())
        self.assertFalse((directory / "figures" / "power.svg").exists())


class Sections(WithRun):
    """What stands in the report only when the run has it, and what its wording hangs on."""

    def section(self, directory, heading):
        """Of the appendix, else of the report."""
        text = render(directory)
        found = re.search(rf"^# {heading}\n(.*?)(?=^# |\Z)", text, re.M | re.S) or re.search(rf"^## {heading}\n(.*?)(?=^##? )", text, re.M | re.S)
        return " ".join(found.group(1).split()) if found else None

    def claim(self, directory, number):
        text = self.section(directory, "What the original got wrong, and why")
        text += " " + (self.section(directory, "Right, without evidence") or "")
        found = re.search(rf"\*\*Claim {number}: (.*?)(?=\*\*Claim|$)", text)
        return found and found.group(1)

    def set_verdict(self, directory, claim, part, verdict):
        def change(header, rows):
            for row in rows:
                if row[0] == claim and row[1] in (part, "all"):
                    row[header.index("verdict")] = verdict
        self.edit(directory, "verdicts.csv", change)

    def test_wrong_follows_the_verdicts(self):
        directory = self.copy()
        self.assertRegex(self.claim(directory, "4"), r"^wrong\..*Crossed.*pooling, faster by .*is not the field's")
        self.assertRegex(self.claim(directory, "5"), r"makes 1 allocation here, not 0\.")
        self.assertRegex(self.claim(directory, "8"), r"from 48 to 32 bytes.*Of that, 8 bytes are holes")
        self.assertRegex(self.claim(directory, "9"), r"With the real sizes: 33\.33 %")
        self.assertIsNone(self.claim(directory, "13"))
        self.set_verdict(directory, "4", "d", "confirmed")
        self.assertRegex(self.claim(directory, "4"), r"^right here.*the field has a part in it after all")
        self.assertNotIn("is not the field's", self.claim(directory, "4"))
        self.set_verdict(directory, "5", "b", "confirmed")
        self.assertIn("as it says", self.claim(directory, "5"))
        self.set_verdict(directory, "13", "a", "refuted")
        self.assertRegex(self.claim(directory, "13"), r"^wrong\.")
        self.set_verdict(directory, "8", "a", "run invalid")
        self.assertNotIn("Laid out by the compiler", self.claim(directory, "8"))

    def test_wrong_takes_its_figures_from_the_run(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                if row[1:3] == ["layout", "struct_bytes"] and row[0] == "removed+thread":
                    row[3] = "36"
        self.edit(directory, "metrics.csv", change)
        self.assertIn("from 48 to 36 bytes", self.claim(directory, "8"))

    def test_controls_in_a_claim(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                if row[0] == "15" and row[1] == "b":
                    row[header.index("verdict")], row[header.index("estimate")] = "confirmed", "64"
        self.edit(directory, "verdicts.csv", change)
        self.assertIn("gives 64: the test sees it", self.claim(directory, "15"))
        self.set_verdict(directory, "15", "b", "refuted")
        self.assertIn("the test does not see it, so it proves nothing here either", self.claim(directory, "15"))
        self.set_verdict(directory, "15", "b", facts.UNRESOLVED)
        self.assertIn("the test is not shown to see it, so it proves nothing here either", self.claim(directory, "15"))

    def add_metrics(self, directory, metric, values):
        self.edit(directory, "metrics.csv", lambda header, rows: rows.extend(
            [[variant, workload, metric, value, status, reason] for variant, workload, value, status, reason in values]))

    def test_instructions(self):
        directory = self.copy()
        self.assertIsNone(self.section(directory, "Instructions"))
        self.add_metrics(directory, "instructions_per_op", [("null+thread", "get_put", "61", "exact", ""),
                                                            ("removed+thread", "get_put", "", "not available", "no ptrace")])
        self.edit(directory, "effects.csv", lambda header, rows: [
            row.__setitem__(header.index("instructions_delta"), "-3") for row in rows
            if row[header.index("contrast")] == subject.FIELD and row[header.index("workload")] == "get_put"])
        text = self.section(directory, "Instructions")
        self.assertIn("| 61 |", text)
        self.assertIn("| `get_put` | -3 |", text)
        self.assertIn("`removed+thread`: `get_put`, instructions_per_op: not available: no ptrace", text)

    def add_counters(self, directory, *rows):
        self.edit(directory, "counters.csv", lambda header, found: found.extend([row.split(",") for row in rows]))

    def test_counters(self):
        directory = self.copy()
        self.assertIsNone(self.section(directory, "Counters"))
        self.add_metrics(directory, "instructions_per_op", [("direct", "to_string_1k", "2471", "exact", "")])
        self.add_counters(
            directory, "direct,to_string_1k,0,perf::INSTRUCTIONS:u,count,1000,2473000,5000,5000,counted,",
            "direct,to_string_1k,0,perf::CYCLES:u,count,1000,400000,5000,2500,multiplexed,half the time",
            "direct,to_string_1k,0,perf::CONTEXT-SWITCHES,count,1000,,,,not permitted,sysctl it",
            "direct,to_string_1k,1,perf::INSTRUCTIONS:u,count,1000,4000000,5000,5000,counted,",
            "direct,get_put,0,perf::INSTRUCTIONS:u,count,1000,77000,5000,5000,counted,")
        text = self.section(directory, "Counters")
        self.assertRegex(text, r"`direct` +\| 2473 +\| ~800 +\| 2471 \|")
        self.assertRegex(text, r"`direct` thread 1 +\| 4000 +\| - +\|")
        self.assertIn("- `perf::CONTEXT-SWITCHES`: not permitted: sysctl it", text)
        self.assertIn("- `perf::CYCLES:u`: multiplexed: half the time", text)
        self.assertIn("stand beside the stepped ones", text)
        self.assertNotIn("77", text)

    def test_counters_without_a_pmu(self):
        directory = self.copy()
        self.add_counters(directory, "direct,get_put,0,perf::TASK-CLOCK,ns,1000,50000,5000,5000,counted,",
                          "direct,get_put,0,perf::INSTRUCTIONS:u,count,1000,,,,not supported,no PMU")
        text = self.section(directory, "Counters")
        self.assertRegex(text, r"`get_put` +\| `direct` +\| 50 ns \|")
        self.assertIn("no second opinion here", text)
        self.assertIn("- `perf::INSTRUCTIONS:u`: not supported: no PMU", text)
        self.edit(directory, "counters.csv", lambda header, rows: rows.pop(0))
        self.assertIn("No event could be counted", self.section(directory, "Counters"))

    def test_instructions_listed(self):
        run = RunDirectory(self.run_path)
        run.metrics.append(dict(variant="null+thread", workload="get_put", metric="instructions_per_op", value=61.0, status="exact",
                                reason=None))
        run.instructions_delta = [dict(contrast=name, workload="get_put", side="baseline", symbol="encbuf_put", instruction="test",
                                       executions_per_op=1.0) for name in (subject.FIELD, "another")]
        text = whole(run)
        self.assertEqual(text.count("| baseline | `encbuf_put` | `test`"), 1)

    def test_instructions_by_symbol(self):
        run = RunDirectory(self.run_path)
        run.metrics.append(dict(variant="null+thread", workload="get_put", metric="instructions_per_op", value=61.0, status="exact",
                                reason=None))
        run.symbols_delta = [dict(contrast=name, workload="get_put", object="module", symbol="encbuf_put", baseline_instructions_per_op=9.0,
                                  contender_instructions_per_op=2.0, instructions_delta_per_op=-7.0) for name in (subject.FIELD, "another")]
        text = whole(run)
        self.assertEqual(len(re.findall(r"\| `encbuf_put` +\| module +\| 9 +\| 2 +\| -7 +\|", text)), 1)

    def test_identical_code(self):
        run = RunDirectory(self.run_path)
        self.assertNotIn("Equal by construction", whole(run))
        run.identical_code = [dict(baseline="null+thread", contender="removed+thread", workload=workload, identical=identical, reason=None)
                              for workload, identical in (("nop", "yes"), ("get_put", "no"), ("mmap_source", "yes"))]
        text = whole(run)
        self.assertIn("Equal by construction", text)
        self.assertIn("| `null+thread` | `removed+thread` | `nop` `mmap_source` |", text)

    def test_pool(self):
        directory = self.copy()
        self.assertIsNone(self.section(directory, "The pool"))
        self.add_metrics(directory, "buffers_at_rest", [(name, "mixed", "17", "exact", "") for name in ("null+thread",
                                                                                                        "removed+thread")])
        text = self.section(directory, "The pool")
        self.assertIn("| 17 | `null+thread` `removed+thread` |", text)
        self.assertNotIn("Mappings", text)

    def test_crossing_of_allocations(self):
        text = self.section(self.run_path, "Allocations")
        self.assertRegex(text, r"\| mmap_res \| pool: thread +\| pool: none +\| pool: frame +\|")
        self.assertRegex(text, r"\| null +\| 1 of 2048 +\| 3 of 4144 +\| - \|")
        self.assertRegex(text, r"\| removed +\| 1 of 2048 +\| 3 of 4144 +\| 2 of 4096 \|")
        self.assertRegex(text, r"\| `get_put` +\| 2 +\| 2096 +\| `null\+none`")

    def test_crossing_of_allocations_shows_no_figure_that_is_not_exact(self):
        directory = self.copy()

        def spoil(header, rows):
            for row in rows:
                if row[:3] == ["null+none", "to_string_1k", "allocated_bytes_per_op"]:
                    row[3:] = ["", "not available", "nobody counted"]
                if row[:3] == ["null+thread+three", "to_string_1k", "allocations_per_op"]:
                    row[3] = "7"
        self.edit(directory, "metrics.csv", spoil)
        text = self.section(directory, "Allocations")
        self.assertRegex(text, r"\| null +\| - +\| - +\| - \|")
        self.assertIn("`null+none`: `to_string_1k`, allocated_bytes_per_op: not available: nobody counted", text)

    def test_class_waste(self):
        text = self.section(self.run_path, "Size classes")
        self.assertRegex(text, r"\| `class_sweep` +\| 1000 +\| 98\.5 +\| 3 +\| `null\+thread\+three` `removed\+thread\+three`")
        self.assertRegex(text, r"\| `trace:npm-install` +\| 1000 +\| 6\.25 +\| 3 +\| `null\+thread\+fine` \|")
        self.assertIn("A request of 48 bytes wastes 97.25 % with classes `three`", text)
        self.assertIn("three by `null+thread+three`", text)
        self.assertRegex(text, r"\| Up to, bytes +\| ten +\| three +\| fine +\|")
        self.assertRegex(text, r"\| 64 +\| 62\.5 +\| 93\.75 +\| 6\.25 +\|")

    def test_a_variant_that_wastes_otherwise_stands_alone(self):
        directory = self.copy()

        def change(header, rows):
            for row in rows:
                if row[:3] == ["removed+thread", "class_sweep", "class_waste_percent_to_32"]:
                    row[3] = "11.5"
        self.edit(directory, "metrics.csv", change)
        waste = subject.ClassWaste(RunDirectory(directory))
        self.assertEqual(waste.variants["ten (removed+thread)"], "removed+thread")
        self.assertEqual(waste.curves["ten (removed+thread)"][0], (32, 11.5))
        self.assertEqual(waste.curves["ten"][0], (32, 91.25))

    def test_class_waste_that_was_not_counted(self):
        directory = self.copy()

        def spoil(header, rows):
            for row in rows:
                if row[2].startswith("class_waste"):
                    row[3:] = ["", "not available", "nobody counted"]
        self.edit(directory, "metrics.csv", spoil)
        self.assertIn("**Size classes.** Not in this run: metrics.csv has no class_waste_percent", self.section(directory, "The experiments"))
        self.assertIn("class_waste", dict(subject.figures(RunDirectory(directory))))
        self.assertIsNotNone(dict(subject.figures(RunDirectory(directory)))["class_waste"])

    def test_planned_processes(self):
        directory = self.copy()
        columns = [name for name, _, _ in rundir.schema()["cells"][1]]
        row = dict(panel="field", workload="get_put", purpose="claims", processes="23", error_share="1")
        write(directory / "cells.csv", columns, [[row.get(name, "") for name in columns]])
        with unittest.mock.patch.object(subject, "MOST_ROWS_OPEN", 10 ** 6):
            self.assertRegex(render(directory), r"\| field +\| `get_put` +\| 20 +\| 23 \(claims\)")
        (directory / "cells.csv").unlink()
        self.assertNotIn("(claims)", render(directory))

    def test_effects_that_differ_between_machine_states(self):
        directory = self.copy()
        text = self.section(directory, "The state of the machine")
        self.assertRegex(text, r"during 7[0-9.]+ % of the blocks no other thread of the core was busy, during 20[0-9.]* % one was")
        self.assertIn("No effect was seen in both states.", text)
        columns = [name for name, _, _ in rundir.schema()["state_effects"][1]]

        def rows(contrast, differs, change):
            row = dict(panel="field", contrast=contrast, workload="get_put", unit="percent", scale="relative", confidence="0.99",
                       processes="20", processes_both="17" if change else "0", differs=differs, change=change,
                       change_low=change and "2", change_high=change and "4")
            return [[{**row, "state": state, "estimate": estimate, "ci_low": low, "ci_high": high}.get(name, "") for name in columns]
                    for state, estimate, low, high in (("quiet", "-11", "-12", "-10"), ("shared", "-14", "-16", "-13"))]

        write(directory / "state_effects.csv", columns, rows("pool_main", "no", "3"))
        text = self.section(directory, "The state of the machine")
        self.assertIn("Of 1 effects on their scales none is shown to differ between the two.", text)
        self.assertNotIn("| `pool_main` |", text)
        write(directory / "state_effects.csv", columns, rows("pool_main", "no", "3") + rows("field_main", "yes", ""))
        text = self.section(directory, "The state of the machine")
        self.assertNotIn("| `pool_main` |", text)
        self.assertRegex(text, r"\| `field_main` +\| `get_put` +\| -11.*\[-12.*\| -14.*\[-16.*no process had both \| 20, 20, 0")
        write(directory / "state_effects.csv", columns, rows("field_main", "yes", "3"))
        self.assertRegex(self.section(directory, "The state of the machine"), r"\| 3.*\[2.*4.*\] % +\| 20, 20, 17 \|")

    def test_sweep_is_turned_to_the_pooled_buffer(self):
        from wording import turned
        row = dict(estimate=-20.0, ci_low=-50.0, ci_high=0.0, words="faster by")
        self.assertEqual(turned(row), dict(estimate=25.0, ci_low=0.0, ci_high=100.0, words="slower by"))
        sweep = subject.Sweep(RunDirectory(self.run_path))
        self.assertEqual(list(sweep.sizes.values()), [16, 1024, 65536])
        self.assertEqual(sweep.pairs, {"removed+frame": (subject.ORIGINAL, True), "direct": (subject.DIRECT, False)})
        text = self.section(self.run_path, "Sizes")
        self.assertRegex(text, r"\| 65536 +\| slower by .* \| faster by ")

    def test_no_sweep_of_fewer_than_three_sizes(self):
        directory = self.copy()
        self.edit(directory, "levels.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if row[header.index("workload")] != "to_string_16"]))
        self.assertIn("**Sizes.** Not in this run: levels.csv has too few sizes", self.section(directory, "The experiments"))

    def test_many_workloads_make_pages(self):
        run = RunDirectory(self.run_path)
        own = [row for row in subject.exploratory_effects(run) if row["workload"] == "get_put"]
        for index in range(20):
            run.effects += [dict(row) | {"workload": f"more_{index}"} for row in own]
        pages = subject.effect_pages(run)
        self.assertGreater(len(pages), 3)
        self.assertTrue(all(len(rows) <= subject.MOST_OF_A_FOREST for rows in pages.values()))
        text = " ".join(whole(run).split())
        for name in pages:
            self.assertIn(f"(../figures/{name}.png)", text)
        self.assertRegex(text, r"Those are 10 of \d+ effects, the ones that matter most; all of them: \[effects\.csv\]\(\.\./effects\.csv\)")


class Ranking(WithRun):
    """Every single choice, by what leaving the original's design for it does to the op."""

    def ranking(self, directory=None):
        return subject.Ranking(RunDirectory(directory or self.run_path))

    def test_largest_first_and_each_once(self):
        rows = self.ranking().rows
        sizes = [abs(row["estimate"]) for _, _, row in rows]
        self.assertEqual(sizes, sorted(sizes, reverse=True))
        others = [other for _, other, _ in rows]
        self.assertEqual(sorted(others), ["direct", "null+none", "null+thread+fine", "null+thread+three", "packed+thread",
                                          "removed+thread"])

    def test_seen_from_the_original_whichever_way_it_was_measured(self):
        run = RunDirectory(self.run_path)
        own = {other: (choice, row) for choice, other, row in self.ranking().rows}
        pool = subject.effect(run, "pool_at_null")
        self.assertEqual((pool["contender"], pool["words"]), ("null+thread", "faster by"))
        choice, turned = own["null+none"]
        self.assertEqual((choice, turned["words"]), ("no pool", "slower by"))
        self.assertAlmostEqual(turned["estimate"], 100 * (1 / (1 + pool["estimate"] / 100) - 1))
        self.assertEqual(own["direct"][1]["estimate"], subject.effect(run, subject.DIRECT)["estimate"])

    def test_pairs_of_several_choices_stand_apart(self):
        self.assertEqual(self.ranking().apart[subject.ORIGINAL], ["mmap_res", "pool"])
        text = render(self.run_path)
        part = " ".join(text[text.index("## What matters"):text.index("## Claims")].split())
        self.assertIn("belong to none of them: `report_comparison` (mmap_res and pool)", part)
        self.assertNotIn("| `removed+frame`", part)

    def test_not_shown_is_hollow_and_the_noise_floor_is_the_twins_reach(self):
        run = RunDirectory(self.run_path)
        rows = [row for _, _, row in self.ranking().rows]
        style.learn(run.variants)
        drawn = figures.draw_ranking(run)
        self.addCleanup(figures.plt.close, drawn)
        axes = drawn.axes[0]
        marks = [line for line in axes.lines if line.get_marker() != "None"]
        hollow = [line.get_markerfacecolor() == "white" for line in marks]
        self.assertEqual(hollow, [row["words"] not in ("faster by", "slower by") for row in rows])
        self.assertIn(True, hollow)
        self.assertIn(False, hollow)
        left = axes.get_xlim()[0]
        for patch, row in zip(axes.patches, rows, strict=True):
            self.assertAlmostEqual(left + patch.get_width(), max(abs(row["twin_low"]), abs(row["twin_high"])))

    def test_smaller_than_the_axis_is_an_arrow_at_its_edge(self):
        run = RunDirectory(self.run_path)
        subject.effect(run, subject.FIELD)["estimate"] = 1e-9
        drawn = figures.draw_ranking(run)
        self.addCleanup(figures.plt.close, drawn)
        arrows = [line for line in drawn.axes[0].lines if line.get_marker() == "<"]
        self.assertEqual([line.get_xdata()[0] for line in arrows], [drawn.axes[0].get_xlim()[0]])

    def test_run_without_it_says_so(self):
        directory = self.copy()
        self.edit(directory, "effects.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if row[header.index("workload")] != subject.OP]))
        text = " ".join(render(directory).split())
        self.assertIn("## What matters Not in this run: effects.csv has no pair with null+thread", text)
        self.assertNotIn("**What matters?**", text)


class RealPrograms(WithRun):
    def text(self, directory):
        text = render(directory)
        return " ".join(re.findall(r"^# What real programs encode\n(.*?)(?=^# )|^## Sizes and real programs(.*?)(?=^## )", text, re.M | re.S)[-1][0].split()
                        if "# What real programs encode" in text else text.split())

    def test_sizes_and_the_time_of_a_call(self):
        run = RunDirectory(self.run_path)
        traces = subject.Traces(run)
        self.assertEqual(traces.sizes, {"trace:npm-install": [(32, 300, 7000), (64, 90, 5400), (65536, 10, 400000)]})
        variant, row = traces.times["trace:npm-install"][0]
        text = self.text(self.run_path)
        self.assertRegex(text, r"\| `trace:npm-install` \| 64 +\| 90 +\| 22.5 % +\| 5400 +\| 1.31 % \|")
        a_call = report.wording.interval(*(row[key] / 400 for key in ("time_ns_per_op", "ci_low_ns", "ci_high_ns")), "ns")
        self.assertIn(f"| `trace:npm-install` | `{variant}` | {row['panel']} | {a_call} |", re.sub(" +", " ", text))

    def test_what_was_not_counted_exactly_is_left_out(self):
        for metric in ("trace_calls_to_64", "trace_input_bytes_to_64"):
            directory = self.copy()

            def spoil(header, rows, metric=metric):
                for row in rows:
                    if row[header.index("metric")] == metric:
                        row[header.index("status")] = "unstable"
            self.edit(directory, "metrics.csv", spoil)
            self.assertEqual([end for end, _, _ in subject.Traces(RunDirectory(directory)).sizes["trace:npm-install"]], [32, 65536])

    def test_run_without_them_says_so(self):
        directory = self.copy()
        self.edit(directory, "metrics.csv", lambda header, rows: rows.__setitem__(
            slice(None), [row for row in rows if not row[header.index("metric")].startswith("trace_")]))
        self.assertIn("Not in this run: metrics.csv has no trace_calls_to", self.text(directory))


class Top(WithRun):
    """What a reader with two minutes sees."""

    QUESTIONS = ("Should the field go?", "What did the original get wrong?", "What matters?", "Which design to ship?", "How sure?")
    MOST_LINES = 60

    def answer(self, directory):
        text = render(directory)
        return text[text.index("## The answer"):text.index("Words:")]

    def test_five_questions_in_order_and_short(self):
        text = render(self.run_path)
        top = text[:text.index("## What matters")]
        self.assertEqual(re.findall(r"^- \*\*(.*?)\*\*", top, re.M), list(self.QUESTIONS))
        self.assertEqual(self.answer(self.run_path).count("\n\n- "), 1)
        self.assertLessEqual(len(top.splitlines()), self.MOST_LINES)

    def test_largest_by_size_and_on_traces(self):
        run = RunDirectory(self.run_path)
        answer = " ".join(self.answer(self.run_path).split())
        row = subject.effect(run, subject.DIRECT, "to_string_16")
        self.assertIn(f"`direct` {report.wording.effect(row)} at 16 B", answer)
        row = subject.effect(run, subject.DIRECT, "trace:npm-install")
        self.assertIn(f"In replays of real programs: {report.wording.effect(row)} on `trace:npm-install`.", answer)

    def test_claims_by_what_they_are_about(self):
        answer = " ".join(self.answer(self.run_path).split())
        self.assertIn("put costs bytes (6); the size of the structure (8)", answer)
        self.assertIn("Open here: the check costs next to nothing (7: not measured yet); removal hardly changes the time (11: neither inside nor "
                      "outside).", answer)
        self.assertIn("Not measured yet: 1, 2, 3, 10, 12, 13, 14, 15 and 16.", answer)

    def test_no_claim_refuted_and_none_open(self):
        directory = self.copy()
        self.edit(directory, "verdicts.csv", lambda header, rows: [row.__setitem__(header.index("verdict"), "confirmed") for row in rows])
        answer = " ".join(self.answer(directory).split())
        self.assertIn("**What did the original get wrong?** No claim is refuted.", answer)
        self.assertNotIn("Open here", answer)

    def test_every_figure_says_what_how_many_and_from_where(self):
        for text in (render(self.run_path),):
            pictures = re.findall(r"^!\[([^]]*(?:\][^(][^]]*)*)\]\((?:run|\.\.)/figures/(\w+)\.png\)\n\n\*(.*?)\(\[SVG\]", text, re.M | re.S)
            self.assertEqual({family(name) for _, name, _ in pictures}, set(FIGURES))
            for alt, name, caption in pictures:
                self.assertGreater(len(alt.split()), 5, name)
                self.assertRegex(caption, r"\bn\s+=\s+[0-9]|\bexact\b|\bn\s+in\s+the\s+key", name)
                self.assertRegex(caption, r"\]\((?:run|\.\.)/[a-z_]+\.csv\)", name)

    def test_tables_are_short(self):
        for name, text in report.render_appendix(RunDirectory(self.run_path)).items():
            for table in re.findall(r"(?:^\|.*\n)+", text, re.M):
                rows = table.count("\n") - len(("head", "rule"))
                self.assertLessEqual(rows, math.inf if name == "glossary.md" else subject.MOST_ROWS_OPEN, f"{name}: {table[:200]}")


    def test_of_a_long_table_the_rows_that_matter_stand_in_their_order(self):
        table = wording.table(("A", "B"), [(str(number), "x") for number in range(30)], [(number % 3 == 0, -number) for number in range(30)])
        text = facts.long(table, "rows", "[a.csv](a.csv)")
        self.assertEqual(re.findall(r"^\| (\d+)", text, re.M), [str(number) for number in range(0, 30, 3)])
        self.assertIn("10 of 30 rows, the ones that matter most; all of them: [a.csv](a.csv)", text)
        self.assertEqual(facts.long(wording.table(("A",), [("x",)] * 25), "rows", "y").count("\n"), 26)

    def test_report_is_one_that_is_read_to_the_end(self):
        text = report.render(RunDirectory(self.run_path), "run")
        self.assertLessEqual(len(text.encode()), MOST_BYTES)
        self.assertLessEqual(text.count("\n"), MOST_LINES)
        self.assertLessEqual(sum(table.count("\n") - len(("head", "rule")) for table in re.findall(r"(?:^\|.*\n)+", text, re.M)), MOST_ROWS)

    def test_every_section_begins_with_its_result(self):
        """With a sentence, before any table or picture; and it has a figure of the run, or one of the words of a verdict."""
        run = RunDirectory(self.run_path)
        for name in (*sections.IN_REPORT, *sections.IN_APPENDIX):
            if sections.absent(name, run) is None:
                lead = sections.section(name).lead(run)
                self.assertRegex(lead, r"^[A-Z0-9`].*\.$", name)
                if name not in ("regenerate", "method"):
                    self.assertRegex(lead, r"\d|[Nn]ot? |remove|keep|Refuted", name)

    def test_what_every_section_needs(self):
        for path in (PLOTS / "sections").glob("*.py"):
            if path.stem != "__init__":
                self.assertIn(path.stem, (*sections.IN_REPORT, *sections.IN_APPENDIX))
                self.assertTrue(path.with_suffix(".md.j2").exists(), path)

    def test_no_empty_page_is_left_over(self):
        directory = self.copy()
        self.assertEqual(run_script("report.py", directory, "--output", directory.parent / "R.md").returncode, 0)
        (directory / "appendix" / "mine.md").write_text("kept")
        self.assertTrue((directory / "appendix" / "classes.md").exists())
        self.edit(directory, "metrics.csv", lambda header, rows: rows.__setitem__(slice(None), [row for row in rows if not row[2].startswith("class_")]))
        self.assertEqual(run_script("report.py", directory, "--output", directory.parent / "R.md").returncode, 0)
        self.assertFalse((directory / "appendix" / "classes.md").exists())
        self.assertTrue((directory / "appendix" / "mine.md").exists())

    def test_appendix_links_lead_somewhere(self):
        directory = self.copy()
        self.assertEqual(run_script("figures.py", directory).returncode, 0)
        self.assertEqual(run_script("report.py", directory, "--output", directory.parent / "R.md").returncode, 0)
        for page in (directory.parent / "R.md", *(directory / "appendix").glob("*.md")):
            for target in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.name}: {target}")

    def test_text_and_figure_have_one_sign(self):
        """The table's figures and regions are those that the figure draws, for every part on time."""
        run = RunDirectory(self.run_path)
        cells, drawn = part_cells(render(self.run_path)), figures.claim_items(run)
        parts = subject.timing_parts(run)
        self.assertIn(-1, [part["sign"] for part in parts])
        for part, item in zip(parts, drawn, strict=True):
            own = cells[f"{part['verdict']['claim']}{part['verdict']['part']}"]
            self.assertEqual(own[1], wording.interval(item["estimate"], item["low"], item["high"], item["unit"]))
            ends = [float(text) for text in re.findall(r"-?(?:inf|\d+(?:\.\d+)?)", own[2])]
            self.assertEqual(tuple(ends), tuple(float(wording.number(end)) for end in item["region"]))

    def test_another_machine_is_set_beside(self):
        other = self.copy()

        def change(header, rows):
            for row in rows:
                if row[:2] == ["4", "b"]:
                    row[header.index("verdict")] = "confirmed"
        self.edit(other, "verdicts.csv", change)
        output = other.parent / "R.md"
        self.assertEqual(run_script("report.py", self.run_path, "--beside", other, "--output", output).returncode, 0)
        text = " ".join(output.read_text().split())
        self.assertRegex(text, r"`run`: \d+ of 27 parts of the claims have the same verdict there, 1 the opposite one\.")
        self.assertRegex(text, r"\| 4b: [^|]*\| refuted +\| confirmed \|")
        self.assertRegex(text, r"encbench report \S+ --beside \S*run ")


class Say(WithRun):
    """The last words of `report` on the terminal."""

    MOST_LINES, MOST_COLUMNS = 10, 80

    def said(self, directory):
        output = directory.parent / "said.md"
        done = run_script("report.py", directory, "--output", output, "--say")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        lines = done.stdout.splitlines()
        self.assertLessEqual(len(lines), self.MOST_LINES)
        for line in lines:
            self.assertLessEqual(len(line), self.MOST_COLUMNS, line)
        self.assertTrue(output.exists())
        return lines, output

    def test_result_and_where_the_report_is(self):
        lines, output = self.said(self.copy())
        field = report.wording.effect(subject.effect(RunDirectory(self.run_path), subject.FIELD))
        self.assertEqual(lines[0], f"field    removed: {field} on to_string_1k")
        self.assertIn("bytes    chunk: 64 with the field, 48 with it moved, 48 without", lines)
        self.assertIn("claims   refuted: 4, 5, 6, 8 and 9; not resolvable here:", "\n".join(lines))
        self.assertRegex(lines[-1], rf"^report +{re.escape(str(output))}$")

    def test_a_look_is_not_for_conclusions(self):
        directory = self.copy()
        self.edit(directory, "controls.csv", lambda header, rows: rows[0].__setitem__(header.index("status"), "not measured"))
        self.assertIn("not for conclusions", " ".join(self.said(directory)[0]))
        self.assertNotIn("not for conclusions", " ".join(self.said(self.copy())[0]))

    def test_invalid_run_says_so_first_and_no_time(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        directory = Path(folder.name) / "run"
        report_fixture.write(directory, invalid=True)
        lines, _ = self.said(directory)
        self.assertTrue(lines[0].startswith("INVALID"), lines[0])
        told = " ".join(" ".join(lines).split())
        self.assertIn("planted chain not recovered bytes", told)  # the reason, and whole
        self.assertNotRegex("\n".join(lines), r"faster by|slower by|no difference shown")
        self.edit(directory, "verdicts.csv", lambda header, rows: [row.__setitem__(header.index("verdict"), "run invalid") for row in rows])
        claims = next(line for line in self.said(directory)[0] if line.startswith("claims"))
        self.assertIn("run invalid: 1, 2,", claims)

    def test_edited_files_are_said_first(self):
        lines, _ = self.said(self.edited_copy("failed"))
        self.assertEqual(lines[0], "EDITED   edited since and accepted: contrasts.csv of process 3")
        self.assertEqual(self.said(self.sick_copy())[0][0], "SICK     a on get_put leaves 1 blocks behind in each op")

    def test_nothing_is_said_without_being_asked(self):
        done = run_script("report.py", self.run_path, "--output", self.base / "silent.md")
        self.assertEqual((done.returncode, done.stdout), (0, ""))


class Colours(unittest.TestCase):
    def test_further_variants_are_told_apart(self):
        axes = {"null+thread": ("null", "thread"), "removed+thread": ("removed", "thread"), "three": ("null", "thread"),
                "retained+thread": ("retained", "thread"), "direct": ("na", "direct"), "mine": ("na", "arena")}
        style.learn([dict(variant=name, axis=axis, level=level) for name, levels in axes.items()
                     for axis, level in zip(("mmap_res", "pool"), levels)])
        self.addCleanup(style.learn, [])
        self.assertEqual(style.variant("three"), style.VARIANT["null+thread"])
        self.assertEqual(style.variant("direct"), style.BLACK)
        self.assertEqual(style.variant("mine"), style.OTHER)
        looks = [(style.variant(name), style.marker(name)) for name in axes]
        self.assertEqual(len(set(looks)), len(looks))


class Status(WithRun):
    def head(self, **options):
        directory = self.base / "-".join(f"{key}-{value}" for key, value in options.items())
        report_fixture.write(directory, **options)
        text = render(directory)
        return text, text[:text.index("## The answer")], text[text.index("## The answer"):text.index("Words:")]

    def test_valid_run_says_nothing_of_it(self):
        text = render(self.run_path)
        self.assertNotIn("RUN INVALID", text)
        self.assertNotIn("Not for conclusions", text)

    def test_invalid_run_says_so_first(self):
        text, top, answer = self.head(invalid=True)
        self.assertRegex(text, r"\A# .*\n\n> \*\*RUN INVALID")
        self.assertIn("planted chain not recovered", top)
        self.assertIn("On time this run says nothing", answer)
        self.assertNotRegex(answer, r"(faster|slower) by|equivalent within|no difference shown")

    def test_a_part_that_is_invalid_makes_no_run_invalid(self):
        directory = self.copy()

        def spoil(header, rows):
            for row in rows:
                if row[0] == "4" and row[1] == "a":
                    row[header.index("verdict")], row[header.index("reason")] = "run invalid", "control planted failed (design to_string_1k)"
        self.edit(directory, "verdicts.csv", spoil)
        text = render(directory)
        self.assertNotIn("RUN INVALID", text)
        self.assertNotIn("On time this run says nothing.", text)
        self.assertRegex(text, r"control planted failed \\?\(design to_string_1k")

    def test_blind_cell_that_decides_claims_is_said_first(self):
        directory = self.copy()

        def blind(header, rows):
            for row in rows:
                if row[0] == "chain_planted":
                    for column, value in (("status", "imprecise"), ("reason", "too imprecise: 20 cycles"), ("blinds", "deciding cell")):
                        row[header.index(column)] = value
        self.edit(directory, "controls.csv", blind)
        text = render(directory)
        self.assertRegex(text, r"\A# .*\n\n> \*\*Blind where claims are decided(.*\n)*> - control `chain_planted` imprecise on field to_string_1k"
                               r".*too imprecise: 20 cycles")
        self.assertIn("1 too imprecise", text)
        self.assertNotIn("RUN INVALID", text)
        done = run_script("report.py", directory, "--output", directory / "said.md", "--say")
        self.assertRegex(done.stdout, r"(?m)^BLIND +control chain_planted imprecise on field to_string_1k")
        self.assertRegex(done.stdout, r"(?m)^field ")

    def test_not_for_conclusions(self):
        _, top, _ = self.head(for_conclusions="no")
        self.assertIn("Not for conclusions", top)

    def test_a_failed_control_where_nothing_is_concluded_is_told_but_invalidates_nothing(self):
        text, top, answer = self.head(invalid=True, for_conclusions="no")
        self.assertNotIn("RUN INVALID", text)
        self.assertRegex(top, r"Not for conclusions(.*\n)*> - control `.*planted chain not recovered")
        self.assertNotIn("On time this run says nothing.", answer)

    def test_a_fact_of_the_run_hides_no_banner(self):
        """The control `profile` alone says whether times are concluded from."""
        for options, fact, banner in ((dict(invalid=True), "no", "RUN INVALID"), (dict(for_conclusions="no"), "yes", "Not for conclusions")):
            directory = self.base / f"fact-{fact}"
            report_fixture.write(directory, **options)
            self.edit(directory, "run.csv", lambda header, rows, fact=fact: rows.append(["for_conclusions", fact]))
            self.assertIn(banner, render(directory))
        self.edit(directory, "controls.csv", lambda header, rows: rows.pop(0))
        with self.assertRaisesRegex(InputError, "controls.csv: lacks the control profile; run `encbench analyse .*` again"):
            render(directory)

    def test_edited_files_are_said_first(self):
        self.assertRegex(" ".join(render(self.edited_copy("failed")).split()),
                         r"\A# [^>]*> \*\*Not as measured\.\*\* Raw files were edited since and accepted: contrasts\.csv of process 3\.")
        self.assertNotIn("Not as measured", render(self.edited_copy("holds")))

    def test_sick_ops_are_said_first(self):
        directory = self.sick_copy()
        self.assertRegex(" ".join(render(directory).split()), r"\A# [^>]*> \*\*An op is sick\.\*\* a on get_put leaves 1 blocks behind in each op\.")
        self.assertNotIn("is sick", render(self.copy()))

    def test_incomplete(self):
        directory = self.copy()
        self.edit(directory, "run.csv", lambda header, rows: [row.__setitem__(1, "no") for row in rows if row[0] == "complete"])
        self.assertIn("This run is not complete", render(directory))

    def test_answer_follows_the_data(self):
        """Every answer rests on words that say so: what is not faster is not therefore anything else."""
        speed = {"faster by": "For speed, yes.", "slower by": "Not for speed.", "equivalent within": "For speed it makes no difference that",
                 "equal by construction": "For speed it is the same: so is the code."}
        ship = {"faster by": "`direct`, encoding into the result with no buffer at all: against",
                "slower by": "The pooled buffer stands: `direct`, with no buffer at all, is slower: against",
                "equivalent within": "Time does not decide", "equal by construction": "Time does not decide"}
        stays = {"faster by": "stays: pooled, without", "slower by": "stays: unpooled, without", "equivalent within": "stays: pooled or not, without",
                 "equal by construction": "stays: pooled or not, without"}
        sentences = (("Should the field go", speed, "Speed does not say."), ("Which design to ship", ship, "Time does not say"),
                     ("Which design to ship", stays, "; whether pooled: "))
        nothing = ("Of speed nothing can be said here.", "Nothing can be said here of the time that `direct`", "; whether pooled: ")
        run = RunDirectory(self.run_path)
        for words in rundir.WORDS["effects", "words"]:
            for row in run.effects:
                if row["workload"] == subject.OP and row["kind"] in ("pair", "main"):
                    row["words"], row["reason"] = words, "for a reason" if words == facts.UNRESOLVED else None
            answer = self.answer_of(run)
            for place, (question, known, otherwise) in enumerate(sentences):
                own = re.search(rf"\*\*{question}\?\*\*(.*?)(?=- \*\*|$)", answer).group(1)
                expected = known.get(words, nothing[place] if words in (facts.UNRESOLVED, "single layout") else otherwise)
                self.assertIn(expected, own, words)
                for other in {*known.values(), otherwise, nothing[place]} - {expected}:
                    self.assertNotIn(other, own, words)
                if words == facts.UNRESOLVED:
                    self.assertIn("; for a reason)", own)

    @staticmethod
    def answer_of(run):
        """In one line."""
        text = whole(run)
        return " ".join(text[text.index("## The answer"):text.index("Words:")].split())

    def test_bytes_say_nothing_where_they_are_not_exact(self):
        run = RunDirectory(self.run_path)
        for metric, gone in (("struct_heap_bytes", ("Bytes say", "chunk is", "If a buffer stays")), ("struct_bytes", ("Bytes say", "sizeof", "structure goes from"))):
            spoilt = [row for row in run.metrics if row["metric"] == metric and row["variant"].startswith("removed")]
            for row in spoilt:
                row["status"] = "unstable"
            text = whole(run)
            answer = text[text.index("## The answer"):text.index("Words:")]
            for words in gone[:-1]:
                self.assertNotIn(words, answer)
            self.assertNotIn(gone[-1], text[:text.index("## The experiments")])
            for row in spoilt:
                row["status"] = "exact"

    def test_every_words_have_their_sentence(self):
        contract = set(rundir.WORDS["effects", "words"])
        self.assertEqual((set(facts.FOR_SPEED), set(facts.TO_SHIP)), (contract, contract))

    def test_nothing_is_concluded_from_a_run_that_resolves_nothing(self):
        """No verdict, no words and no interval: of time nothing is left but that, and why."""
        run = RunDirectory(self.run_path)
        for row in run.effects:
            row["words"], row["reason"], row["ci_low"], row["ci_high"], row["mde"] = facts.UNRESOLVED, "as nothing is resolved", -100.0, math.inf, math.inf
        for row in run.verdicts:
            row["verdict"], row["brief"] = facts.UNRESOLVED, "as nothing is resolved"
        text = " ".join(whole(run).split())
        concluded = "|".join((r"(faster|slower) by \S+ \[", r"equivalent within \d", "no difference shown", "buffer stands", "For speed, yes", "Not for speed",
                              "as it says", "the test sees it", "is not the field's", "do not stand here", "has a part in it", "every claim stands",
                              "stays: (un)?pooled", "is not shown to be faster", "For speed it"))
        self.assertEqual([found.group() for found in re.finditer(concluded, text)], [])
        self.assertIn("none is shown to change its time; not resolvable here: ", text)
        self.assertIn("are without a verdict here: ", text)
        self.assertIn("Pooled, the op makes 1 allocation here: not resolvable here.", text)

    def test_claims_that_are_open_do_not_stand_on_evidence(self):
        directory = self.copy()
        for file in ("claims.csv", "verdicts.csv"):  # of those whose way the original had evidence for
            self.edit(directory, file, lambda header, rows: rows.__setitem__(slice(None), [row for row in rows if row[0] in ("1", "2", "13", "14")]))
        self.edit(directory, "verdicts.csv", lambda header, rows: [row.__setitem__(header.index("verdict"), facts.UNRESOLVED) for row in rows])
        self.assertIn("None of these claims is refuted here; that does not confirm them.", " ".join(render(directory).split()))
        self.edit(directory, "verdicts.csv", lambda header, rows: [row.__setitem__(header.index("verdict"), "confirmed") for row in rows])
        self.assertIn("Nothing: every claim stands, and stood on evidence.", " ".join(render(directory).split()))

    def test_layouts_are_fresh_where_they_were(self):
        run = RunDirectory(self.run_path)
        self.assertIn("processes an effect, each with fresh layouts;", self.answer_of(run))
        before = [row["layout"] for row in run.processes]
        for which, layout, expected in ((lambda row: True, "single", "all in the one layout that each variant has;"),
                                        (lambda row: row["variant"] == "direct", "single", "each with fresh layouts, but `direct` in one layout;"),
                                        (lambda row: row["variant"] == "direct", "0+1", "each with fresh layouts, but `direct` in one layout;"),
                                        (lambda row: row["variant"] == "direct" and row["process"] % 2, "0+1",
                                         "each with fresh layouts, but `direct` in layouts of which some came again;")):
            for row, own in zip(run.processes, before):
                row["layout"] = layout if which(row) else own
            text = " ".join(whole(run).split())
            self.assertIn(f"processes an effect, {expected}", text)
            self.assertEqual("with a layout of its own" in text, expected[:3] != "all")
            self.assertEqual("The state of the machine alone moves" in text, expected[:3] == "all")

    def test_run_without_the_op_says_so(self):
        directory = self.copy()
        for file in ("effects.csv", "contrasts.csv"):
            self.edit(directory, file, lambda header, rows: rows.__setitem__(
                slice(None), [row for row in rows if row[header.index("workload")] != subject.OP]))
        text = render(directory)
        self.assertIn(f"it did not measure `{subject.FIELD}`", " ".join(text.split()))
        self.assertIn("*No figure here: contrasts.csv lacks", " ".join(text.split()))


class BadInput(WithRun):
    def refused(self, directory, *expected):
        for script, arguments in (("report.py", ["--output", directory.parent / "out.md"]), ("figures.py", [])):
            done = run_script(script, directory, *arguments)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(done.stdout, "")
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            for text in expected:
                self.assertIn(text, done.stderr)
        self.assertFalse((directory.parent / "out.md").exists())
        self.assertFalse((directory / "figures").exists())

    def test_no_directory(self):
        self.refused(self.base / "nowhere", str(self.base / "nowhere"), "not a directory")

    def test_each_missing_file(self):
        files = report.RunDirectory(self.run_path).files
        for file in (files[table] for table in rundir.TABLES):
            directory = self.copy()
            (directory / file).unlink()
            with self.assertRaisesRegex(InputError, re.escape(str(directory / file)) + ": No such file"):
                RunDirectory(directory)
        self.refused(directory, str(directory / file))

    def test_missing_column(self):
        directory = self.copy()

        def drop(header, rows):
            place = header.index("mde")
            for row in [header, *rows]:
                del row[place]
        self.edit(directory, "effects.csv", drop)
        self.refused(directory, str(directory / "effects.csv") + ":1", "column mde is missing")

    def test_unknown_column_and_order(self):
        directory = self.copy()
        self.edit(directory, "levels.csv", lambda header, rows: [row.append("1") for row in rows] and header.append("extra"))
        with self.assertRaisesRegex(InputError, "levels.csv:1: column extra is unknown"):
            RunDirectory(directory)
        directory = self.copy()
        self.edit(directory, "run.csv", lambda header, rows: header.reverse())
        with self.assertRaisesRegex(InputError, "run.csv:1: columns are in another order"):
            RunDirectory(directory)

    def bad_cell(self, file, column, value, expected, line=2):
        directory = self.copy()
        self.edit(directory, file, lambda header, rows: rows[line - 2].__setitem__(header.index(column), value))
        with self.assertRaisesRegex(InputError, expected) as caught:
            RunDirectory(directory)
        self.assertIn(f"{directory / file}:{line}: column {column}", str(caught.exception))

    def test_bad_cells(self):
        self.bad_cell("effects.csv", "estimate", "nan", "'nan', expected a number")
        self.bad_cell("effects.csv", "estimate", "0x1p3", "expected a number", line=3)
        self.bad_cell("effects.csv", "processes", "2.5", "expected an integer")
        self.bad_cell("effects.csv", "estimate", "", "required")
        self.bad_cell("effects.csv", "estimate", "1e999", "expected a number")
        self.bad_cell("effects.csv", "estimate", "01", "expected a number")
        self.bad_cell("effects.csv", "processes", "020", "expected an integer")
        self.bad_cell("effects.csv", "processes", str(2 ** 63), "expected an integer")
        self.bad_cell("controls.csv", "subject", "a\u202eb", "expected text without quotes")
        self.bad_cell("controls.csv", "subject", "a\x1b[2J", "expected text without quotes")
        self.bad_cell("effects.csv", "words", "the same as", "expected faster by or")
        self.bad_cell("verdicts.csv", "verdict", "true", "expected confirmed or")
        self.bad_cell("run.csv", "key", "schema_version", "each key once", line=3)

    def test_torn_last_line(self):
        directory = self.copy()
        path = directory / "verdicts.csv"
        path.write_bytes(path.read_bytes()[:-1])
        self.refused(directory, str(path), "torn")

    def test_cut_row_and_empty_file(self):
        directory = self.copy()
        path = directory / "metrics.csv"
        lines = path.read_text().splitlines()
        path.write_text("\n".join([*lines[:4], lines[4].rpartition(",")[0]]) + "\n")
        with self.assertRaisesRegex(InputError, "metrics.csv:5: 5 cells, expected 6"):
            RunDirectory(directory)
        path.write_text("")
        with self.assertRaisesRegex(InputError, "metrics.csv: empty"):
            RunDirectory(directory)

    def test_what_is_no_file_of_rows_is_refused_before_it_is_read(self):
        pipe, device, large = self.copy(), self.copy(), self.copy()
        (pipe / "metrics.csv").unlink()
        os.mkfifo(pipe / "metrics.csv")
        self.refused(pipe, f"{pipe}/metrics.csv: is a pipe")
        (device / "claims.csv").unlink()
        (device / "claims.csv").symlink_to("/dev/zero")
        self.refused(device, f"{device}/claims.csv: is a device")
        os.truncate(large / "growth.csv", rundir.MOST_BYTES + 1)
        self.refused(large, f"{large}/growth.csv: more than {rundir.MOST_BYTES} bytes of text")
        self.assertIn(f"CSV_TEXT_BYTES_MAX = 1 << {rundir.MOST_BYTES.bit_length() - 1} ", (ROOT / "harness/store/csv.h").read_text())

    def test_file_that_gnuplot_reads_is_looked_at_before(self):
        directory = self.copy()
        (directory / "heap.csv").unlink()
        os.mkfifo(directory / "heap.csv")
        for script in ("figures.py", "terminal.py"):
            done = run_script(script, directory)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
            self.assertIn("heap.csv: is a pipe", done.stderr)

    def test_facts_of_the_run(self):
        for key in ("schema_version", "complete", "seed"):
            directory = self.copy()
            self.edit(directory, "run.csv", lambda header, rows, key=key: rows.__setitem__(
                slice(None), [row for row in rows if row[0] != key]))
            with self.assertRaisesRegex(InputError, f"run.csv: key {key} is missing"):
                RunDirectory(directory)
        directory = self.copy()
        self.edit(directory, "run.csv", lambda header, rows: [row.__setitem__(1, "999") for row in rows
                                                              if row[0] == "schema_version"])
        self.refused(directory, "run.csv", "schema_version", "'999'")

    def test_duplicate_row(self):
        directory = self.copy()
        self.edit(directory, "effects.csv", lambda header, rows: rows.extend(
            [row for row in rows if row[header.index("contrast")] == subject.FIELD]))
        with self.assertRaisesRegex(InputError, r"effects.csv:\d+: a second row"):
            render(directory)

    def test_usage(self):
        for arguments in ([], ["--nonsense", self.run_path], [self.run_path]):
            done = run_script("report.py", *arguments)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)

    def test_output_that_cannot_be_written(self):
        done = run_script("report.py", self.run_path, "--output", self.base / "no" / "such" / "R.md")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertIn("R.md: cannot be written", done.stderr)
        before = (self.run_path / "effects.csv").read_bytes()
        done = run_script("report.py", self.run_path, "--output", self.run_path / "effects.csv")
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertIn("effects.csv: is the name of a table", done.stderr)
        self.assertEqual((self.run_path / "effects.csv").read_bytes(), before)


class Figures(WithRun):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.first = cls.draw(cls.run_path, "1")

    @staticmethod
    def draw(directory, seed):
        done = run_script("figures.py", directory, hash_seed=seed)
        if done.returncode != 0 or done.stderr:
            raise AssertionError(done.stderr)
        return {path.name: path.read_bytes() for path in sorted((directory / "figures").iterdir())}

    def test_all_exist_and_hold_something(self):
        names = {name for name, missing in subject.figures(RunDirectory(self.run_path)) if missing is None}
        self.assertEqual({family(name) for name in names}, set(FIGURES))
        self.assertEqual(set(self.first), {f"{name}.{kind}" for name in names for kind in ("png", "svg")})
        for name, content in self.first.items():
            if name.endswith(".png"):
                self.assertTrue(content.startswith(b"\x89PNG"), name)
                self.assertEqual(int.from_bytes(content[16:20], "big"), 1280, name)
                self.assertNotIn(b"tIME", content)
            else:
                self.assertIn(b"</svg>", content)
            self.assertGreater(len(content), 5000, name)

    def test_same_bytes_in_another_place(self):
        other = self.copy()
        shutil.rmtree(other / "figures")
        for name, content in self.draw(other, "2").items():
            self.assertEqual(content, self.first[name], name)

    def test_no_text_is_cut(self):
        """Every text of every figure that matplotlib draws lies within the canvas."""
        run = RunDirectory(self.run_path, raw=True)
        style.learn(run.variants)
        pages = subject.effect_pages(run)
        for name, missing in subject.figures(run):
            if missing is not None or name in figures.WRITE:
                continue
            with figures.matplotlib.rc_context(style.RC):
                drawn = figures.DRAW[name](run) if name in figures.DRAW else figures.draw_effects(pages[name], run)
                self.addCleanup(figures.plt.close, drawn)
                drawn.canvas.draw()
                for text in self.texts_of(drawn):
                    box, canvas = text.get_window_extent(), drawn.bbox
                    self.assertTrue(canvas.x0 - 1 <= box.x0 and box.x1 <= canvas.x1 + 1 and canvas.y0 - 1 <= box.y0 and box.y1 <= canvas.y1 + 1,
                                    f"{name}: {text.get_text()} at {box} of {canvas}")

    @staticmethod
    def texts_of(drawn):
        """All that are drawn: ticks beyond the ends of an axis are made and left out."""
        unseen = set()
        for axes in drawn.axes:
            for axis, (low, high) in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
                unseen |= {tick.label1 for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()) if not low <= tick.get_loc() <= high}
        return [text for text in drawn.findobj(figures.matplotlib.text.Text) if text.get_visible() and text.get_text().strip() and text not in unseen]

    def test_gnuplot_drew_both_curves_to_the_top(self):
        curves = re.findall(rb"<path stroke='rgb\([^']*\)'\s+d='(M[^']*)'", self.first["spread.svg"])
        steps = [curve for curve in curves if curve.count(b"L") + curve.count(b" ") > 2 * report_fixture.PROCESSES - 4]
        self.assertGreaterEqual(len(steps), 2)

    def test_changed_data_changes_the_figure(self):
        other = self.copy()

        def change(header, rows):
            for row in rows:
                for column in ("estimate", "ci_low", "ci_high", "log_ratio", "time_ns_per_op", "ci_low_ns", "ci_high_ns", "low", "value"):
                    if column in header and row[header.index(column)]:
                        row[header.index(column)] = repr(float(row[header.index(column)]) * 1.3)
        for file in ("verdicts.csv", "effects.csv", "levels.csv", "contrasts.csv", "calibration.csv"):
            self.edit(other, file, change)
        self.edit(other, "layout.csv", lambda header, rows: rows.pop())
        self.edit(other, "metrics.csv", lambda header, rows: [row.__setitem__(3, "77.5") for row in rows
                                                              if row[2] == "class_waste_percent_to_32"])
        self.edit(other, "heap.csv", lambda header, rows: [row for row in rows if row[:2] == ["null+thread", "to_string_1k"]][-1].__setitem__(
            header.index("live_bytes"), "54321"))
        again = self.draw(other, "1")
        for name in self.first:
            self.assertNotEqual(again[name], self.first[name], name)

    def test_link_for_a_folder_is_refused_and_nothing_there_is_touched(self):
        directory = self.copy()
        elsewhere = directory.parent / "elsewhere"
        elsewhere.mkdir()
        for name in ("effects_9.png", "claims.png"):
            (elsewhere / name).write_text("mine")
        shutil.rmtree(directory / "figures")
        (directory / "figures").symlink_to(elsewhere)
        done = run_script("figures.py", directory)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1), done.stderr)
        self.assertIn(f"{directory}/figures: is a link", done.stderr)
        self.assertEqual({path.name: path.read_text() for path in elsewhere.iterdir()}, {"effects_9.png": "mine", "claims.png": "mine"})

    def test_nothing_but_old_pages_is_removed(self):
        directory = self.copy()
        own = {"effects_thesis.xlsx", "effects_thesis.png", "effects_9.txt", "effects_09.png", "effects_9.png.bak"}
        for name in own | {"effects_9.png", "effects_12.svg"}:
            (directory / "figures" / name).write_text("mine")
        with unittest.mock.patch.object(subject, "figures", lambda run: []):
            figures.main([str(directory)])
        left = {path.name for path in (directory / "figures").iterdir() if path.read_bytes() == b"mine"}
        self.assertEqual(left, own)

    def test_figure_without_rows_is_not_left_over(self):
        other = self.copy()
        self.edit(other, "contrasts.csv", lambda header, rows: rows.clear())
        self.assertNotIn("spread.png", self.draw(other, "1"))

    def test_unbounded_intervals_can_be_drawn_and_told(self):
        other = self.copy()

        def unbound(header, rows):
            for row in rows:
                for column, value in (("ci_low", "-inf"), ("ci_high", "inf"), ("ci_low_ns", "-inf"), ("ci_high_ns", "inf"),
                                      ("mde", "inf"), ("twin_low", "-inf"), ("twin_high", "inf"), ("twin_bound", "inf")):
                    if column in header and row[header.index(column)]:
                        row[header.index(column)] = value
        for file in ("verdicts.csv", "effects.csv", "levels.csv"):
            self.edit(other, file, unbound)
        self.assertEqual(set(self.draw(other, "1")), set(self.first))
        self.assertIn("[-inf, inf] %", render(other))

    def test_variants_have_colours_of_their_own(self):
        names = report_fixture.read_variants()
        self.assertEqual(set(names) - set(style.VARIANT), set())
        self.assertEqual(len(set(style.VARIANT.values())), len(style.VARIANT))


class HeapPlaces(unittest.TestCase):
    @staticmethod
    def rows(*classes):
        return [{"variant": name, "class": name_of_class, "live_bytes_at_rest": live, "mapped_bytes_at_rest": mapped}
                for name, name_of_class, live, mapped in classes]

    def test_variants_that_behave_alike_are_one_curve(self):
        rows = self.rows(("a", "retaining", 8800, 0), ("b", "retaining", 8816, 0), ("c", "bounded", 0, 0), ("d", "retaining", 66000, 0),
                         ("e", "growing", 66100, 0), ("f", "growing", 66100, 0), ("g", "bounded", None, None), ("h", "retaining", 8900, 90000))
        self.assertEqual([[row["variant"] for row in group] for group in gnuplot.heap_groups(rows)],
                         [["a", "b"], ["c", "g"], ["d"], ["e"], ["f"], ["h"]])
        self.assertEqual(gnuplot.heap_title(rows[:1]), "retaining: a")
        self.assertEqual(gnuplot.heap_title(rows[:2]), "retaining: a and 1 more")
        self.assertEqual(gnuplot.heap_title(rows[:3]), "retaining: a and 2 more")
        self.assertEqual(gnuplot.heap_groups([]), [])


# Digits that may stand in prose and scripts: names, colours, formats and sizes on paper; no figure of any run.
VARIANTS = [line.split()[0] for line in (PLOTS.parent / "variants/variants.txt").read_text().splitlines() if line[:1] not in "#"]
NAMES = (*sorted(VARIANTS, key=len, reverse=True),
         ".md.j2", "decile_1_ns", "decile_9_ns", "live_bytes_per_1000_ops", "mapped_bytes_per_1000_ops", "to_string_1k",
         "report.md.j2", "module.md.j2", "banners.md.j2", "words.md.j2", "compare.md.j2", "_sha256", "_crc32", "cpu_pressure_10_s_percent", "utf-8", "UTF-8")
FORMAT = re.compile(r"0|[.,+]?\d*[fgdeE]|\.1e")
COLOUR = re.compile(r"#[0-9A-F]{6}")


class NoFigureByHand(unittest.TestCase):
    def assert_clean(self, text, where):
        for name in NAMES:
            text = text.replace(name, "")
        self.assertNotRegex(COLOUR.sub("", text), r"\d", where)

    def test_template(self):
        for path in sorted(PLOTS.rglob("*.j2")):
            self.check_template(path)

    def check_template(self, path):
        text = path.read_text()
        strings = [a or b for code in re.findall(r"\{[{%](.*?)[%}]\}", text, re.S) for a, b in
                   re.findall(r'"([^"]*)"|\'([^\']*)\'', code)]
        for line, prose in enumerate(re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", lambda m: "\n" * m.group().count("\n"), text,
                                            flags=re.S).splitlines(), start=1):
            self.assert_clean(prose, f"{path.name}:{line}: {prose}")
        for string in strings:
            if string != "1":  # one allocation, not allocations
                self.assert_clean(string, f"{path.name}: {string!r}")

    def test_strings_of_the_scripts(self):
        for path in sorted(set(PLOTS.rglob("*.py")) - {PLOTS / "rundir.py"}):  # that one only says what is wrong with a file
            tree = ast.parse(path.read_text())
            comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments \
                        and not FORMAT.fullmatch(node.value) and not re.search(r"\\|\[0-9\]|\{2,\}", node.value):
                    self.assert_clean(node.value, f"{path.name}:{node.lineno}: {node.value!r}")

    def test_numbers_of_the_report(self):
        """Indices, powers of ten, counts of digits and the ranges of the files; nothing that could be a measurement."""
        allowed = {0, 1, 2, 3, 5, 6, 10, 12, 20, 25, 28, 40, 50, 63, 80, 100, 0.5, 1e-9, 1e3, 1e4, 1e6, 1e7, 1e15}
        for name in ("report.py", "facts.py", "original.py", "wording.py", "subject.py", "rundir.py", "calibration.py", "compare.py",
                     *(f"sections/{path.name}" for path in (PLOTS / "sections").glob("*.py"))):
            for node in ast.walk(ast.parse((PLOTS / name).read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
                    self.assertIn(node.value, allowed, f"{name}:{node.lineno}")

    def test_no_script_searches_prose(self):
        """What a reason means stands in columns beside it; scripts only print it."""
        for path in PLOTS.rglob("*.py"):
            self.assertEqual(prose_searched(path.read_text()), [], path.name)
        for number, planted in enumerate(('row["reason"].split("; ")', 're.search("busy", row["reason"])', '"busy" in row["expected"]',
                                          'shortened(row["reason"] or "")', 'row.get("statement")[0]', 'control.reason.startswith("x")')):
            self.assertEqual(prose_searched(f"pass\nx = {planted}"), [2], number)

    def test_gnuplot_scripts(self):
        for path in sorted(PLOTS.glob("*.gp")):
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if not line.startswith("#"):
                    for string in re.findall(r'"([^"]*)"', line):
                        self.assert_clean(re.sub(r"DejaVu Sans,\d+|%[.\d]*[a-z]", "", string), f"{path.name}:{number}")

    def test_every_claim_has_what_the_original_says(self):
        _, original = read(PLOTS / "original.csv")
        _, claims = read(ROOT / "claims.csv")
        self.assertEqual([row[0] for row in original], list(dict.fromkeys(row[0] for row in claims)))


if __name__ == "__main__":
    unittest.main()
