#!/usr/bin/env python3
"""How often ab calls a difference, and how much work a first verdict is, beside Google Benchmark.

  ab_campaign.py false ENCBENCH OUT.csv [ROWS]     ab on identical work in two link layouts: how often a difference
  ab_campaign.py gbench ENCBENCH OUT.csv [TRIALS]  the same, ab and Google Benchmark on three cases in turn; and the
                                                   spread of the A/A ratio by seconds of measuring
  ab_campaign.py table OUT.csv...                  what the files say, as the rows of a Markdown table

OUT.csv is appended to, a row when it is measured: the same command goes on where it was stopped, up to ROWS (300) or
TRIALS (60). A row of `false` takes about eight seconds and a trial of `gbench` about 40; let it have the machine to
itself.

The sides do the same work, and their code differs in one immediate operand that is never executed: ab would call the
same bytes the same code. Google Benchmark's are two programs, each linked with its function behind another number of
bytes, run with --benchmark_repetitions=10, and then the decision of its compare.py, the two-sided Mann-Whitney U test
at 5 %: here by the normal approximation with ties, as scipy.stats.mannwhitneyu has it, because compare.py is not
everywhere. A difference of Google Benchmark is `p < 0.05`; of ab, its words.
"""
import csv
import json
import math
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parent
CASES = {"mix_64": 64, "mix_1k": 1024, "mix_16k": 16384}
COLUMNS = ["kind", "trial", "tool", "case", "verdict", "ratio", "low", "high", "seconds", "lines"]
REPETITIONS = 10

# The work, for both tools; `layout` bytes stand ahead of it, and MARK is in a branch that no input takes.
WORK = """#include <stdint.h>
#include <stddef.h>
#ifndef MARK
#define MARK 1
#endif
static uint64_t mix(const unsigned char *input, size_t count)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < count; i++)
        hash = hash * 31 + input[i];
    if (__builtin_expect(count == 12345, 0))
        hash += MARK;
    return hash;
}
"""
AB_SIDE = """#include "side.h"
#include "work.h"
static uint64_t op(const unsigned char *input)
{
    size_t count = SIDE_BYTES;
    __asm__("" : "+r"(count));
    return mix(input, count);
}
"""
GBENCH = """#include <benchmark/benchmark.h>
#include <vector>
extern "C" {
#include "work.h"
}
__asm__(".text\\n.skip " LAYOUT "\\n");
static void mixes(benchmark::State &state)
{
    std::vector<unsigned char> bytes(state.range(0) * 64, 7);
    size_t at = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(mix(bytes.data() + at % 64 * state.range(0), state.range(0)));
        at++;
    }
}
BENCHMARK(mixes)->Arg(64)->Arg(1024)->Arg(16384);
BENCHMARK_MAIN();
"""


def mann_whitney(a, b):
    """Two-sided p of the U test: normal approximation with continuity and tie corrections."""
    ranked = sorted([(x, 0) for x in a] + [(x, 1) for x in b])
    ties, i, total = 0, 0, 0.0
    while i < len(ranked):
        j = i
        while j < len(ranked) and ranked[j][0] == ranked[i][0]:
            j += 1
        rank = (i + j + 1) / 2
        total += sum(rank for k in range(i, j) if ranked[k][1] == 0)
        ties += (j - i) ** 3 - (j - i)
        i = j
    n, m = len(a), len(b)
    u = total - n * (n + 1) / 2
    u = max(u, n * m - u)
    s = math.sqrt(n * m / 12 * ((n + m + 1) - ties / ((n + m) * (n + m - 1))))
    if s == 0:
        return 1.0
    z = (u - n * m / 2 - 0.5) / s
    return min(1.0, math.erfc(z / math.sqrt(2)))


