"""`explain` on a synthetic run: what it prints is what verdicts.csv holds, the rows it names give those figures when the
arithmetic it spells out is done here, every line fits 80 columns, and bad input is refused in one line.

usage: explain_test.py ENCBENCH SCHEMA_DEF"""
import csv
import math
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import zlib

ENCBENCH, SCHEMA = sys.argv[1:3]
PROCESSES = 20
failures = []


def check(description, holds):
    if not holds:
        failures.append(description)
        print("FAILED:", description)


def close(one, other, digits=5):
    """Equal as figures printed with that many significant digits."""
    return math.isclose(one, other, rel_tol=10.0 ** -digits, abs_tol=1e-12)


# ---- a run ----

def columns(table):
    with open(SCHEMA, encoding="utf-8") as stream:
        return re.findall(rf"^COLUMN\({table}, (\w+),", stream.read(), re.M)


def write(directory, table, rows):
    with open(os.path.join(directory, table + ".csv"), "w", encoding="utf-8") as stream:
        # Files may end before columns that were declared later.
        stream.write(",".join(columns(table)[: len(rows[0]) if rows else None]) + "\n")
        stream.writelines(",".join(str(cell) for cell in row) + "\n" for row in rows)


CLAIMS = [
    "1,a,1,model,timing,a,b,op,time,ns,-1,1,(),b costs less than 1 ns more",
    "1,b,1,general,timing,b,a,op,time_reduction,percent,0,inf,(),a is faster",
    "1,c,1,model,level,,a,op,time,ns,0,40,(],a takes 100 ns",
    "2,a,1,model,composition,a,b,op long,relative_time,percent,-1,1,(),by composition",
    "3,a,1,model,exact,,a b,op,allocations_per_op,count,1,1,[],one allocation",
    "3,b,1,model,timing,a,b,absent,time,ns,-1,1,(),of a workload that was not run",
    "3,c,1,model,exact,,b,op,bytes_per_op,bytes,0,0,[],of a metric that was not taken",
]
LEVELS = {"op": 100.0, "long": 1000.0}
EFFECT = 3.0


def make_run(directory):
    os.makedirs(directory)
    noise = random.Random(7)
    version = re.search(r"SCHEMA_VERSION\s*=?\s*(\d+)", open(os.path.join(os.path.dirname(SCHEMA), "schema.h")).read())
    write(directory, "claims", [line.split(",") for line in CLAIMS])
    write(directory, "variants", [["a", "axis", "one"], ["b", "axis", "two"]])
    write(directory, "layout", [])
    write(directory, "machine", [["cpu", "made up", "ok", ""]])
    write(directory, "workloads", [[name, name, "an op", 0, 100, 1] for name in LEVELS])
    write(directory, "panels", [["p", "core", "*", contrast, kind, "a", contender] for contrast, kind, contender in
                                (("ab", "pair", "b"), ("twin_a", "twin", "a"), ("planted_a", "planted", "a"))])
    write(directory, "cells", [["p", name, "claims", PROCESSES, 100, 1000] for name in LEVELS])
    write(directory, "metrics", [[variant, name, "planted_cycles_per_op", 32, "exact", ""] for variant in "ab"
                                 for name in LEVELS] +
          [[variant, "op", "allocations_per_op", 1, "exact", ""] for variant in "ab"])
    processes, contrasts = [], []
    for process in range(2 * PROCESSES):
        name = "op" if process % 2 else "long"
        level, cycle = LEVELS[name], 0.3
        figures = {"a": level + noise.gauss(0, 0.1), "b": level + EFFECT + noise.gauss(0, 0.1)}
        figures["twin"] = figures["a"] + noise.gauss(0, 0.02)
        figures["planted"] = figures["a"] + 32 * cycle
        for arm, role, variant in (("a", "baseline", "a"), ("b", "contender", "b"), ("twin", "twin", "a"),
                                   ("planted", "planted", "a")):
            processes.append([process, "p", name, arm, role, variant, f"0x10:{process}{arm}", figures[arm], figures[arm] * 1.001, 50, 0, 50, 0,
                              3700, 0.5, 2.4, "ok", ""])
        for arm, time in (("chain", CHAIN_CYCLES * cycle), ("chain_planted", (CHAIN_CYCLES + CHAIN_EXTRA) * cycle),
                          ("chain_multiply", MULTIPLIES * 3 * cycle)):
            processes.append([process, "p", name, arm, "clock", "chain", f"0x10:{process}", time, time, 50, 0, 50, 0, 3700, 0.5, 2.4, "ok",
                              ""])
        for contrast, arm in (("ab", "b"), ("twin_a", "twin"), ("planted_a", "planted")):
            ns, ratio = figures[arm] - figures["a"], math.log(figures[arm] / figures["a"])
            contrasts.append([process, "p", name, contrast, ns, ratio, ns * 1.001, ratio * 1.001, 0.01, 50, 0.008, 0.004])
        extra = CHAIN_EXTRA * cycle
        ratio = math.log(1 + CHAIN_EXTRA / CHAIN_CYCLES)
        contrasts.append([process, "p", name, "chain_planted", extra, ratio, extra, ratio, 0.01, 50, 0.008, 0.004])
    write(directory, "processes", processes)
    write(directory, "contrasts", contrasts)
    write(directory, "state_contrasts", [])
    sums = {}
    for table in ("claims", "panels"):
        with open(os.path.join(directory, table + ".csv"), "rb") as stream:
            sums[table] = f"{zlib.crc32(stream.read()):08x}"
    write(directory, "run", [["schema_version", version[1]], ["profile", "quick"], ["look_processes", PROCESSES],
                             ["error_share", 1], ["complete", "yes"], ["claims_crc32", sums["claims"]],
                             ["panels_crc32", sums["panels"]], ["processes", 2 * PROCESSES], ["processes_void", 0]])


