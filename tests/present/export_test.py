"""`export` on a small run made up here: both formats against golden files (tests/present/export/), against the rules of the Go benchmark format
and of JSON, and against the real compare.py of Debian's libbenchmark-tools where it is installed (exit 77 and a loud line where not).

usage: export_test.py ENCBENCH SOURCE_DIR [--update]      --update writes the golden files"""
import csv
import io
import json
import math
import os
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ENCBENCH, SOURCE = sys.argv[1:3]
GOLDEN = os.path.join(SOURCE, "tests", "present", "export")
COMPARE = "/usr/share/benchmark/compare.py"
VOID = {"time_ns_per_op": "", "status": "void", "reason": "all blocks were dropped"}
failures = []


def check(description, holds):
    if not holds:
        failures.append(description)
        print("FAILED:", description)


def encbench(*arguments):
    return subprocess.run([ENCBENCH, *arguments], capture_output=True, text=True, encoding="utf-8", check=False)


# ---- a run ----

def declared():
    """Columns by file, from the program itself."""
    tables = {}
    for row in csv.DictReader(io.StringIO(encbench("list", "--tables", "--format", "csv").stdout)):
        tables.setdefault(row["file"], []).append(row)
    return tables


TABLES = declared()


def write(directory, name, rows):
    """Cells that a row does not name are 0 or "-" where one is required, else empty."""
    with open(os.path.join(directory, name), "w", encoding="utf-8") as stream:
        columns = TABLES[name]
        stream.write(",".join(column["column"] for column in columns) + "\n")
        for row in rows:
            unknown = set(row) - {column["column"] for column in columns}
            assert not unknown, f"{name} has no {unknown}"
            fill = ["" if column["required"] == "no" else "-" if column["type"] == "text" else "0" for column in columns]
            stream.write(",".join(str(row.get(column["column"], empty)) for column, empty in zip(columns, fill)) + "\n")


VERSION = re.search(r"SCHEMA_VERSION\s+(\d+)", open(os.path.join(SOURCE, "harness", "schema.h"), encoding="utf-8").read())[1]
ARMS = (("op", "main", "contender", "v-2", 90), ("op", "main", "baseline", "null+thread", 100), ("op", "main", "twin", "null+thread", 100),
        ("op", "main", "planted", "null+thread", 130), ("op", "main", "clock", "chain", 7), ("to-16", "wide-8", "baseline", "v-2", 0.1))
FIGURES = (("null+thread", "layout", "struct_bytes", 48, "exact"), ("v-2", "layout", "struct_bytes", 40, "exact"),
           ("null+thread", "op", "allocations_per_op", 0, "exact"), ("v-2", "op", "allocations_per_op", 1, "exact"),
           ("v-2", "op", "instructions_per_op", 1234.5, "unstable"), ("null+thread", "op", "instructions_per_op", "", "not available"),
           ("v-2", "op", "allocated_bytes_per_op", 4096, "exact"), ("v-2", "op", "pool_hits_per_get", 1, "exact"))


def arm_row(process, arm, **more):
    workload, panel, role, variant, level = arm
    return {"process": process, "panel": panel, "workload": workload, "arm": variant if role in ("baseline", "contender") else role,
            "role": role, "variant": variant, "time_ns_per_op": level * (1 + process / 1000 + 1 / 3e5), "blocks_kept": 16,
            "status": "ok", **more}


