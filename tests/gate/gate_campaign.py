#!/usr/bin/env python3
"""How often is the gate wrong? Runs the real `encbench gate` over and over: on heads that are no worse than the base, where red is false, and
on heads with one planted regression, where anything but red is. Hours of an otherwise idle machine; goes on where it was stopped.

usage: gate_campaign.py REPOSITORY DIRECTORY [--only CASE,CASE] [--runs N] [--minutes N]

DIRECTORY keeps a clone, its build and campaign.csv, a row for each run of the gate; README.md, its table, is made from that file each time.
"""

import argparse
import contextlib
import csv
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

SUBSET = "--variants null+thread,removed+thread --workloads get_put,to_string_1k"
HEAD = ["case", "load", "selection", "run", "seed", "exit", "exact_red", "time_red", "time_amber", "time_judged", "plants_red",
        "seen", "slow_down_percent", "wall_s", "base", "date"]


class Swap:
    """Two functions of a file, each from its first line to the brace that ends it, change places."""

    def __init__(self, path, first, second):
        self.path, self.names = path, (first, second)

    def apply(self, root):
        path = root / self.path
        text = path.read_text(encoding="utf-8")
        found = [re.search(rf"^\w[^\n;]*\b{name}\([^;{{]*\n{{\n.*?^}}\n", text, re.M | re.S) for name in self.names]
        if not all(found) or found[0].end() > found[1].start():
            raise SystemExit(f"gate_campaign: {self.path}: expected the functions {' and then '.join(self.names)}")
        first, second = found
        path.write_text(text[:first.start()] + second[0] + text[first.end():second.start()] + first[0] + text[second.end():], encoding="utf-8")


class Patch:
    """A change of one file: `old` stands there exactly once."""

    def __init__(self, path, old, new):
        self.path, self.old, self.new = path, old, new

    def apply(self, root):
        path = root / self.path
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise SystemExit(f"gate_campaign: {self.path}: {self.old!r} stands there {text.count(self.old)} times; expected once")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


class EncodedTwice:
    """The codec's hot loop also runs over the first 1/`part` of the input, before it runs over all of it."""

    def __init__(self, part):
        self.part = part

    def apply(self, root):
        path = root / "workloads/codec.c"
        text = path.read_text(encoding="utf-8")
        loop = re.search(r"^    for \(; input != end; input \+= 8, output \+= 16\) \{\n.*?^    \}\n", text, re.M | re.S)
        if loop is None:
            raise SystemExit(f"gate_campaign: {path}: expected the loop of codec_hex_table16")
        again = loop[0].replace("(; input != end;", f"(const unsigned char *part = input + input_bytes / {self.part} / 8 * 8; input != part;")
        path.write_text(text[:loop.start()] + "    const unsigned char *first = input;\n    unsigned char *first_output = output;\n" + again
                        + '    __asm__ volatile("" ::: "memory");\n    input = first;\n    output = first_output;\n' + text[loop.start():], encoding="utf-8")


def in_put(statement):
    old = "    encbuf_release_mapping(encbuf_of(ref));\n    encbuf_pool_give(encbuf_of(ref));"
    return Patch("variants/encbuf.h", old, f"    {statement}\n{old}")


def encoded_again(input_bytes, before=""):
    """More work in an op, not a wait, which out-of-order execution would hide: part of the input is encoded twice."""
    old = "    encode_by(codec, encoding, encbuf_of(ref)->data, input, input_bytes);"
    return Patch("variants/encode.h", old, f"{before}    encode_by(codec, encoding, encbuf_of(ref)->data, input, {input_bytes});\n"
                 f'    __asm__ volatile("" ::: "memory");\n{old}')


ESCAPE = '__asm__ volatile("" : : "r"(block) : "memory");'
UNRELATED = """
static __attribute__((used, noinline)) int unrelated_%s(int x)
{
    for (int i = 0; i < 7; i++)
        x = x * 31 + (x >> 3);
    return x;
}
"""
UNRELATED_BEFORE = Patch("variants/encode.h", '#include "axes.h"\n', '#include "axes.h"\n' + UNRELATED % "first")
COMMENT = Patch("variants/encbuf.h", "#ifndef ENCBUF_ENCBUF_H\n", "/* A comment,\n * and another line. */\n#ifndef ENCBUF_ENCBUF_H\n")


