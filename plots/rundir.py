"""Reads a run directory strictly: what harness/schema.def declares, and nothing else.

A file that is missing, has another header, an unexpected type, an empty required cell or a torn last line is an InputError
that names path, line, column, value and what was expected. No default is ever put in place of a value.
"""

import argparse
import contextlib
import math
import os
import re
import stat
import sys
from pathlib import Path

import escape

SOURCE = Path(__file__).resolve().parent
HARNESS = SOURCE.parent / "harness"

# What report and figures read. samples.csv.gz is left out on purpose: a committed run may come without it.
TABLES = (
    "run", "machine", "variants", "workloads", "processes", "contrasts", "metrics", "layout", "levels", "effects", "state_effects",
    "controls", "verdicts", "claims", "panels", "growth",
)

# Read where the schema declares them and the run has the file; a list of no rows otherwise.
OPTIONAL_TABLES = ("cells", "instructions_delta", "symbols_delta", "identical_code", "counters", "calibration", "calibration_reports", "forecast", "variance")

# Facts of run.csv that the report cannot do without; every other key is printed as it is.
RUN_KEYS = ("schema_version", "profile", "complete", "seed")

# Cells whose words are a contract; anything else in them would be printed as if it meant something.
WORDS = {
    ("effects", "kind"): ("pair", "main", "interaction", "twin", "planted"),
    ("effects", "scale"): ("absolute", "relative"),
    ("effects", "words"): ("faster by", "slower by", "equivalent within", "no difference shown", "single layout",
                           "interaction shown", "not resolvable here", "equal by construction"),
    ("state_effects", "state"): ("quiet", "shared"),
    ("state_effects", "differs"): ("yes", "no"),
    ("verdicts", "verdict"): ("confirmed", "refuted", "not resolvable here", "run invalid"),
    ("controls", "status"): ("holds", "failed", "imprecise", "not measured"),
    ("controls", "blinds"): ("nothing", "cell", "deciding cell", "heap passes", "run"),
    ("processes", "status"): ("ok", "void"),
    ("metrics", "status"): ("exact", "unstable", "not available"),
    ("counters", "status"): ("counted", "multiplexed", "not supported", "not permitted", "not counted", "unknown event"),
    ("layout", "kind"): ("field", "hole"),
    ("calibration", "status"): ("met", "missed", "more trials needed", "no target"),
    ("variance", "status"): ("split", "not split"),
    ("forecast", "outlook"): ("enough", "perhaps", "too few"),
    ("identical_code", "identical"): ("yes", "no", "not available"),
    ("growth", "class"): ("bounded", "retaining", "growing", "not available"),
}


class InputError(Exception):
    """Bad input; the message is one line for the user."""


class Row(dict):
    """One row by column name; knows where it came from."""

    changes = {}  # so far, by path: of all rows of it

    def __init__(self, values, path, line):
        super().__init__(values)
        self.path = path
        self.line = line

    def __setitem__(self, column, value):
        Row.changes[self.path] = Row.changes.get(self.path, 0) + 1
        super().__setitem__(column, value)

    def fail(self, column, expected):
        raise InputError(f"{self.path}:{self.line}: column {column}: {self[column]!r}, expected {expected}")


MOST_BYTES = 2 ** 28  # of a file: rows take some ten times as much memory; harness/store/csv.h has the same limit


