#!/usr/bin/env python3
"""Report, figures and quick look of a run that is not about the field: of somebody's modules, whatever their names."""

import re
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLOTS = ROOT / "plots"
sys.dont_write_bytecode = True
sys.path[:0] = [str(PLOTS), str(ROOT / "tests" / "plots")]

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import figures  # noqa: E402
import facts  # noqa: E402
import report  # noqa: E402
import report_fixture  # noqa: E402
import style  # noqa: E402
import subject  # noqa: E402
import wording  # noqa: E402
from report_test import read, run_script, write  # noqa: E402
from rundir import RunDirectory  # noqa: E402

MODULES = {"null+thread": "sum_bytes", "removed+thread": "um_words"}  # what stands for them in the synthetic run


def make(directory, axes="shape"):
    """The synthetic run as one of two modules would be: their pair with its twin on every workload, and no claim."""
    report_fixture.write(directory)
    panel = RunDirectory(directory).one("panels", contrast=subject.FIELD)["panel"]
    for path in directory.glob("*.csv"):
        header, rows = read(path)
        place = {name: index for index, name in enumerate(header)}
        rows = [row for row in rows if "panel" not in place or row[place["panel"]] == panel]
        rows = [row for row in rows if "contrast" not in place or row[place["contrast"]] == subject.FIELD
                or row[place["contrast"]].startswith(("twin", "planted"))]
        rows = [row for row in rows if "variant" not in place or row[place["variant"]] in (*MODULES, "chain")]
        if path.name in ("claims.csv", "verdicts.csv"):
            rows = []
        text = "".join(",".join(row) + "\n" for row in [header, *rows])
        for name, other in {**MODULES, subject.FIELD: "um_words_against_sum_bytes", "mmap_res": axes, "pool": "depth", subject.OP: "sum_1k"}.items():
            text = re.sub(rf"(?<![^,\n]){re.escape(name)}(?![^,\n])", other, text)
        path.write_text(text)