def moved(number):
    """The codec behind 1 to 63 lines of the cache that nobody runs."""
    lines = 1 + number * 37 % 63
    return [Patch("workloads/codec.c", "#include <stdbool.h>\n", "#include <stdbool.h>\n"
                  "static __attribute__((used, noinline)) void unrelated_before(void)\n{\n"
                  f'    __asm__ volatile(".skip {64 * lines}, 0x90");\n}}\n')]


NO_WORSE = {
    "identical": [],
    "comments": [COMMENT],
    "unrelated functions": [UNRELATED_BEFORE, Patch("workloads/codec.c", "#include <stdbool.h>\n", "#include <stdbool.h>\n" + UNRELATED % "codec")],
    "reordered functions": [Swap("workloads/codec.c", "codec_base64_table64", "codec_base64url_table64"),
                            Swap("workloads/get_put.h", "workload_get_put_run", "workload_get_put_teardown"),
                            Swap("variants/pool_thread.h", "encbuf_pool_take", "encbuf_pool_give")],
    "codec moved": None,
}
# Another order of functions and data in the codec in every run, beyond what a layout draws.
MOVED = "codec moved"
# A planted regression: its patches, and where it must be seen: (lane, metric or None, pattern of variant,workload).
PLANTED = {
    "+5 %": ([encoded_again("input_bytes / 20 / 8 * 8")], "time", "to_string_1k"),
    "one instruction": ([in_put('__asm__ volatile("nop");')], "instructions_per_op", "get_put"),
    "one allocation": ([in_put(f"{{ void *block = malloc(8); {ESCAPE} free(block); }}")], "allocations_per_op", "get_put"),
    "16 bytes of structure": ([Patch("variants/structure.h", "    size_t capacity;", "    size_t capacity;\n    unsigned char more[16];")],
                              "struct_bytes", "layout"),
    "1 byte leaked per 1000 ops": ([in_put(f"{{ static unsigned puts; if (++puts % 1000 == 0) {{ void *block = malloc(1); {ESCAPE} }} }}")],
                                   "live", "to_string_1k"),
    "a codec 5 % slower": ([EncodedTwice(20)], "time", "to_string_1k"),
    "+3 %": ([encoded_again("input_bytes / 32 / 8 * 8")], "time", "to_string_1k"),
    # Of eight bytes at a time: 18 on average.
    "+2 %": ([encoded_again(r'(size_t)"\x08\x18\x10\x18"[turn++ % 4]', "    static unsigned turn;\n")], "time", "to_string_1k"),
    # As many additions as a wide machine takes in a cycle: one alone hides beside other work and costs nothing.
    "+1 cycle": ([Patch("variants/pool_thread.h", "    magazine->buffers[magazine->count++] = buffer;\n",
                        '    size_t count = magazine->count;\n    __asm__ volatile("' + 8 * "add $0, %0; " + '" : "+r"(count));\n'
                        "    magazine->buffers[count] = buffer;\n    magazine->count = count + 1;\n")], "time", "get_put"),
}
AS_IT_IS = ("+3 %", "+2 %", "+1 cycle")


def patches(case, number):
    """What makes the head of a case, in its run of that number."""
    return moved(number) if case == MOVED else NO_WORSE[case] if case in NO_WORSE else PLANTED[case][0]


def plan():
    """(case, load, selection, runs), in the order in which they are measured: what matters most comes first."""
    shares = {"identical": 15, "comments": 15, "unrelated functions": 35, "reordered functions": 35}
    yield from ((case, "idle", "subset", runs) for case, runs in shares.items())
    yield MOVED, "idle", "subset", 40
    yield from ((case, "idle", "subset", 20) for case in PLANTED)
    yield from ((case, "busy", "subset", runs) for case, runs in shares.items())
    yield MOVED, "busy", "subset", 20
    yield from (("reordered functions", load, "whole", 10) for load in ("idle", "busy"))