def read(path):
    if not os.path.exists(path):
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def append(path, rows):
    new = not os.path.exists(path)
    with open(path, "a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerows(rows)


def prepare(directory):
    (directory / "side.h").write_text((SOURCE / "side.h").read_text())
    (directory / "work.h").write_text(WORK)
    (directory / "ab.c").write_text(AB_SIDE)
    (directory / "gb.cc").write_text(GBENCH)


def run_ab(encbench, directory, kind, trial, case, seed):
    size = CASES[case]
    sides = [f"ab.c -DMARK={mark} -DSIDE_BYTES={size}" for mark in random.Random(seed).sample(range(1, 120), 2)]
    start = time.monotonic()
    done = subprocess.run([encbench, "ab", *sides, "--seed", str(seed), "--format", "json"], cwd=directory,
                          capture_output=True, text=True)
    seconds = time.monotonic() - start
    if done.returncode not in (0, 3) or not done.stdout:
        sys.exit(f"ab_campaign.py: {done.stderr.strip()}")
    row = json.loads(done.stdout)["rows"][0]
    ratio = [None if row[name] is None else 1 + row[name] / 100
             for name in ("effect_percent", "effect_low_percent", "effect_high_percent")]
    return {"kind": kind, "trial": trial, "tool": "ab", "case": case, "verdict": row["verdict"], "ratio": ratio[0],
            "low": ratio[1], "high": ratio[2], "seconds": f"{seconds:.2f}",
            "lines": len(AB_SIDE.splitlines())}


def run_gbench(directory, trial, seed):
    """Both programs, one after the other, as compare.py runs them: three cases."""
    times, start = [], time.monotonic()
    layouts = random.Random(seed).sample(range(0, 4096, 16), 2)
    for side, layout in enumerate(layouts):
        program = directory / f"gb{side}"
        subprocess.run(["c++", "-O2", f'-DLAYOUT="{layout}"', f"-DMARK={side + 1}", "gb.cc", "-o", program,
                        "-lbenchmark", "-lpthread"], cwd=directory, check=True)
    start = time.monotonic()
    for side in range(2):
        done = subprocess.run([directory / f"gb{side}", f"--benchmark_repetitions={REPETITIONS}",
                               "--benchmark_min_time=0.05", "--benchmark_format=json"],
                              check=True, capture_output=True, text=True)
        by_case = {}
        for one in json.loads(done.stdout)["benchmarks"]:
            if one["run_type"] == "iteration":
                by_case.setdefault(one["run_name"], []).append(one["cpu_time"])
        times.append(by_case)
    seconds = time.monotonic() - start
    rows = []
    for case, name in zip(CASES, times[0]):
        p = mann_whitney(times[0][name], times[1][name])
        ratio = statistics.median(times[1][name]) / statistics.median(times[0][name])
        verdict = "no difference" if p >= 0.05 else "slower" if ratio > 1 else "faster"
        rows.append({"kind": "gbench", "trial": trial, "tool": "gbench", "case": case, "verdict": verdict,
                     "ratio": ratio, "low": None, "high": None, "seconds": f"{seconds / len(CASES):.2f}",
                     "lines": len(GBENCH.splitlines())})
    return rows


def measure(kind, encbench, path, count):
    encbench = os.path.abspath(encbench)
    with tempfile.TemporaryDirectory() as scratch:
        directory = pathlib.Path(scratch)
        prepare(directory)
        for trial in range(1, count + 1):
            there = {(row["tool"], row["case"]) for row in read(path)
                     if row["kind"] == kind and row["trial"] == str(trial)}
            cases = [list(CASES)[trial % len(CASES)]] if kind == "false" else list(CASES)
            for case in cases:
                if ("ab", case) not in there:
                    append(path, [run_ab(encbench, directory, kind, trial, case, 1000 * trial + CASES[case] % 999)])
            if kind == "gbench" and not any(tool == "gbench" for tool, _ in there):
                append(path, run_gbench(directory, trial, trial))


def upper(hits, trials):
    """Upper end of the exact 95 % interval (two-sided) of a proportion, by bisection."""
    low, high = hits / trials, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        tail = sum(math.comb(trials, k) * middle ** k * (1 - middle) ** (trials - k) for k in range(hits + 1))
        low, high = (middle, high) if tail > 0.025 else (low, middle)
    return high


def table(paths):
    rows = [row for path in paths for row in read(path)]
    lines = ["| | rows | called a difference | at most (95 %) | lines | seconds a case | spread of the A/A ratio | "
             "for a second |",
             "|---|---|---|---|---|---|---|---|"]
    for kind, tool in sorted({(row["kind"], row["tool"]) for row in rows}):
        of = [row for row in rows if (row["kind"], row["tool"]) == (kind, tool)]
        hits = sum(row["verdict"] in ("slower", "faster") for row in of)
        seconds = statistics.median(float(row["seconds"]) for row in of)
        spread = statistics.pstdev(math.log(float(row["ratio"])) for row in of)
        lines.append(f"| {tool} ({kind}) | {len(of)} | {hits} | {100 * upper(hits, len(of)):.2g} % | "
                     f"{of[0]['lines']} | {seconds:.3g} | {100 * spread:.2g} % | "
                     f"{100 * spread * math.sqrt(seconds):.2g} % |")
    return lines


def main():
    if len(sys.argv) >= 3 and sys.argv[1] == "table":
        print("\n".join(table(sys.argv[2:])))
    elif len(sys.argv) in (4, 5) and sys.argv[1] in ("false", "gbench"):
        measure(sys.argv[1], sys.argv[2], sys.argv[3],
                int(sys.argv[4]) if len(sys.argv) == 5 else {"false": 300, "gbench": 60}[sys.argv[1]])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