def kernel(name):
    path = os.path.join(os.path.dirname(SCHEMA), "kernels", "kernels.h")
    return int(re.search(rf"{name}\s*=?\s*(\d+)", open(path, encoding="utf-8").read())[1])


CHAIN_CYCLES, CHAIN_EXTRA = kernel("CHAIN_CYCLES_PER_OP"), kernel("CHAIN_PLANTED_EXTRA_CYCLES")
MULTIPLIES = kernel("CHAIN_MULTIPLIES_PER_OP")


# ---- what is printed ----

def run(*arguments):
    return subprocess.run([ENCBENCH, *arguments], capture_output=True, text=True, check=False,
                          env={**os.environ, "ENCBENCH_ROOT": root})


def explain(claim, directory):
    """Fields by label, of one part; continued lines joined."""
    short = run("explain", claim, directory).stdout.splitlines()
    check(f"explain {claim} in short begins with the verdict, fits a screen and 80 columns, and names no row",
          re.match(r"claim \d+ as a whole: (confirmed|refuted|not resolvable here|run invalid)$|\S+ against \S+ on ", short[0]) and
          (len(short) <= 40 or claim in ("ab", "b/a")) and not any(re.match("  rows .*contrasts", line) for line in short) and
          all(len(line) <= 80 for line in short if not line.startswith("run ")))
    done = run("explain", "--all", claim, directory)
    check(f"explain {claim} exits 0", done.returncode == 0 and done.stderr == "")
    check(f"explain {claim} fits 80 columns",
          all(len(line) <= 80 for line in done.stdout.splitlines() if not line.startswith("run ")))
    fields, label = {}, ""
    for line in done.stdout.splitlines():
        if re.match(r"  \S", line):
            label = line[2:18].strip()
            fields.setdefault(label, "")
        if line.startswith("  "):
            fields[label] += " " + line[18:].strip()
    fields["all"] = done.stdout
    return fields


def numbers(text):
    return [float(word) for word in re.findall(r"(?<![\w.])-?(?:inf|\d+(?:\.\d+)?(?:e[-+]\d+)?)(?![\w.])", text)]


def verdicts(directory):
    with open(os.path.join(directory, "verdicts.csv"), encoding="utf-8") as stream:
        return {row["claim"] + row["part"]: row for row in csv.DictReader(stream)}


def rows_named(directory, text):
    """The rows at the lines that "FILE:4, 9-12" names."""
    file, spans = text.strip().split(":")
    with open(os.path.join(directory, file), encoding="utf-8") as stream:
        lines = stream.read().splitlines()
    chosen = []
    for span in spans.split(","):
        first, _, last = span.strip().partition("-")
        chosen += lines[int(first) - 1:int(last or first)]
    header = lines[0].split(",")
    return [dict(zip(header, line.split(","))) for line in chosen]


def check_figures(name, fields, row):
    estimate, interval = numbers(fields["estimate"])[-1], numbers(fields["interval"])
    check(f"{name}: estimate of verdicts.csv", close(estimate, float(row["estimate"])))
    check(f"{name}: interval of verdicts.csv",
          close(interval[-3], float(row["ci_low"])) and close(interval[-2], float(row["ci_high"])))
    check(f"{name}: MDE of verdicts.csv", close(numbers(fields["MDE"])[-1], float(row["mde"])))
    check(f"{name}: twin bound of verdicts.csv", close(numbers(fields["twin bound"])[0], float(row["twin_bound"])))
    check(f"{name}: confidence of verdicts.csv", close(numbers(fields["alpha"])[-1], 100 * float(row["confidence"])))
    check(f"{name}: verdict of verdicts.csv", fields["verdict"].strip().startswith(row["verdict"] + ":"))
    check(f"{name}: the controls of the cell", "planted" in fields and "twins" in fields)