def make_run(directory, processes=12, version=VERSION, complete="yes", controls=(), analysed=True, facts=()):
    os.makedirs(directory)
    write(directory, "run.csv", [{"key": "schema_version", "value": version}, {"key": "complete", "value": complete}])
    write(directory, "machine.csv", [{"key": key, "value": value, "status": "ok"} for key, value in
                                     (facts or (("architecture", "x86_64"), ("cpu_model", "Made Up 1"), ("date_utc", "2001-01-01T00:00:00Z")))])
    write(directory, "workloads.csv", [{"workload": "op", "iterations": 50}, {"workload": "to-16", "iterations": ""}])
    write(directory, "cells.csv", [{"panel": "main", "workload": "op", "purpose": "claims"},
                                   {"panel": "wide-8", "workload": "to-16", "purpose": "exploratory"}])
    write(directory, "metrics.csv", [dict(zip(("variant", "workload", "metric", "value", "status"), row)) for row in FIGURES])
    write(directory, "processes.csv", [arm_row(process, arm, **(VOID if process == 3 and arm[2] == "contender" else {}))
                                       for process in range(processes) for arm in ARMS])
    if analysed:
        write(directory, "controls.csv", [{"control": "twins", "subject": "op", "status": "holds", "blinds": "nothing"},
                                          {"control": "complete", "subject": "run", "status": "holds", "blinds": "nothing"},
                                          *controls])
    return directory


# ---- the Go benchmark format, strictly: https://go.dev/design/14313-benchmark-format, and units as benchstat reads them ----

