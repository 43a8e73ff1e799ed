"""The memory orders of every release protocol on aarch64, where they are instructions.

refs.h is compiled for it, without and with its atomic instructions, and what stands in opening, retaining and closing
is compared with what each level needs: an order no weaker and no stronger, and no full barrier. That it can fail is
seen by taking one level for another. 77: no cross compiler.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

COMPILER = "aarch64-linux-gnu-gcc"
SOURCE = """
#include "refs.h"
void do_open(struct encbuf *buffer);
void do_open(struct encbuf *buffer) { encbuf_refs_open(buffer); }
void do_retain(encbuf_ref ref);
void do_retain(encbuf_ref ref) { encbuf_refs_retain(ref); }
bool do_close(encbuf_ref ref);
bool do_close(encbuf_ref ref) { return encbuf_refs_close(ref); }
"""
LEVELS = ["MMAP_RES_NULL", "POOL_THREAD", "CLASSES_TEN", "MAGAZINE_ONE64", "RETAIN_ALL", "PLACE_MALLOC"]
# Everything that orders memory or is atomic: ldxr and stxr and their kinds, those of armv8.1, stlr and ldar, barriers.
ORDERING = re.compile(r"^\s+((?:dmb|dsb|isb)\s+\w*|(?:stl|lda|ldx|stx|stlx|ldax|ldadd|ldset|ldclr|swp|cas)\w*)", re.M)
# By level and processor: of opening, of retaining, of closing; `unique` closes what is shared in a function of its own.
RELEASE_LAST = "ldxr stlxr dmb-ishld"
CASL_LAST = "casl dmb-ishld"
EXPECTED = {
    "seqcst": {
        "armv8-a": ("stlr stlr", "ldaxr stlxr", "ldar ldaxr stlxr ldaxr stlxr"),
        "armv8.1-a": ("stlr stlr", "ldaddal", "ldar ldaddal casal")
    },
    "acqrel": {
        "armv8-a": ("", "ldxr stxr", RELEASE_LAST + " ldxr stxr"),
        "armv8.1-a": ("", "ldadd", "ldaddl dmb-ishld cas")
    },
    "merged": {"armv8-a": ("", "ldxr stxr", RELEASE_LAST), "armv8.1-a": ("", "ldadd", CASL_LAST)},
    "unique": {"armv8-a": ("", "ldxr stxr", "ldar " + RELEASE_LAST), "armv8.1-a": ("", "ldadd", "ldar " + CASL_LAST)},
    "tagged": {"armv8-a": ("", "ldxr stxr", RELEASE_LAST), "armv8.1-a": ("", "ldadd", CASL_LAST)},
    "plain": {"armv8-a": ("", "", ""), "armv8.1-a": ("", "", "")},
}


def instructions(source, level, processor):
    """Of the functions in the order of the table."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "orders.c")
        path.write_text(SOURCE)
        text = subprocess.run([COMPILER, "-ffreestanding", "-std=gnu17", "-O2", "-S", "-o", "-", f"-march={processor}",
                               "-mno-outline-atomics", f"-I{source / 'variants'}", f"-DENCBUF_REFS_{level.upper()}",
                               *(f"-DENCBUF_{name}" for name in LEVELS), str(path)],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
    functions = dict(re.findall(r"^(\w+):$(.*?)^\s+\.size\s+\1,", text, re.M | re.S))
    functions["do_close"] += functions.get("encbuf_refs_close_shared_slow", "")
    return tuple(" ".join("-".join(found.split()) for found in ORDERING.findall(functions[name]))
                 for name in ("do_open", "do_retain", "do_close"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    arguments = parser.parse_args()
    if shutil.which(COMPILER) is None:
        print(f"no {COMPILER}: install gcc-aarch64-linux-gnu to read the orders of aarch64")
        return 77
    levels = re.findall(r"defined\(ENCBUF_REFS_([A-Z]+)\)", re.search(
        r"#if 1 != (defined\(ENCBUF_REFS.*?)#error", (arguments.source / "variants/axes.h").read_text(), re.S)[1])
    problems = [] if {level.lower() for level in levels} == {*EXPECTED, "na"} else [f"levels of axes.h: {levels}"]
    for level, processors in EXPECTED.items():
        for processor, expected in processors.items():
            found = instructions(arguments.source, level, processor)
            if found != expected:
                problems.append(f"refs {level} on {processor}: {found}, expected {expected}")
    for one, other in (("seqcst", "acqrel"), ("acqrel", "merged"), ("merged", "unique"), ("merged", "plain")):
        if instructions(arguments.source, one, "armv8-a") == EXPECTED[other]["armv8-a"]:
            problems.append(f"not told apart: {one} and {other}")
    print("\n".join(problems) if problems else f"the orders of {len(EXPECTED)} levels on two processors")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