def check_arithmetic(name, fields, values):
    """`values` come from the rows that were named: the order statistics spelled out give the interval printed."""
    walsh = sorted((values[i] + values[j]) / 2 for i in range(len(values)) for j in range(i, len(values)))
    pairs, k = len(walsh), int(numbers(fields["interval"])[0])
    low, high = numbers(fields["interval"])[-3:-1]
    check(f"{name}: {PROCESSES} rows", len(values) == PROCESSES)
    check(f"{name}: M", int(numbers(fields["estimate"])[0]) == pairs)
    check(f"{name}: W(k)", close(walsh[k - 1], low) and close(walsh[pairs - k], high))
    spread = numbers(fields["values"])
    check(f"{name}: least and most", close(spread[0], min(values), 3) and close(spread[-1], max(values), 3))
    family, share, parts, tests = numbers(fields["alpha"])[:4]
    check(f"{name}: alpha", close(family * share / parts / tests, numbers(fields["alpha"])[4]))


def check_timing(directory):
    table = verdicts(directory)
    fields = explain("1a", directory)
    check_figures("1a", fields, table["1a"])
    rows = rows_named(directory, fields["rows"])
    check("1a: rows of the contrast", all(row["contrast"] == "ab" and row["workload"] == "op" for row in rows))
    check_arithmetic("1a", fields, [float(row["difference_ns"]) for row in rows])
    filled = re.search(r"\((\S+) \+ (\S+)\) x (\S+) / sqrt\((\d+)\) x (\S+) = (\S+)", fields["MDE"])
    t_level, t_power, deviation, n, factor, mde = (float(figure) for figure in filled.groups())
    check("1a: MDE as filled in", close((t_level + t_power) * deviation / math.sqrt(n) * factor, mde, 3))

    # Its variance by hand: what is observed, the standard errors of each process, and nothing for the state, which never changes.
    values = [float(row["difference_ns"]) for row in rows_named(directory, fields["rows"])]
    sd, parts = numbers(fields["variance"])[1], re.search(
        r"by block (\S+), by heap placement (\S+), by state (\S+), by layout and the rest (\S+) ns", " ".join(fields["all"].split()))
    check("1a: sd over processes", close(sd, statistics.stdev(values), 3))
    block, heap, state, layout = map(float, parts.groups())
    check("1a: what is known of the process", (block, heap, state) == (0.008, 0.004, 0))
    check("1a: and what is left", close(layout, math.sqrt(sd ** 2 - block ** 2 - heap ** 2), 2))

    fields = explain("1b", directory)
    check_figures("1b", fields, table["1b"])
    check("1b: reversed", "-log_ratio" in fields["a value"])
    check_arithmetic_reversed(fields, rows_named(directory, fields["rows"]))

    fields = explain("1c", directory)
    check_figures("1c", fields, table["1c"])
    check_arithmetic("1c", fields, [float(row["time_ns_per_op"]) for row in rows_named(directory, fields["rows"])])

    fields = explain("2a", directory)
    quotient = numbers(fields["quotient"])
    check("2a: quotient of verdicts.csv", close(quotient[1], float(table["2a"]["estimate"])) and
          close(quotient[2], float(table["2a"]["ci_low"])) and close(quotient[3], float(table["2a"]["ci_high"])))
    check("2a: MDE of verdicts.csv", close(quotient[-1], float(table["2a"]["mde"])))
    check("2a: both tables", "contrasts.csv:" in fields["all"] and "processes.csv:" in fields["all"])


def check_arithmetic_reversed(fields, rows):
    """W(k) is taken of log ratios; the percentages follow from it."""
    logs = [-float(row["log_ratio"]) for row in rows]
    walsh = sorted((logs[i] + logs[j]) / 2 for i in range(len(logs)) for j in range(i, len(logs)))
    k = int(numbers(fields["interval"])[0])
    ends = sorted(100 * (1 - math.exp(walsh[index])) for index in (k - 1, len(walsh) - k))
    low, high = numbers(fields["interval"])[-3:-1]
    check("1b: W(k)", close(ends[0], low) and close(ends[1], high))