def read_benchfmt(text):
    """(configuration, units, results); results are (name, iterations, {unit: value})."""
    configuration, units, results = {}, {}, []
    check("benchfmt ends in a line feed", text.endswith("\n"))
    for line in text[:-1].split("\n"):
        if line.startswith("Benchmark"):
            fields = line.split(" ")
            name, iterations, pairs = fields[0], fields[1], fields[2:]
            check(f"a name of the grammar: {line}", re.fullmatch(r"Benchmark[A-Z][A-Za-z]*(/[a-z]+=[!-.0-~]+)+", name))
            check(f"no name ends in a number of threads: {line}", not re.search(r"-\d+$", name))
            check(f"an iteration count: {line}", re.fullmatch(r"[1-9]\d*", iterations) and int(iterations) < 2 ** 63)
            check(f"pairs of value and unit: {line}", len(pairs) >= 2 and len(pairs) % 2 == 0)
            values = {unit: float(value) for value, unit in zip(pairs[::2], pairs[1::2])}
            check(f"each unit once and with metadata: {line}", len(values) == len(pairs) // 2 and set(values) <= set(units))
            check(f"finite: {line}", all(math.isfinite(value) for value in values.values()))
            results.append((name, int(iterations), values))
        elif line.startswith("Unit "):
            _, unit, *metadata = line.split(" ")
            check(f"metadata that benchstat knows: {line}", metadata in (["better=lower"], ["better=lower", "assume=exact"]))
            check(f"one line a unit: {line}", unit not in units)
            units[unit] = metadata
        else:
            check(f"a configuration line: {line}", re.fullmatch(r"[a-z][^\sA-Z:]*: \S.*", line) and not results)
            configuration[line.split(":")[0]] = line.split(": ", 1)[1]
    return configuration, units, results


def parts(name):
    return dict(part.split("=", 1) for part in name.split("/")[1:])


def check_benchfmt(text):
    configuration, units, results = read_benchfmt(text)
    check("only what is the same in the next run is configuration", set(configuration) == {"arch", "cpu"})
    check("times are no exact figures, all others are", [unit for unit in units if "assume=exact" not in units[unit]] == ["ns/op"])
    times = [(parts(name), iterations, values["ns/op"]) for name, iterations, values in results if "ns/op" in values]
    check("a sample for each arm of each process but void ones and clocks", len(times) == 5 * 12 - 1)
    check("ops are two batches a block", {count for _, count, _ in times} == {2 * 50 * 16, 1})
    check("the baseline of a panel comes first", times[0][0] == {"workload": "op", "panel": "main", "variant": "null+thread", "role": "compared"})
    rows = {}
    for name, _, _ in times:
        rows.setdefault((name["workload"], name["panel"], name["role"]), {}).setdefault(name["variant"], 0)
    check("-col /variant has both variants of a panel in a row", set(rows["op", "main", "compared"]) == {"null+thread", "v-2"})
    check("twins and planted are apart", set(rows["op", "main", "twin"]) == set(rows["op", "main", "planted"]) == {"null+thread"})
    exact = [(name, values) for name, _, values in results if "ns/op" not in values]
    check("exact figures that have a unit, and are exact", len(exact) == 5 and all(name.startswith("BenchmarkExact/") for name, _ in exact))
    check("a time reads back to the same double", arm_row(5, ARMS[1])["time_ns_per_op"] in [value for _, _, value in times])


# ---- Google Benchmark's JSON ----

def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def check_gbench(text):
    document = json.loads(text, parse_constant=no_constant)
    rows = document["benchmarks"]
    check("a benchmark for each arm of each process but void ones and clocks", len(rows) == 5 * 12 - 1)
    check("all of the library's fields", all(row["run_type"] == "iteration" and row["time_unit"] == "ns" and row["threads"] == 1 and
                                             row["real_time"] == row["cpu_time"] > 0 and row["iterations"] >= 1 and
                                             row["name"] == row["run_name"] for row in rows))
    families = {}
    for row in rows:
        families.setdefault((row["family_index"], row["name"]), []).append(row)
    check("families are numbered from 0 and have one name", [key[0] for key in families] == [0, 1, 2, 3, 4])
    check("names", [key[1] for key in families] ==
          ["op/main/null+thread", "op/main/v-2", "op/main/null+thread/twin", "op/main/null+thread/planted", "to-16/wide-8/v-2"])
    for key, family in families.items():
        check(f"repetitions of {key} are counted", [row["repetition_index"] for row in family] == list(range(len(family))) and
              {row["repetitions"] for row in family} == {len(family)})
    check("a void process is no repetition", len(families[1, "op/main/v-2"]) == 11)
    check("a time reads back to the same double", arm_row(5, ARMS[1])["time_ns_per_op"] in [row["real_time"] for row in rows])


# ---- the tests ----

def exported(directory, name):
    done = encbench("export", "--format", name, directory)
    check(f"{name} is exported: {done.returncode} {done.stderr}", (done.returncode, done.stderr) == (0, ""))
    return done.stdout


def check_golden(directory, update):
    for name, checked in (("benchfmt", check_benchfmt), ("gbench", check_gbench)):
        text = exported(directory, name)
        checked(text)
        path = os.path.join(GOLDEN, {"benchfmt": "run.txt", "gbench": "run.json"}[name])
        if update:
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(text)
        with open(path, encoding="utf-8") as stream:
            check(f"{name} is {path}; if every line of the difference is meant: export_test.py with --update", text == stream.read())


def refused(what, expected, *arguments, code=2):
    done = encbench("export", *arguments)
    check(f"{what}: exit {code}, not {done.returncode}", done.returncode == code)
    check(f"{what}: one line that says {expected!r}: {done.stderr!r}",
          expected in done.stderr and done.stderr.startswith("encbench: ") and done.stderr.count("\n") == 1)
    return done.stdout


def check_refusals(work, good):
    nowhere = os.path.join(work, "nowhere")
    old = make_run(os.path.join(work, "old"), version=2)
    raw = make_run(os.path.join(work, "raw"), analysed=False)
    torn = make_run(os.path.join(work, "torn"))
    with open(os.path.join(torn, "processes.csv"), "a", encoding="utf-8") as stream:
        stream.write("12,main,op")
    locked = os.path.join(work, "locked")
    os.makedirs(locked)
    named = os.path.join(work, "named")
    os.symlink(os.path.join(work, "target"), named)
    stale = make_run(os.path.join(work, "stale"))
    write(stale, "controls.csv", [])
    changed = make_run(os.path.join(work, "changed"))
    with open(os.path.join(changed, "run.csv"), "a", encoding="utf-8") as stream:
        stream.write("processes_crc32,0badcafe\n")
    negative = make_run(os.path.join(work, "negative"))
    write(negative, "metrics.csv", [{"variant": "x", "workload": "op", "metric": "allocations_per_op", "value": -1, "status": "exact"}])
    wrong = make_run(os.path.join(work, "wrong"), version=f"{VERSION}x")
    for arguments in (["--format", "benchfmt"], ["--format", "gbench"]):
        refused("no controls", 'lacks the control "complete"; run `encbench analyse', *arguments, stale)
        refused("figures that contradict each other", "metrics.csv:2: column value is \"-1\"", *arguments, negative)
        refused("changed since it was measured", "processes.csv: was changed after the run", *arguments, changed)
        refused("a version with more behind it", f"schema_version is {VERSION}x", *arguments, wrong)
        refused("another schema", 'schema_version is 2', *arguments, old)
        refused("not analysed", "encbench analyse", *arguments, raw)
        refused("a torn file", "processes.csv:", *arguments, torn)
        refused("no run", nowhere, *arguments, nowhere)
        refused("a directory to write", "not a regular file", *arguments, "--output", locked, good)
        refused("a device to write", "not a regular file", *arguments, "--output", "/dev/full", good)
        refused("a symbolic link to write", "not a regular file", *arguments, "--output", named, good)
        for table in ("processes.csv", "samples.csv.gz"):
            refused(f"a table to write: {table}", "is the name of a table", *arguments, "--output", os.path.join(good, table), good)
        refused("a place that is none", "cannot be written", *arguments, "--output", os.path.join(nowhere, "file"), good)
        refused("no directory", "DIR", *arguments)
    refused("an unknown format", "expected one of benchfmt, gbench", "--format", "xml", good)
    refused("an empty format", "benchfmt, gbench", "--format", "", good)
    refused("no format", "--format benchfmt", good)
    with open(os.path.join(good, "processes.csv"), encoding="utf-8") as stream:
        check("the run's table is what it was", stream.readline().startswith("process,") and "samples.csv.gz" not in os.listdir(good))
    check("nothing is left behind", sorted(os.listdir(work)) == ["changed", "good", "locked", "named", "negative", "old", "raw", "stale", "torn", "wrong"] and not os.listdir(locked))
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([ENCBENCH, "export", "--format", "gbench", good], stdout=full, stderr=subprocess.PIPE, check=False)
    check("a full standard output is an error", done.returncode == 2)


def check_help():
    text = {verb: encbench(verb, "--help").stdout for verb in ("export", "list")}
    check("--help of export has both formats, and where the text goes", all(word in text["export"] for word in ("benchfmt", "gbench", "standard output")))
    check("--help of list has its own formats", "markdown" in text["list"] and "gbench" not in text["list"])


def check_unfit(work):
    def control(name, subject, status, blinds):
        return {"control": name, "subject": subject, "status": status, "blinds": blinds}
    good = make_run(os.path.join(work, "unseen"), controls=[control("planted", "wide-8 to-16", "not measured", "cell"),
                                                            control("leak_bytes", "run", "not measured", "heap passes")])
    done = encbench("export", "--format", "benchfmt", good)
    check("a blind panel of no claim: said, and no error", done.returncode == 0 and "control planted of wide-8 on to-16 does not hold" in done.stderr)
    check("and its times are left out, no others", "/panel=main/" in done.stdout and "/panel=wide" not in done.stdout)
    blind = make_run(os.path.join(work, "blind_cell"), controls=[control("linearity", "main op", "imprecise", "deciding cell")])
    for kind in ("benchfmt", "gbench"):
        text = refused("blind where claims are decided", "not all times were exported: control linearity of main on op does not hold",
                       "--format", kind, blind, code=3)
        check(f"{kind}: times of the others", "wide" in text and "main/a" not in text and "/panel=main/" not in text)
    for name, facts in (("failed", {"controls": [control("cells", "run", "failed", "run")]}), ("part", {"complete": "no"}),
                        ("blind", {"controls": [control("clock", "run", "not measured", "run")]})):
        directory = make_run(os.path.join(work, name), **facts)
        text = refused(name, "only exact figures were exported", "--format", "benchfmt", directory, code=3)
        _, _, results = read_benchfmt(text)
        check(f"{name}: exact figures and no time", len(results) == 5 and not any("ns/op" in values for _, _, values in results))
        output = os.path.join(work, name + ".json")
        check(f"{name}: nothing printed", refused(name, "nothing was exported", "--format", "gbench", "--output", output, directory, code=3) == "")
        check(f"{name}: nothing written", not os.path.exists(output))


def check_odd(work):
    """What a strange module or machine may hold ends no name and no line."""
    directory = make_run(os.path.join(work, "odd"), facts=(("architecture", ""), ("cpu_model", "Übel: = 3 GHz")))
    odd = [arm_row(0, ("a b/c", "p", "baseline", "é\u00a0=x-3", 5))]
    x = ("op", "main", "baseline", "x", 1)
    write(directory, "processes.csv", odd + [arm_row(1, x, time_ns_per_op="inf"), arm_row(2, x, time_ns_per_op=""), arm_row(3, x, status="void")])
    write(directory, "metrics.csv", [{"variant": "x", "workload": "op", "metric": "struct_bytes", "value": "", "status": "not available"}])
    configuration, _, results = read_benchfmt(exported(directory, "benchfmt"))
    check("an empty fact is left out", configuration == {"cpu": "Übel: = 3 GHz"})
    check("odd names become one name; what is no number, and what is void, is left out",
          [name for name, _, _ in results] == ["BenchmarkTime/workload=a_b_c/panel=p/variant=____=x-3/role=compared"])
    rows = json.loads(exported(directory, "gbench"), parse_constant=no_constant)["benchmarks"]
    check("JSON as well", [row["name"] for row in rows] == ["a b/c/p/é\u00a0=x-3"])


def check_output(work, good):
    output = os.path.join(work, "out.json")
    before = sorted(os.listdir(work))
    for _ in range(2):
        done = encbench("export", "--format", "gbench", "--output", output, good)
        check("--output writes, and replaces", (done.returncode, done.stdout, done.stderr) == (0, "", ""))
    with open(output, encoding="utf-8") as stream:
        check("--output is what is printed otherwise", stream.read() == exported(good, "gbench"))
    os.remove(output)
    done = subprocess.run([ENCBENCH, "export", "--format", "gbench", "--output", output, good], capture_output=True, text=True, check=False,
                          preexec_fn=lambda: (signal.signal(signal.SIGXFSZ, signal.SIG_IGN), resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))))
    check(f"a file that does not fit is an error in one line: {done.stderr}", done.returncode == 2 and "cannot be written: File too large\n" in done.stderr)
    check("and nothing of it is left", sorted(os.listdir(work)) == before)