@contextlib.contextmanager
def open_file(path):
    """A regular file of a size that can be read whole: a pipe may wait for ever and a device may have no end."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            what = "directory" if stat.S_ISDIR(status.st_mode) else "pipe" if stat.S_ISFIFO(status.st_mode) else "device"
            raise InputError(f"{path}: is a {what}, expected a file")
        if status.st_size > MOST_BYTES:
            raise InputError(f"{path}: more than {MOST_BYTES} bytes of text, expected fewer, as a table is read into memory whole; restore "
                             "the file, or measure less in one run")
        yield file


def read_text(path):
    try:
        with open_file(path) as file:
            return file.read(MOST_BYTES).decode("utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}") from error
    except MemoryError as error:
        raise InputError(f"{path}: out of memory; free memory and run it again") from error


def schema():
    """{table: (file, [(column, type, required)])} as harness/schema.def declares it; required None: may also be missing in an older file."""
    path = HARNESS / "schema.def"
    text = read_text(path)
    tables = {name: (file, []) for name, file in re.findall(r'^TABLE\((\w+), "([^"]+)"', text, re.M)}
    for name, column, kind, need in re.findall(r"^COLUMN\((\w+), (\w+), CSV_(\w+), (true|false|CSV_LATER),", text, re.M):
        tables[name][1].append((column, kind, {"true": True, "false": False, "CSV_LATER": None}[need]))
    for name in TABLES:
        if not tables.get(name, (None, None))[1]:
            raise InputError(f"{path}: declares no table {name} with columns")
    return tables


def schema_version():
    path = HARNESS / "schema.h"
    found = re.search(r"^#define SCHEMA_VERSION (\S+)$", read_text(path), re.M)
    if not found:
        raise InputError(f"{path}: defines no SCHEMA_VERSION")
    return found.group(1)


# As harness/store/csv_value.c has them: what no cell holds, and numbers.
NO_TEXT = re.compile('["\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]')
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
INTEGERS = range(-2 ** 63, 2 ** 63)
INTEGER_DIGITS = len(str(INTEGERS[0]))
NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


EXPECTED = {"INTEGER": "an integer", "NUMBER": "a number", "TEXT": "text without quotes, control characters and what turns or hides text"}


def _value(text, kind):
    if kind == "TEXT":
        return None if NO_TEXT.search(text) else text
    if kind == "INTEGER":
        return int(text) if len(text) <= INTEGER_DIGITS and INTEGER.fullmatch(text) and int(text) in INTEGERS else None
    if text in ("inf", "-inf"):
        return float(text)
    return float(text) if NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def read_csv(path, columns, *, inert=False):
    """All rows of a file, typed; an empty optional cell is None. `inert`: text as `escape` carries it, for a report."""
    text = read_text(path)
    if not text:
        raise InputError(f"{path}: empty, expected the header {','.join(c[0] for c in columns)}")
    if not text.endswith("\n"):
        raise InputError(f"{path}:{text.count(chr(10)) + 1}: last line is torn: no newline at its end")
    translated = inert and escape.inert(text) != text
    lines = text[:-1].split("\n")
    header = lines[0].split(",")
    expected = [column for column, _, _ in columns]
    here = columns[:len(header)]  # an older file ends before columns that were declared later
    if header != expected and (header != expected[:len(header)] or any(required is not None for _, _, required in columns[len(header):])):
        missing = [c for c in expected if c not in header]
        unknown = [c for c in header if c not in expected]
        what = f"column {missing[0]} is missing" if missing else \
            f"column {unknown[0]} is unknown" if unknown else "columns are in another order"
        raise InputError(f"{path}:1: {what}, expected the header {','.join(expected)}")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split(",")
        if len(cells) != len(here):
            raise InputError(f"{path}:{number}: {len(cells)} cells, expected {len(here)}")
        row = Row({column: None for column in expected[len(here):]}, path, number)
        for (column, kind, required), cell in zip(columns, cells):
            if cell == "":
                row[column] = None
                if required:
                    row.fail(column, "a value: the cell is required")
                continue
            row[column] = _value(cell, kind)
            if row[column] is None:
                row[column] = cell
                row.fail(column, EXPECTED[kind])
            if translated and kind == "TEXT":
                row[column] = escape.inert(cell)
        rows.append(row)
    return rows


def check_replaceable(path):
    """Only a regular file is ever replaced, not a link, a device or a directory; and never a table: that was measured."""
    if Path(path).name in {file for file, _ in schema().values()}:
        raise InputError(f"{path}: is the name of a table, which is never replaced; name another")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: exists and is not a regular file; name another")


def new_partial(path):
    """An empty file beside `path` that nobody else has."""
    attempt = 0
    while True:
        partial = path.with_name(f"{path.name}.{os.getpid()}-{attempt}.partial")
        try:
            partial.open("x").close()
            return partial
        except FileExistsError:
            attempt += 1


def own_folder(path):
    """The folder for what is drawn, made where it is missing. Never a link: what lies where it leads is not ours to replace or remove."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror}") from error
    if path.is_symlink():
        raise InputError(f"{path}: is a link; expected a folder of the run directory itself; remove the link")
    return path


@contextlib.contextmanager
def replacing(path):
    """A private file to write, which takes the name `path` at the end: whole or not at all."""
    partial = None
    check_replaceable(path)
    try:
        partial = new_partial(path)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    finally:
        if partial:
            partial.unlink(missing_ok=True)