def effects_table(directory):
    with open(os.path.join(directory, "effects.csv"), encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def check_effects(directory):
    """An effect by its sides or by its contrast: the figures of effects.csv, from the rows named."""
    table = effects_table(directory)
    relative, absolute = (next(row for row in table if row["contrast"] == "ab" and row["workload"] == "op" and row["scale"] == scale)
                          for scale in ("relative", "absolute"))
    fields = explain("b/a/op", directory)
    check("effect: its words", fields["all"].startswith(f"b against a on op: {relative['words']}\n"))
    check("effect: estimate", close(numbers(fields["estimate"])[-1], float(relative["estimate"])))
    interval = numbers(fields["interval"])
    check("effect: interval", close(interval[-3], float(relative["ci_low"])) and close(interval[-2], float(relative["ci_high"])))
    check("effect: confidence", close(numbers(fields["alpha"])[-1], 100 * float(relative["confidence"])))
    check("effect: in ns", all(close(one, float(absolute[column])) for one, column in
                               zip(numbers(fields["in ns"]), ("estimate", "ci_low", "ci_high"))))
    rows = rows_named(directory, fields["rows"])
    check("effect: its rows", len(rows) == PROCESSES and all(row["contrast"] == "ab" and row["workload"] == "op" for row in rows))
    logs = sorted(float(row["log_ratio"]) for row in rows)
    check("effect: least and most", close(numbers(fields["values"])[0], 100 * (math.exp(logs[0]) - 1), 3))
    check("effect: what is counted", "allocations_per_op of b: 1 (exact)" in fields["all"])
    check("effect: the controls of the cell", "planted" in fields["all"] and "twins" in fields)
    check("effect: by its contrast", explain("ab/op", directory)["all"] == fields["all"])
    both = explain("ab", directory)["all"]
    check("effect: on every workload", "on op:" in both and "on long:" in both)
    check("effect: of its sides on every workload", explain("b/a", directory)["all"] == both)
    check("effect: a twin", "a against a on op:" in explain("twin_a/op", directory)["all"])
    for wrong in ("a/b/op", "b/a/nothing", "ab/", "b"):
        done = run("explain", wrong, directory)
        check(f"refused: {wrong}", done.returncode == 2 and "as effects.csv has it: b/a/op" in " ".join(done.stderr.split()) and done.stdout == "")


def check_others(directory):
    fields = explain("3a", directory)
    line = int(re.search(r"metrics\.csv:(\d+) allocations_per_op of b on op: 1 \(exact\)", fields["all"])[1])
    with open(os.path.join(directory, "metrics.csv"), encoding="utf-8") as stream:
        check("3a: the row of metrics.csv", stream.read().splitlines()[line - 1] == "b,op,allocations_per_op,1,exact,")
    check("3a: verdict", verdicts(directory)["3a"]["verdict"] == "confirmed" and "3a: confirmed" in fields["all"])
    for claim, words in (("3b", "time on absent"), ("3c", "bytes_per_op of b on op")):
        fields = explain(claim, directory)
        check(f"{claim}: what is missing", "not measured yet" in fields["missing"] and words in fields["missing"])
    whole = explain("3", directory)["all"]
    check("a number alone is the whole claim", all(f"\n3{part}: " in whole for part in "abc"))


def check_refusals(directory):
    for words, arguments in (('unknown claim "9"', ["9", directory]), ('unknown claim "1z"', ["1z", directory]),
                             ('unknown claim ""', ["", directory]), ("expected WHAT", []),
                             ("unexpected argument", ["1", directory, directory]),
                             ("no such run directory", ["1", directory + "/absent"])):
        done = run("explain", *arguments)
        check(f"refused: {arguments}", done.returncode == 2 and words in done.stderr and done.stdout == "" and
              done.stderr.count("\n") == 1)
    check("the known ones are listed", "1a/b/c 2a 3a/b/c" in run("explain", "9", directory).stderr)


def check_default_directory(directory):
    done = run("explain", "1a")
    check("no run at all", done.returncode == 2 and "no complete run" in done.stderr)
    results = os.path.join(root, "results")
    for name, complete, age in (("reference", "yes", 0), ("older", "yes", 300), ("newer", "yes", 200),
                                ("broken", "no", 100)):
        shutil.copytree(directory, os.path.join(results, name))
        path = os.path.join(results, name, "run.csv")
        text = open(path, encoding="utf-8").read().replace("complete,yes", "complete," + complete)
        open(path, "w", encoding="utf-8").write(text)
        os.utime(path, (2e9 - age, 2e9 - age))
        expected = {"reference": "reference", "older": "older", "newer": "newer", "broken": "newer"}[name]
        lines = run("explain", "1a").stdout.split("\n")
        check(f"with {name} there, {expected} is explained", "run " + os.path.join(results, expected) in lines)


root = tempfile.mkdtemp()
try:
    synthetic = os.path.join(root, "synthetic")
    make_run(synthetic)
    analysed = run("analyse", synthetic)
    check("the synthetic run is valid: " + analysed.stdout + analysed.stderr, analysed.returncode == 0)
    check_timing(synthetic)
    check_effects(synthetic)
    check_others(synthetic)
    check_refusals(synthetic)
    check_default_directory(synthetic)
finally:
    shutil.rmtree(root)
print(f"{len(failures)} failed")
sys.exit(bool(failures))