def check_speed(work):
    """A quadratic way takes minutes for this; the bound is far from both."""
    directory = make_run(os.path.join(work, "large"), processes=20000)
    for name in ("benchfmt", "gbench"):
        begin = time.monotonic()
        exported(directory, name)
        check(f"{name} of 120 000 rows within 20 s", time.monotonic() - begin < 20)


def check_real():
    """A small run that was measured: its names and figures are those of the committed variants and workloads."""
    directory = os.path.join(SOURCE, "tests", "golden", "run")
    with open(os.path.join(directory, "processes.csv"), encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "ok" and row["role"] != "clock"]
    with open(os.path.join(directory, "metrics.csv"), encoding="utf-8") as stream:
        sizes = {row["variant"]: float(row["value"]) for row in csv.DictReader(stream) if row["metric"] == "struct_bytes"}
    expected = sorted(float(row["time_ns_per_op"]) for row in rows)
    _, _, results = read_benchfmt(exported(directory, "benchfmt"))
    check("a measured run: every time", sorted(values["ns/op"] for _, _, values in results if "ns/op" in values) == expected)
    found = {parts(name)["variant"]: values["struct-B"] for name, _, values in results if "struct-B" in values}
    check("a measured run: the size of every structure", found == sizes and len(sizes) > 1)
    names = [name for name, _, values in results if "ns/op" in values]
    check("a measured run: every variant under its name", {parts(name)["variant"] for name in names} == {row["variant"] for row in rows})
    document = json.loads(exported(directory, "gbench"), parse_constant=no_constant)
    check("a measured run: every time in JSON", sorted(row["real_time"] for row in document["benchmarks"]) == expected)
    keys = {(row["workload"], row["panel"], row["role"], row["variant"]) for row in rows}
    check("a measured run: a family for each arm", len({row["name"] for row in document["benchmarks"]}) == len(keys))