class RunDirectory:
    """The tables of a run directory as attributes: run.effects is a list of rows."""

    def __init__(self, directory, *, raw=False):
        """`raw`: text as it is in the files, for a figure or a terminal; else as a report carries it (escape.py)."""
        self.path = Path(directory)
        if not self.path.is_dir():
            raise InputError(f"{directory}: not a directory, expected a run directory")
        self.files = {}
        self.indexes = {}
        self.beside = []  # runs of other machines that the report sets beside this one
        tables = schema()
        for name in (*TABLES, *OPTIONAL_TABLES):
            setattr(self, name, [])
            if name in OPTIONAL_TABLES and (name not in tables or not (self.path / tables[name][0]).exists()):
                continue
            file, columns = tables[name]
            rows = read_csv(self.path / file, columns, inert=not raw)
            for (table, column), words in WORDS.items():
                if table == name:
                    for row in rows:
                        if row[column] not in words:
                            row.fail(column, " or ".join(words))
            setattr(self, name, rows)
            self.files[name] = file
            if name == "run":
                self.facts = self._facts()
        self.file_names = {name: file for name, (file, _) in tables.items()}

    def file_of(self, table):
        """Name of the file of any declared table, whether it is read here or not."""
        return self.file_names[table]

    def checked_file(self, table):
        """The same of a table that another program reads: it would wait for a pipe."""
        with open_file(self.path / self.file_names[table]):
            return self.file_names[table]

    def _facts(self):
        """Before any other table is read: another schema may have other columns everywhere."""
        facts = {}
        path = self.path / self.files["run"]
        for row in self.run:
            if row["key"] in facts:
                row.fail("key", "each key once")
            facts[row["key"]] = row["value"]
        for key in RUN_KEYS:
            if not facts.get(key):
                raise InputError(f"{path}: key {key} is missing or empty")
            if key == "schema_version" and facts[key] != schema_version():
                raise InputError(f"{path}: key schema_version: {facts[key]!r}, expected {schema_version()}; measure again, or read it with "
                                 "the encbench that wrote it")
        if facts["complete"] not in ("yes", "no"):
            raise InputError(f"{path}: key complete: {facts['complete']!r}, expected yes or no")
        return facts

    def select(self, table, **keys):
        """Rows of a table whose cells equal all the keys."""
        rows = getattr(self, table)
        if not keys:
            return list(rows)
        return list(self._index(table, rows, tuple(keys)).get(tuple(keys.values()), ()))

    def _index(self, table, rows, columns):
        """{cells: rows}, made where it is first asked for: a report asks some thousand times for a few dozen sets of columns."""
        state = len(rows), Row.changes.get(getattr(rows[0], "path", None)) if rows else None
        known, known_state, index = self.indexes.get((table, columns), (None, None, None))
        if known is not rows or known_state != state:
            index = {}
            for row in rows:
                index.setdefault(tuple(row[column] for column in columns), []).append(row)
            self.indexes[table, columns] = rows, state, index
        return index

    def one(self, table, **keys):
        """The only such row, or None; two are an error."""
        rows = self.select(table, **keys)
        if len(rows) > 1:
            raise InputError(f"{rows[1].path}:{rows[1].line}: a second row for "
                             + " ".join(f"{key}={value}" for key, value in keys.items()))
        return rows[0] if rows else None


class ArgumentParser(argparse.ArgumentParser):
    """Says what is wrong in one line; argparse itself would print its usage above it."""

    def error(self, message):
        raise InputError(f"{message}; see --help")


def drop_output():
    """What is still to be written goes nowhere, or the interpreter would complain of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def run_main(main):
    """Calls main(arguments); bad input, and what nobody thought of, becomes one line on standard error and exit status two."""
    try:
        status = main(sys.argv[1:])
        sys.stdout.flush()
        sys.exit(status)
    except BrokenPipeError:  # a reader that has seen enough (`| head`) is no error
        drop_output()
        sys.exit(0)
    except InputError as error:
        message = str(error)
    except OSError as error:
        message = f"{error.filename or 'standard output'}: {error.strerror}"
        drop_output()
    except Exception as error:  # pylint: disable=broad-exception-caught
        message = f"{type(error).__name__}: {' '.join(str(error).split())}"
    message = "".join(character if character.isprintable() else "?" for character in escape.shown(message))
    print(f"{Path(sys.argv[0]).name}: {message}", file=sys.stderr)
    sys.exit(2)
