"""layout.csv and the figures of structures, of a run of the whole subject, against what the compiler says.

The timed objects' own debugging information (readelf) is the truth for every field of every variant. pahole (dwarves) is a second
opinion, on the same structure without _Atomic: dwarves 1.24 does not know DW_TAG_atomic_type. Known truths beside them: a module
whose structure has known holes, an allocator that is not there, one that crashes.

usage: layout_test.py BUILD SOURCE COMPILER WHOLE_RUN [TEST...]
"""

import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

BUILD, SOURCE, COMPILER, WHOLE_RUN = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4])
STRUCTURE = "encbuf"
LINE_BYTES = 64
LIBRARIES = {"struct_heap_bytes_jemalloc": ("jemalloc", "libjemalloc2"),
             "struct_heap_bytes_tcmalloc": ("tcmalloc", "libtcmalloc-minimal4")}


def read(directory):
    """{(variant): rows of layout.csv}, {(variant, workload, metric): row of metrics.csv}."""
    layout, metrics = {}, {}
    with open(Path(directory) / "layout.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            layout.setdefault(row["variant"], []).append(row)
    with open(Path(directory) / "metrics.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            metrics[row["variant"], row["workload"], row["metric"]] = row
    return layout, metrics


def run(directory, encbench, *arguments):
    """A tiny run, read."""
    environment = {**os.environ, "ENCBENCH_ROOT": str(SOURCE)}
    done = subprocess.run([encbench, "run", "--quiet", "--profile", "smoke", "--out", directory, *arguments], env=environment,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: exit {done.returncode}: {done.stderr}")
    return read(directory)


def fields(rows):
    return [(row["field"], int(row["offset_bytes"]), int(row["size_bytes"])) for row in rows if row["kind"] == "field"]


def dwarf(path):
    """(size, [(field, offset, size)]) of the structure in an object file, or None: from readelf, which every Debian compiler brings."""
    text = subprocess.run(["readelf", "--debug-dump=info", "--wide", path], capture_output=True, text=True, check=True).stdout
    entries, order = {}, []
    for line in text.splitlines():
        start = re.match(r"\s*<([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)", line)
        if start:
            order.append({"depth": int(start[1], 16), "tag": start[3]})
            entries[int(start[2], 16)] = order[-1]
            continue
        value = re.match(r"\s*<[0-9a-f]+>\s+(DW_AT_\w+)\s*:\s*(.*)", line)
        if value and order:
            order[-1][value[1]] = value[2].strip()

    def number(text):
        return int(text.split()[-1], 0)

    def size(entry):
        while "DW_AT_byte_size" not in entry:
            entry = entries[int(re.search(r"<0x([0-9a-f]+)>", entry["DW_AT_type"])[1], 16)]
        return number(entry["DW_AT_byte_size"])

    for index, entry in enumerate(order):
        name = entry.get("DW_AT_name", "").split(": ")[-1]
        if entry["tag"] != "DW_TAG_structure_type" or name != STRUCTURE or "DW_AT_byte_size" not in entry:
            continue
        members = []
        for member in order[index + 1:]:
            if member["depth"] <= entry["depth"]:
                break
            if member["depth"] == entry["depth"] + 1 and member["tag"] == "DW_TAG_member":
                members.append((member["DW_AT_name"].split(": ")[-1], number(member["DW_AT_data_member_location"]), size(member)))
        return number(entry["DW_AT_byte_size"]), members
    return None


def pahole(path):
    """The same and the bytes of holes and padding, as pahole says."""
    text = subprocess.run(["pahole", "-C", STRUCTURE, path], capture_output=True, text=True, check=True).stdout
    members = [(name, int(offset), int(size)) for name, offset, size in
               re.findall(r"^\t\S.*?(\w+);\s*/\*\s*(\d+)\s+(\d+)\s*\*/", text, re.M)]
    holes = sum(map(int, re.findall(r"sum holes: (\d+)", text))) + sum(map(int, re.findall(r"/\* padding: (\d+)", text)))
    return int(re.search(r"/\* size: (\d+)", text)[1]), members, holes


class Subject(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.work = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.work)
        cls.layout, cls.metrics = read(WHOLE_RUN)
        text = (SOURCE / "variants" / "variants.txt").read_text()
        cls.axes = re.search(r"^# name +(.+)$", text, re.M)[1].split()
        cls.lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
        with open(SOURCE / "variants" / "panels.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        named = {deep: {name for row in rows if (row["effort"] == "deep") == deep
                        for name in f"{row['baseline']} {row['contender']}".split()} for deep in (True, False)}
        deep = named[True] - named[False]  # which this run neither counts nor times
        cls.lines = [line for line in cls.lines if line[0] not in deep]
        cls.buffered = [line[0] for line in cls.lines if line[2] != "direct"]

    def figure(self, variant, metric, workload="layout"):
        return float(self.metrics[variant, workload, metric]["value"])

    def test_every_variant_is_there(self):
        self.assertEqual(sorted(self.layout), sorted(self.buffered))
        self.assertGreaterEqual(len(self.buffered), 8)

    def test_fields_are_those_of_the_timed_object(self):
        for variant in self.buffered:
            with self.subTest(variant):
                size, members = dwarf(BUILD / "modules" / f"{variant}.o")
                self.assertEqual(fields(self.layout[variant]), members)
                self.assertEqual(self.figure(variant, "struct_bytes"), size)

    def test_fields_and_holes_make_up_the_structure(self):
        for variant in self.buffered:
            rows = self.layout[variant]
            end = 0
            for row in rows:
                offset, size = int(row["offset_bytes"]), int(row["size_bytes"])
                self.assertEqual(offset, end)
                end = offset + size
                self.assertEqual((int(row["first_line"]), int(row["last_line"])), (offset // LINE_BYTES, (end - 1) // LINE_BYTES))
            holes = [int(row["size_bytes"]) for row in rows if row["kind"] == "hole"]
            self.assertEqual(self.figure(variant, "struct_bytes"), end)
            self.assertEqual(self.figure(variant, "struct_holes"), len(holes))
            self.assertEqual(self.figure(variant, "struct_hole_bytes"), sum(holes))
            self.assertEqual(self.figure(variant, "struct_lines"), int(rows[-1]["last_line"]) + 1)

    @unittest.skipUnless(shutil.which("pahole"), "pahole is missing; Debian package dwarves")
    def test_pahole_agrees(self):
        for line in self.lines:
            variant = line[0]
            if variant not in self.buffered:
                continue
            levels = zip(self.axes, line[1:])
            source = self.work / "probe.c"
            source.write_text('#include "structure.h"\nstruct encbuf probe;\n')
            subprocess.run([COMPILER, "-g", "-c", "-D_Atomic=", *(f"-DENCBUF_{axis.upper()}_{level.upper()}" for axis, level in levels),
                            f"-I{SOURCE / 'variants'}", source, "-o", self.work / "probe.o"], check=True)
            with self.subTest(variant):
                size, members, holes = pahole(self.work / "probe.o")
                self.assertEqual(fields(self.layout[variant]), members)
                self.assertEqual(self.figure(variant, "struct_bytes"), size)
                self.assertEqual(self.figure(variant, "struct_hole_bytes"), holes)

    def test_allocators_are_figures_or_reasons(self):
        for variant in self.buffered:
            for metric, (_, package) in LIBRARIES.items():
                row = self.metrics[variant, "layout", metric]
                if row["status"] == "exact":
                    self.assertGreaterEqual(float(row["value"]), self.figure(variant, "struct_bytes"))
                else:
                    self.assertEqual((row["value"], row["status"]), ("", "not available"))
                    self.assertIn(package, row["reason"])

    def test_footprint_of_1000_buffers(self):
        pooled = [line[0] for line in self.lines if line[2] == "thread"]
        for variant in pooled:
            computed, structures, data, live = (self.figure(variant, f"footprint_{name}_bytes", "footprint_1000")
                                                for name in ("computed", "structures", "data", "live"))
            self.assertEqual(computed, 1000 * self.figure(variant, "struct_bytes"))
            self.assertTrue(computed <= structures <= 1000 * self.figure(variant, "struct_heap_bytes"))
            self.assertGreaterEqual(data, 1000 * 2048)
            # Beside structures and data only the pool's own magazines are live: 16 of some 530 bytes.
            self.assertTrue(0 < live - structures - data < 20000, (live, structures, data))


class KnownTruths(unittest.TestCase):
    def setUp(self):
        self.work = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.work)

    def module(self, name, *definitions):
        output = self.work / f"{name}.o"
        subprocess.run([COMPILER, "-O2", "-fPIC", "-ffunction-sections", "-fvisibility=hidden", f"-I{SOURCE / 'harness'}", "-DSTRANGE_ABI=0",
                        "-DSTRANGE_DIGEST=0", "-DSTRANGE_SETUP=0", "-DSTRANGE_CRASH=0", "-DSTRANGE_BYTES=0",
                        f'-DSTRANGE_NAME="{name}"', *definitions, "-c", SOURCE / "tests" / "module" / "strange_module.c", "-o", output], check=True)
        return output

    def compare(self, encbench):
        holed = self.module("holed", '-DSTRANGE_FIELDS={"tag",1,1},{"wide",8,56},{"last",72,4}', "-DSTRANGE_STRUCTURE_BYTES=136")
        plain = self.module("plain")
        return run(self.work / "run", encbench, "--variants", "holed,plain", "--workloads", "adds", "--module", holed, "--module", plain)

    def beside(self, worker):
        """A program whose worker is this shell script."""
        place = self.work / "place"
        place.mkdir()
        shutil.copy(BUILD / "encbench", place)
        for name in ("modules", "kernels", "libencbench_interpose.so"):
            (place / name).symlink_to(BUILD / name)
        (place / "encbench-worker").write_text(f"#!/bin/sh\n{worker}\nexec '{BUILD}/encbench-worker' \"$@\"\n")
        (place / "encbench-worker").chmod(0o755)
        return place / "encbench"

    def test_known_holes(self):
        layout, metrics = self.compare(BUILD / "encbench")
        found = [(row["kind"], *(int(row[column]) for column in ("offset_bytes", "size_bytes", "first_line", "last_line")))
                 for row in layout["holed"]]
        self.assertEqual(found, [("hole", 0, 1, 0, 0), ("field", 1, 1, 0, 0), ("hole", 2, 6, 0, 0), ("field", 8, 56, 0, 0),
                                 ("hole", 64, 8, 1, 1), ("field", 72, 4, 1, 1), ("hole", 76, 60, 1, 2)])
        for metric, value in (("struct_bytes", 136), ("struct_holes", 4), ("struct_hole_bytes", 75), ("struct_lines", 3)):
            self.assertEqual(float(metrics["holed", "layout", metric]["value"]), value, metric)
        self.assertNotIn("plain", layout)
        self.assertNotIn(("plain", "layout", "struct_heap_bytes_jemalloc"), metrics)

    def test_an_allocator_that_is_not_there(self):
        _, metrics = self.compare(self.beside('case "${LD_PRELOAD:-}" in *malloc*) unset LD_PRELOAD ;; esac'))
        for metric, (library, package) in LIBRARIES.items():
            row = metrics["holed", "layout", metric]
            self.assertEqual((row["value"], row["status"]), ("", "not available"))
            self.assertRegex(row["reason"], f"lib{library}.*not there to be preloaded; Debian package {package}")

    def test_an_allocator_that_crashes(self):
        _, metrics = self.compare(self.beside('case "${LD_PRELOAD:-}" in *malloc*) unset LD_PRELOAD; kill -SEGV $$ ;; esac'))
        row = metrics["holed", "layout", "struct_heap_bytes_jemalloc"]
        self.assertEqual((row["value"], row["status"]), ("", "not available"))
        self.assertIn("signal 11", row["reason"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[5:]], verbosity=2)