def compare_python():
    for python in ("/usr/bin/python3", sys.executable):
        if os.path.exists(COMPARE) and subprocess.run([python, "-c", "import scipy"], capture_output=True, check=False).returncode == 0:
            return python
    return None


def check_compare(work, good):
    """False when there is none to ask."""
    python = compare_python()
    if python is None:
        return False
    files = [os.path.join(work, name) for name in ("a.json", "b.json")]
    slower = make_run(os.path.join(work, "slower"))
    write(slower, "processes.csv", [arm_row(process, (*arm[:4], 2 * arm[4])) for process in range(12) for arm in ARMS])
    for path, directory in zip(files, (good, slower)):
        encbench("export", "--format", "gbench", "--output", path, directory)
    for arguments, expected in ((["benchmarks", *files], (r"op/main/v-2 +\+1\.\d+", r"op/main/v-2_pvalue +0\.0\d* .*U Test, Repetitions: 11 vs 12")),
                                (["filters", files[0], "null.thread$", "v-2$"], (r"op/main/\[null.thread\$ vs. v-2\$\] +-0\.1", "Repetitions: 12 vs 11"))):
        done = subprocess.run([python, "-B", COMPARE, "--no-color", *arguments], capture_output=True, text=True, check=False)
        check(f"compare.py {arguments[0]} is content: {done.returncode} {done.stderr}", (done.returncode, done.stderr) == (0, ""))
        for pattern in expected:
            check(f"compare.py {arguments[0]} says {pattern}:\n{done.stdout}", re.search(pattern, done.stdout))
        check("compare.py sees no NaN", "nan" not in done.stdout.lower())
    check_readme(work, python)
    return True