class OfModules(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.path = Path(cls.temporary.name) / "run"
        make(cls.path)
        cls.data = RunDirectory(cls.path)
        cls.text = report.render(cls.data, "run")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_is_about_them(self):
        self.assertTrue(self.text.startswith("# What the data say of `sum_bytes` and `um_words`\n"), self.text[:80])
        plain = " ".join(self.text.split())
        rows = subject.pairs(self.data)
        self.assertEqual(len(rows), len(report_fixture.WORKLOADS))
        self.assertIn("- `um_words` against `sum_bytes`: ", plain)
        for row in rows:
            levels = [facts.level_text(subject.level(self.data, row["panel"], row["workload"], row[side])) for side in ("baseline", "contender")]
            line = " | ".join([f"`{row['workload']}`", *levels, wording.effect(row, why=False)])
            self.assertIn(line, re.sub(r" +", " ", self.text))
        self.assertIn("`sum_bytes` | shape=null", plain)

    def test_every_effect_shows(self):
        for row in self.data.effects:
            if row["kind"] == "pair":
                before, row["estimate"] = row["estimate"], row["estimate"] * 1.7 + 1 + row["ci_high"] - row["ci_low"]
                self.assertNotEqual(report.render(self.data, "run"), self.text)
                row["estimate"] = before
        self.assertEqual(report.render(self.data, "run"), self.text)

    def test_is_short(self):
        self.assertLess(len(self.text.splitlines()), 130)  # with a table of each kind that there can be

    def test_nothing_of_ours_is_in_its_text(self):
        ours = re.compile(r"encoding buffer|mmap_res|\bpool|\bfield\b|the original", re.I)
        for name in (report.TEMPLATES[False], *report.PARTS.values()):
            self.assertIsNone(ours.search((PLOTS / name).read_text()), name)
        self.assertIsNone(ours.search(self.text))
        self.assertNotIn("## Claims", self.text)

    def test_controls_that_were_not_measured_are_said(self):
        row = next(row for row in self.data.controls if row["status"] == "holds")
        row["status"], row["reason"] = "not measured", "for a reason"
        text = " ".join(report.render(self.data, "run").split())
        row["status"] = "holds"
        self.assertIn(f"`{row['control']}`: not measured 1 times of ", text)
        self.assertIn("for a reason", text)

    def test_words_that_differ_are_told_apart(self):
        rows = [dict(row) for row in subject.pairs(self.data)]
        for row, words in zip(rows, ("faster by", "faster by", facts.UNRESOLVED)):
            row |= {"words": words, "reason": "for a reason"}
        rows[0] |= {"estimate": -20.0, "ci_low": -21.0, "ci_high": -19.0}
        rows[1] |= {"estimate": -10.0, "ci_low": -11.0, "ci_high": -9.0}
        with unittest.mock.patch.object(subject, "pairs", return_value=rows):
            line, = facts.pair_lines(self.data)
        self.assertEqual(line, f"`um_words` against `sum_bytes`: faster by 10 % to 20 %, on 2 of 3 workloads; not resolvable here "
                               f"({facts.plain_effect(rows[2])}; "
                               f"for a reason) on `{rows[2]['workload']}`.")

    def test_a_few_of_our_workloads_are_not_about_the_field(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "run"
            report_fixture.write(directory)
            self.assertTrue(subject.is_about_the_field(RunDirectory(directory)))
            for path in directory.glob("*.csv"):
                header, rows = read(path)
                if "workload" in header and path.name not in ("claims.csv", "panels.csv"):
                    write(path, header, [row for row in rows if row[header.index("workload")] != subject.OP])
            run = RunDirectory(directory)
            self.assertFalse(subject.is_about_the_field(run))
            self.assertTrue(report.render(run, "run").startswith("# What the data say of "))

    def test_a_structure_of_somebody_beside_ours(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "run"
            report_fixture.write(directory)
            before = subject.structures(RunDirectory(directory))
            header, rows = read(directory / "variants.csv")
            write(directory / "variants.csv", header, [*rows, ["mine", "none", "na"]])
            header, rows = read(directory / "layout.csv")
            mine = [row for row in rows if row[header.index("variant")] == rows[0][header.index("variant")]]
            write(directory / "layout.csv", header, [*rows, *(["mine" if name == "variant" else cell for name, cell in zip(header, row)] for row in mine)])
            self.assertEqual([dict(entry) for entry in subject.structures(RunDirectory(directory))], before)

    def test_variants_without_axes(self):
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "run"
            make(directory, axes="none")
            header, rows = read(directory / "variants.csv")
            write(directory / "variants.csv", header, [row for row in rows if row[header.index("axis")] == "none"])
            text = report.render(RunDirectory(directory), "run")
            self.assertNotIn("Its levels", text)

    def test_a_quick_look_has_every_workload(self):
        done = run_script("terminal.py", self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for row in subject.pairs(self.data):
            self.assertIn(f"\n{row['workload']}\n", done.stdout)
            self.assertIn(wording.effect(row), " ".join(done.stdout.split()))
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), wording.LINE)

    def test_its_figures_are_drawn_and_no_other(self):
        done = run_script("figures.py", self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(sorted(path.name for path in (self.path / "figures").iterdir()),
                         ["effects.png", "effects.svg", "levels.png", "levels.svg"])


# Names as long as a module may have them, with places to break and without, and as many rows as a figure may have.
NAMES = ("a_b", "um_words_against_sum_bytes", "W" * 120, "-".join(["words"] * 20), "x.y:z=" * 19)
ROUND_PIXELS = 2  # what the renderer rounds


class NoRun:
    """Nothing is known of any variant."""
    levels = cells = ()

    @staticmethod
    def one(*_, **__):
        return None

    @staticmethod
    def select(*_, **__):
        return []


class Fits(unittest.TestCase):
    """No text of a figure leaves it or lies on another."""

    @classmethod
    def setUpClass(cls):
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(style.RC)

    def assert_fits(self, figure, what):
        figure.canvas.draw()
        renderer = figure.canvas.get_renderer()
        texts = [(text, text.get_window_extent(renderer)) for text in figure.findobj(matplotlib.text.Text) if text.get_visible() and text.get_text()]
        wide, tall = figure.canvas.get_width_height()
        hidden = self.not_drawn(figure)
        texts = [(text, box) for text, box in texts if box.width > 0 and id(text) not in hidden]
        self.assertGreater(len(texts), 1)
        for place, (text, box) in enumerate(texts):
            self.assertTrue(box.x0 >= -ROUND_PIXELS and box.y0 >= -ROUND_PIXELS and box.x1 <= wide + ROUND_PIXELS and box.y1 <= tall + ROUND_PIXELS,
                            f"{what}: {text.get_text()!r} at {box} leaves {wide} x {tall}")
            for other, beside in texts[:place]:
                across = min(box.x1, beside.x1) - max(box.x0, beside.x0)
                along = min(box.y1, beside.y1) - max(box.y0, beside.y0)
                self.assertFalse(across > ROUND_PIXELS and along > ROUND_PIXELS, f"{what}: {text.get_text()!r} lies on {other.get_text()!r}")
        plt.close(figure)

    @staticmethod
    def not_drawn(figure):
        """Labels of ticks beyond the axis."""
        axes = [axis for own in figure.axes for axis in (own.xaxis, own.yaxis)]
        drawn = {id(tick.label1) for axis in axes for tick in axis._update_ticks()}
        return {id(label) for axis in axes for tick in axis.majorTicks for label in (tick.label1, tick.label2)} - drawn

    @staticmethod
    def effects(names, workloads, scale):
        return [{"contrast": f"{name[:60]}_against_{other[:50]}", "contender": f"{name}{index}", "workload": workload, "unit": "percent",
                 "estimate": scale * (index + 1), "ci_low": scale * index, "ci_high": scale * (index + 2), "mde": scale, "twin_low": -scale, "twin_high": scale}
                for workload in workloads for index, (name, other) in enumerate(zip(names, names[1:] + names[:1]))]

    def test_effects(self):
        for scale in (1e-4, 0.37, -12.5, 31000):
            self.assert_fits(figures.draw_effects(self.effects(NAMES, NAMES, scale), NoRun), f"effects of {scale} %")
        self.assert_fits(figures.draw_effects(self.effects(NAMES[2:3], NAMES[2:3], 1), NoRun), "one effect")
        many = [f"{name}_{index}" for index in range(12) for name in NAMES]
        self.assert_fits(figures.draw_effects(self.effects(tuple(many), NAMES[:1], 1), NoRun), "sixty effects")

    def test_levels(self):
        class Run:
            workloads = ()

            def one(self, table, **_):
                return {"value": 123456789012.0} if table == "metrics" else None

        def page(workloads, names, time):
            return [(workload, [{"variant": f"{name}{index}", "time_ns_per_op": time * (index + 1), "ci_low_ns": time * index, "ci_high_ns": float("inf")}
                                for index, name in enumerate(names)]) for workload in workloads]

        self.assert_fits(figures.draw_levels(Run(), page(NAMES, NAMES, 1.234567)), "levels")
        self.assert_fits(figures.draw_levels(Run(), page(NAMES[:1], NAMES[:1], 1e9)), "one level")
        self.assert_fits(figures.draw_levels(Run(), page(NAMES[2:3], NAMES * 12, 1e-3)), "sixty levels")

    def test_figures_about_the_field(self):
        """As they are, and those whose names are variants' with long ones, too."""
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder) / "run"
            report_fixture.write(directory)
            run = RunDirectory(directory)
            for name, draw in figures.DRAW.items():
                self.assert_fits(draw(run), name)
            for path in directory.glob("*.csv"):
                path.write_text(re.sub(r"(?<![^,\n ])(null|removed)(\+thread)(?![^,\n ])", r"\1\2+with_a_name_that_wants_more_room_than_there_is", path.read_text()))
            run = RunDirectory(directory)
            for name in ("ranking", "layouts", "claims"):
                self.assert_fits(figures.DRAW[name](run), f"{name} with long names")

    def test_claims(self):
        items = [figures.forest_item(f"{index}a not resolvable here\n{name}\n- {name}\n{name} / {name}", name, "ns", 1.0, 0.5, 1.5, 0.2, (-0.1, 0.1), (0.2, 3.0))
                 for index, name in enumerate(NAMES)]
        self.assert_fits(figures.forest(items, 0.62, grouped=False), "claims")


if __name__ == "__main__":
    unittest.main()