def run(command, **keywords):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **keywords)
    if done.returncode != 0:
        raise SystemExit(f"gate_campaign: {shlex.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


@contextlib.contextmanager
def busy_loop(load):
    """Beside the gate: one process that never sleeps, anywhere, ended by its own number."""
    if load != "busy":
        yield
        return
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as loop:
        try:
            yield
        finally:
            loop.kill()


class Campaign:
    def __init__(self, repository, directory):
        self.directory = Path(directory).resolve()
        self.clone, self.build = self.directory / "clone", self.directory / "build"
        self.csv = self.directory / "campaign.csv"
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.clone.exists():
            run(["git", "clone", "-q", str(Path(repository).resolve()), str(self.clone)])
        self.base = run(["git", "-C", self.clone, "rev-parse", "HEAD"]).strip()
        self.environment = {**os.environ, "ENCBENCH_BUILD_DIR": str(self.build)}
        self.environment.pop("GITHUB_STEP_SUMMARY", None)

    def rows(self):
        if not self.csv.exists():
            return []
        with self.csv.open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))

    def become(self, case, number):
        run(["git", "-C", self.clone, "checkout", "-q", "-f", self.base])
        for patch in patches(case, number):
            patch.apply(self.clone)
        for path in self.clone.glob("variants/structure.h"):
            if case == "16 bytes of structure":
                text = path.read_text(encoding="utf-8")
                path.write_text(re.sub(r"^_Static_assert\([^;]*;\n", "", text, flags=re.M), encoding="utf-8")
        if not (self.build / "CMakeCache.txt").exists():
            run(["cmake", "--preset", "release", "-B", str(self.build)], cwd=self.clone)
        run(["cmake", "--build", str(self.build), "--target", "encbench", "encbench-worker", "encbench_interpose", "encbench_kernels", "encbench_modules",
             "encbench_shared"])

    def gate(self, case, load, selection, number):
        seed = 1 + number + 1000 * [*NO_WORSE, *PLANTED].index(case) + (500 if load == "busy" else 0)
        out = self.directory / "result"
        run(["rm", "-rf", str(out)])
        words = shlex.split(SUBSET) if selection == "subset" else []
        begin = time.monotonic()
        with busy_loop(load):
            done = subprocess.run([str(self.build / "encbench"), "gate", "--quiet", "--base", self.base, "--seed", str(seed), "--out", str(out)] + words,
                                  cwd=self.clone, env={**self.environment, "ENCBENCH_ROOT": str(self.clone)}, capture_output=True, text=True, check=False)
        wall = time.monotonic() - begin
        row = dict.fromkeys(HEAD, "")
        row |= {"case": case, "load": load, "selection": selection, "run": number, "seed": seed, "exit": done.returncode,
                "wall_s": f"{wall:.1f}", "base": self.base[:12], "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        if (out / "gate.csv").exists():
            row |= self.seen(out, case)
        if done.returncode not in (0, 1):
            print(f"  exit {done.returncode}: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
        return row

    @staticmethod
    def seen(out, case):
        with (out / "gate.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        own = [row for row in rows if row["variant"] != "gate_plant"]
        timed = [row for row in own if row["metric"] == "ns_per_op"]
        found = {"exact_red": sum(row["status"] in ("regression", "lost") for row in own),
                 "time_red": sum(row["status"] == "red" for row in timed),
                 "time_amber": sum(row["status"] == "amber" for row in timed),
                 "time_judged": sum(row["status"] in ("green", "amber", "red", "improved") for row in timed),
                 "plants_red": sum(row["variant"] == "gate_plant" and row["status"] in ("red", "regression") for row in rows)}
        if case in PLANTED:
            _, metric, workload = PLANTED[case]
            hits = [row for row in own if row["workload"] == workload
                    and (row["metric"] == "ns_per_op" and row["status"] == "red" if metric == "time"
                         else row["metric"].startswith(metric) and row["status"] == "regression")]
            found["seen"] = int(bool(hits))
            if metric == "time" and (out / "gate_time.csv").exists():
                with (out / "gate_time.csv").open(newline="", encoding="utf-8") as stream:
                    passes = [float(row["slow_down_percent"]) for row in csv.DictReader(stream)
                              if row["workload"] == workload and row["pass"] == "1" and row["slow_down_percent"] and row["variant"] != "gate_plant"]
                found["slow_down_percent"] = f"{sorted(passes)[len(passes) // 2]:.3f}" if passes else ""
        return found

    def measure(self, only, most, minutes):
        end = time.monotonic() + 60 * minutes
        done = {(row["case"], row["load"], row["selection"], int(row["run"])) for row in self.rows()}
        for case, load, selection, runs in plan():
            wanted = [n for n in range(min(runs, most or runs)) if (case, load, selection, n) not in done]
            if not wanted or only and case not in only:
                continue
            self.become(case, wanted[0])
            for number in wanted:
                if time.monotonic() > end:
                    return
                if case == MOVED and number != wanted[0]:
                    self.become(case, number)
                row = self.gate(case, load, selection, number)
                fresh = not self.csv.exists()
                with self.csv.open("a", newline="", encoding="utf-8") as stream:
                    writer = csv.DictWriter(stream, HEAD, lineterminator="\n")
                    if fresh:
                        writer.writeheader()
                    writer.writerow(row)
                print(f"{case}, {load}, {selection}: {number + 1}/{runs} exit {row['exit']} seen {row['seen']} "
                      f"red {row['exact_red']}+{row['time_red']} amber {row['time_amber']} {row['wall_s']} s", flush=True)


# ---- rates and their exact bounds (Clopper and Pearson 1934) ----

def at_most(k, n, p):
    return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1))


def bisect(below):
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return low


def bounds(k, n):
    low = 0.0 if k == 0 else bisect(lambda p: 1 - at_most(k - 1, n, p) < 0.025)
    high = 1.0 if k == n else bisect(lambda p: at_most(k, n, p) > 0.025)
    return low, high


def rate(k, n):
    low, high = bounds(k, n)
    return f"{k} of {n} | {100 * low:.1f} to {100 * high:.1f} %"


def median(values):
    values = sorted(map(float, values))
    return f"{values[len(values) // 2]:.3g}" if values else ""


INTRODUCTION = """# How often is the gate wrong?

`tests/gate/gate_campaign.py . DIRECTORY` ran `encbench gate` {runs} times{machine}, {first} to {last} (UTC), base {bases}: on heads that are no worse than
the base, and on heads with one regression planted. "Subset" is `{subset}`, "whole" is every variant
and workload. "Busy" is a loop that never sleeps beside it. Reordered and unrelated functions change the codec's shared object too, so that every pair
is timed; of identical code and comments none is. "Codec moved" puts other bytes that nobody runs ahead of the codec in every run.
[campaign.csv](campaign.csv) has a row for each run. Bounds are Clopper and Pearson's.
"""


def machine():
    """The model of the processor, where /proc/cpuinfo names one."""
    with contextlib.suppress(OSError, IndexError):
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        return f" on an {re.findall('^model name[^:]*: (.*)', text, re.M)[0].strip()} with {os.cpu_count()} cores"
    return ""


def introduction(rows):
    dates = sorted(row["date"][:16].replace("T", " ") for row in rows)
    bases = ", ".join(sorted({row["base"] for row in rows}))
    return INTRODUCTION.format(runs=len(rows), machine=machine(), first=dates[0], last=dates[-1], bases=bases, subset=SUBSET)


def summary(rows):
    """The sentences of README.md about it."""
    def runs(load, selection):
        mine = [row for row in rows if row["case"] in NO_WORSE and (row["load"], row["selection"]) == (load, selection)]
        return f"{sum(row['exit'] == '1' for row in mine)} of {len(mine)}"

    def seen(case):
        mine = [row for row in rows if row["case"] == case]
        return f"{sum(row['seen'] == '1' for row in mine)} of {len(mine)}"

    always = {seen(case) for case in PLANTED if case not in AS_IT_IS}

    def slow_down(case):
        return median(row["slow_down_percent"] for row in rows if row["case"] == case and row["slow_down_percent"])

    as_it_is = "; ".join(f"{slow_down(case)} % more{', which is a cycle' if case == '+1 cycle' else ''}: {seen(case)}" for case in AS_IT_IS)
    return (f"Red, of heads that are no worse (the same code, other comments, unrelated and reordered functions, the codec at other addresses): "
            f"{runs('idle', 'subset')} times on four pairs, {runs('busy', 'subset')} beside a busy loop, and on the whole table "
            f"{runs('idle', 'whole')} and {runs('busy', 'whole')}. An instruction, an allocation, 16 bytes of structure, 1 byte leaked per "
            f"1000 ops, 5 % more time and a codec that is 5 % slower: {' or '.join(sorted(always))} times each. Around the 2 % and the cycle "
            f"beyond which time is called red: {as_it_is}.")


def table(rows):
    yield "## Heads that are no worse: red is false\n"
    yield "| head | machine | selection | red | 95 % bounds | amber pairs of judged | blind or unfit (exit 4, 3) | median s |"
    yield "|---|---|---|---|---|---|---|---|"
    for load, selection in (("idle", "subset"), ("busy", "subset"), ("idle", "whole"), ("busy", "whole")):
        total = []
        for case in [*NO_WORSE, "all"]:
            mine = total if case == "all" else [row for row in rows if (row["case"], row["load"], row["selection"]) == (case, load, selection)]
            if not mine or case == "all" and len({row["case"] for row in mine}) == 1:
                continue
            if case != "all":
                total += mine
            judged = [row for row in mine if row["exit"] in ("0", "1")]
            red = sum(row["exit"] == "1" for row in judged)
            amber, of = (sum(int(row[key] or 0) for row in judged) for key in ("time_amber", "time_judged"))
            counts = [sum(row["exit"] == code for row in mine) for code in ("4", "3")]
            yield (f"| {case} | {load} | {selection} | {rate(red, len(judged)) if judged else 'none judged | '} | {amber} of {of} | "
                   f"{counts[0]}, {counts[1]} of {len(mine)} | {median(row['wall_s'] for row in mine)} |")
    yield "\n## Heads with one planted regression: what is not seen is missed\n"
    yield "The names are what was meant, the slow-down is what it came to. The lower end of its interval must be beyond 2 % and beyond one cycle, twice.\n"
    yield "| planted | seen | 95 % bounds | slow-down in the first pass, median % | blind or unfit | median s |"
    yield "|---|---|---|---|---|---|"
    for case in PLANTED:
        mine = [row for row in rows if row["case"] == case]
        if mine:
            counts = [sum(row["exit"] == code for row in mine) for code in ("4", "3")]
            yield (f"| {case}{' (rate as it is)' if case in AS_IT_IS else ''} | {rate(sum(row['seen'] == '1' for row in mine), len(mine))} | "
                   f"{median(row['slow_down_percent'] for row in mine if row['slow_down_percent'])} | {counts[0]}, {counts[1]} | "
                   f"{median(row['wall_s'] for row in mine)} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository")
    parser.add_argument("directory")
    parser.add_argument("--only", default="", help="cases, separated by commas")
    parser.add_argument("--runs", type=int, default=0, help="at most so many of each")
    parser.add_argument("--minutes", type=float, default=300, help="begin no further run after that")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the busy loop ends as well
    campaign = Campaign(arguments.repository, arguments.directory)
    try:
        campaign.measure([name for name in arguments.only.split(",") if name], arguments.runs, arguments.minutes)
    finally:
        rows = campaign.rows()
        if rows:
            (campaign.directory / "README.md").write_text("\n".join([introduction(rows), *table(rows)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