def check_readme(work, python):
    """The commands of README.md that end in compare.py, word for word."""
    with open(os.path.join(SOURCE, "README.md"), encoding="utf-8") as stream:
        lines = [line.strip() for line in stream if re.match(r" {4}(\./encbench export .*gbench|/usr/share/benchmark/)", line)]
    check(f"README.md exports, then compares: {lines}", len(lines) == 2)
    programs = {"./encbench": [ENCBENCH], COMPARE: [python, "-B", COMPARE, "--no-color"]}
    run = os.path.join(SOURCE, "tests", "golden", "run")
    for line in lines:
        words = [run if word == "DIR" else word for word in shlex.split(line)]
        done = subprocess.run(programs[words[0]] + words[1:], cwd=work, capture_output=True, text=True, check=False)
        check(f"README.md: {line}: {done.returncode} {done.stderr}", (done.returncode, done.stderr) == (0, ""))
    check(f"README.md: compare.py compares what it is told to:\n{done.stdout}", "U Test, Repetitions: 20 vs 20" in done.stdout)


def main():
    work = tempfile.mkdtemp()
    try:
        good = make_run(os.path.join(work, "good"))
        check_golden(good, "--update" in sys.argv[3:])
        check_refusals(work, good)
        check_help()
        check_unfit(work)
        check_odd(work)
        check_output(work, good)
        check_real()
        check_speed(work)
        compared = check_compare(work, good)
    finally:
        shutil.rmtree(work)
    if failures:
        sys.exit(f"{len(failures)} checks failed")
    if not compared:
        print("SKIP: the real compare.py was not asked: no libbenchmark-tools with python3-scipy; all other checks passed")
        sys.exit(77)


if __name__ == "__main__":
    main()
