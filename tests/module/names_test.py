"""A metric that the harness fills stands in one list, and its twin for people: what count/ writes is in names.c, and module.h names it."""

import pathlib
import re
import sys
import unittest

HARNESS = pathlib.Path(sys.argv.pop(1)) / "harness"
EXAMPLE = "malloc_calls_per_op"  # "and so on for every function that allocates"


def text(path):
    return (HARNESS / path).read_text(encoding="utf-8")


def reserved():
    body = text("module/names.c").split("names_metric_is_reserved", 1)[1].split("};", 1)[0]
    return set(re.findall(r'"([a-z0-9_]+)",', body)) - {"_calls_per_op"}


class Names(unittest.TestCase):
    def test_what_is_counted_is_reserved(self):
        written = {name for path in sorted((HARNESS / "count").glob("*.c"))
                   for name in re.findall(r'"([a-z0-9_]+(?:_per_op|_after_teardown|_changes|_threads)|peak_[a-z_]+|struct_[a-z_]+)"', text(path.relative_to(HARNESS)))}
        self.assertGreater(len(written), 15)
        self.assertEqual(written - reserved() - {"_calls_per_op"}, set())

    def test_the_header_names_them(self):
        words = re.search(r"like one that the harness fills \((.*?)\)", re.sub(r"\n \*", "", text("module.h")), re.DOTALL).group(1)
        named = set(re.findall(r"[a-z0-9_]{4,}", words.replace("malloc_calls_per_op and so on for every function that allocates", EXAMPLE)))
        of_allocators = {name for name in named if name.startswith(("struct_heap_bytes_", "live_growth_"))}
        self.assertEqual(named - of_allocators - {EXAMPLE}, reserved())
        self.assertEqual(len(of_allocators), 4)


if __name__ == "__main__":
    unittest.main()
