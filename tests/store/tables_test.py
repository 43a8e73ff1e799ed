"""The data dictionary is that of the schema, and the CSV files of a run open in the tools that its head names, as it says: SQLite, pandas,
R, gnuplot and DuckDB, where each is installed; a loud line says which are not.

usage: tables_test.py ENCBENCH SOURCE_DIR"""
import csv
import glob
import gzip
import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

ENCBENCH, SOURCE = sys.argv[1:3]
DICTIONARY = os.path.join(SOURCE, "results", "README.md")
RUNS = [directory for directory in ("tests/golden/run", "results/reference") if os.path.isdir(os.path.join(SOURCE, directory))]
failures = []


def check(description, holds):
    if not holds:
        failures.append(description)
        print("FAILED:", description)


def output_of(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, **options)
    check(f"{' '.join(command)[:300]}: {done.returncode} {done.stderr}", done.returncode == 0)
    return done.stdout


# ---- the dictionary ----

def declarations():
    """(file, column, type, required, meaning) as schema.def has them, in order."""
    with open(os.path.join(SOURCE, "harness", "schema.def"), encoding="utf-8") as stream:
        text = re.sub(r'"\n +"', "", stream.read())  # a string goes on in the next line
    file_of = dict(re.findall(r'^TABLE\((\w+), "([^"]+)"', text, re.M))
    return [(file_of[table], column, kind.lower(), "yes" if required == "true" else "no", meaning) for table, column, kind, required, meaning
            in re.findall(r'^COLUMN\((\w+), (\w+), CSV_(\w+), (\w+),\s+"([^"]*)"\)$', text, re.M)]


def check_dictionary(declared):
    rows = list(csv.reader(io.StringIO(output_of(ENCBENCH, "list", "--tables", "--format", "csv")), strict=True))
    check("CSV has a header", rows[0] == ["file", "column", "type", "required", "meaning"])
    check("CSV has every column of every table once, in order", [tuple(row) for row in rows[1:]] == declared)
    markdown = output_of(ENCBENCH, "list", "--tables", "--format", "markdown")
    with open(DICTIONARY, encoding="utf-8") as stream:
        check("results/README.md is current; if not: encbench list --tables --format markdown > results/README.md", stream.read() == markdown)
    found, file = [], None
    for line in markdown.split("\n"):
        if line.startswith("## "):
            file = line[3:]
        elif file and line.startswith("| `"):
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            check(f"three cells in {line}", len(cells) == 3)
            found.append((file, cells[0].strip("`"), cells[1].split(",")[0], "no" if "may be empty" in cells[1] else "yes", cells[2]))
    check("Markdown has every column of every table once, in order", found == declared)
    text = output_of(ENCBENCH, "list", "--tables")
    check("text fits 80 columns", max(map(len, text.split("\n"))) <= 80)
    check("text is the same without --format", output_of(ENCBENCH, "list", "--tables", "--format", "text") == text)
    named = [line for line in text.split("\n") if re.match(r"  \w+ +(text|integer|number) ", line)]
    check("text has every column in order", [line.split()[0] for line in named] == [row[1] for row in declared])
    for arguments in (["list", "--format", "markdown"], ["list", "--tables", "--format", "xml"]):
        done = subprocess.run([ENCBENCH, *arguments], capture_output=True, text=True, check=False)
        check(f"{arguments} is refused in one line", done.returncode == 2 and done.stderr.count("\n") == 1 and done.stdout == "")


# ---- the files, read by hand ----

def is_number(cell):
    try:
        return not math.isnan(float(cell))
    except ValueError:
        return False


class File:
    def __init__(self, path, types):
        self.path = path
        opened = gzip.open if path.endswith(".gz") else open
        with opened(path, "rt", encoding="utf-8", newline="") as stream:
            lines = stream.read().split("\n")
        self.header = lines[0].split(",")
        self.rows = [line.split(",") for line in lines[1:-1]]
        self.types = types

    def probe(self):
        """Row and column of a number with a fraction where there is one, else of any finite one; None if there is none."""
        cells = [(row, column) for row, cells in enumerate(self.rows) for column, cell in enumerate(cells)
                 if self.types.get(self.header[column]) in ("number", "integer") and is_number(cell) and math.isfinite(float(cell))]
        return next((cell for cell in cells if "." in self.rows[cell[0]][cell[1]]), cells[0] if cells else None)


def files(declared, folder):
    """The CSV files of the runs, and samples of a made-up one: the only file of a run that is compressed."""
    types = {}
    for file, column, kind, _, _ in declared:
        types.setdefault(file, {})[column] = kind
    samples = os.path.join(folder, "samples.csv.gz")
    with gzip.open(samples, "wt", encoding="utf-8") as stream:
        stream.write(",".join(types["samples.csv.gz"]) + "\n")
        stream.writelines(f"{row},field,op,a,0,{row},16,{1000 + row},1,quiet\n" for row in range(50))
    paths = sorted(path for run in RUNS for path in glob.glob(os.path.join(SOURCE, run, "*.csv"))) + [samples]
    return [File(path, types.get(os.path.basename(path), {})) for path in paths]


# ---- the tools: (rows, columns, value of the probe) of each file ----

def each(read):
    return lambda everything: (read(file, file.probe()) for file in everything)


def with_sqlite(file, probe):
    source = f"|zcat '{file.path}'" if file.path.endswith(".gz") else file.path
    value = f"(SELECT CAST(\"{file.header[probe[1]]}\" AS REAL) FROM t LIMIT 1 OFFSET {probe[0]})" if probe else "NULL"
    text = output_of("sqlite3", ":memory:", "-cmd", f".import --csv \"{source}\" t", "SELECT name FROM pragma_table_info('t')",
                     f"SELECT COUNT(*), printf('%!.17g', {value}) FROM t").split("\n")
    rows, value = text[-2].split("|")
    return int(rows), text[:-2], float(value) if probe else None


# One start for all files: either takes a second for that. A line of each gives a path, a row and a column, or -1 and -1.
PANDAS = """
import sys, pandas
for line in sys.stdin:
    path, row, column = line.split()
    table = pandas.read_csv(path)
    value = repr(float(table.iloc[int(row), int(column)])) if int(row) >= 0 else ""
    print(len(table), value, int(table.isna().sum().sum()), *table.columns, sep=",")
"""
R = """
for (line in readLines(file("stdin"))) {
    words <- strsplit(line, " ")[[1]]
    row <- as.integer(words[2]) + 1
    column <- as.integer(words[3]) + 1
    table <- read.csv(words[1])
    value <- if (row > 0) sprintf("%.17g", table[row, column]) else ""
    cat(nrow(table), value, sum(is.na(table)), names(table), sep = ",")
    cat("\\n")
}
"""


def tables_of(everything, *command):
    given = "".join(" ".join(map(str, (file.path, *(file.probe() or (-1, -1))))) + "\n" for file in everything)
    lines = output_of(*command, input=given).split("\n")
    check(f"{command[0]} reads all files", len(lines) == len(everything) + 1)
    for line in lines[:-1]:
        rows, value, missing, *columns = line.split(",")
        yield int(rows), columns, float(value) if value else None, int(missing)


def with_pandas(everything):
    for file, (*table, missing) in zip(everything, tables_of(everything, pandas_python(), "-c", PANDAS)):
        empty = sum(cell in ("", "null") for row in file.rows for cell in row)
        check(f"pandas: {file.path}: missing is what is empty, and the text null: {missing}, not {empty}", missing == empty)
        nulls = {(os.path.basename(file.path), column) for row in file.rows for column, cell in zip(file.header, row) if cell == "null"}
        check(f"the text null is only where the dictionary says: {nulls}", nulls <= {("variants.csv", "level")})
        yield table


def with_r(everything):
    for file, (*table, missing) in zip(everything, tables_of(everything, "Rscript", "-e", R)):
        cells = [[row[column] for row in file.rows] for column in range(len(file.header))]
        empty = sum(column.count("") for column in cells if all(is_number(cell) for cell in column if cell))
        check(f"R: {file.path}: missing is what is empty in columns of numbers: {missing}, not {empty}", missing == empty)
        yield table


def with_gnuplot(file, probe):
    """Columns of numbers only, by name; gnuplot has no more of a table."""
    if not probe:
        return len(file.rows), file.header, None
    source = f"< zcat {file.path}" if file.path.endswith(".gz") else file.path
    name = file.header[probe[1]]
    text = output_of("gnuplot", "-e", f"set datafile separator ','; set print '-'; file = \"{source}\"; stats file using '{name}' nooutput; "
                     f"n = STATS_records; stats file using '{name}' every ::{probe[0]}::{probe[0]} nooutput; print sprintf('%d,%.17g', n, STATS_max)")
    rows, value = text.strip().split(",")
    present = sum(row[probe[1]] != "" for row in file.rows)
    check(f"gnuplot: {file.path}: {rows} numbers in {name}, not {present}", int(rows) == present)
    return len(file.rows), file.header, float(value)


def with_duckdb(file, probe):
    value = f"(SELECT CAST(\"{file.header[probe[1]]}\" AS DOUBLE) FROM '{file.path}' LIMIT 1 OFFSET {probe[0]})" if probe else "NULL"
    columns = output_of("duckdb", "-csv", "-noheader", "-c", f"SELECT column_name FROM (DESCRIBE SELECT * FROM '{file.path}')").split()
    rows, value = output_of("duckdb", "-csv", "-noheader", "-c", f"SELECT COUNT(*), {value} FROM '{file.path}'").strip().split(",")
    return int(rows), columns, float(value) if probe else None


def pandas_python():
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import pandas"], capture_output=True, check=False).returncode == 0:
            return python
    return None


# With how far a tool's reader of decimals may be off: a unit or two in the last place; pandas as its dictionary entry says.
TOOLS = (("SQLite", lambda: shutil.which("sqlite3"), each(with_sqlite), 1e-15), ("pandas", pandas_python, with_pandas, 1e-12),
         ("R", lambda: shutil.which("Rscript"), with_r, 1e-15), ("gnuplot", lambda: shutil.which("gnuplot"), each(with_gnuplot), 0),
         ("DuckDB", lambda: shutil.which("duckdb"), each(with_duckdb), 1e-15))


def check_file(tool, tolerance, file, rows, columns, value):
    probe = file.probe()
    check(f"{tool}: {file.path}: {rows} rows, not {len(file.rows)}", rows == len(file.rows))
    check(f"{tool}: {file.path}: columns {columns}", columns == file.header)
    if probe:
        expected = float(file.rows[probe[0]][probe[1]])
        check(f"{tool}: {file.path}: {value!r}, not {expected!r}",
              value is not None and math.isclose(value, expected, rel_tol=tolerance))


def check_line(tool, line, rows):
    """What the dictionary says, word for word, in the directory of a run."""
    commands = {"pandas": (pandas_python(), "-c", f"import pandas; print(len({line}['process']))"),
                "R": ("Rscript", "-e", f"cat(length({line}[['process']]))"),
                "SQLite": ("sqlite3", ":memory:", "-cmd", line, "SELECT COUNT(process) FROM processes"),
                "DuckDB": ("duckdb", "-csv", "-noheader", "-c", f"SELECT COUNT(process) FROM ({line.rstrip(';')})"),
                "gnuplot": ("gnuplot", "-e", f"set table; {line}")}
    text = output_of(*commands[tool], cwd=os.path.join(SOURCE, RUNS[0]))
    found = len(re.findall(r"^ \S+ +\S+ +i$", text, re.M)) if tool == "gnuplot" else int(text)
    check(f"{tool}: `{line}` gives {found} rows, not {rows}", found == rows)


def main():
    declared = declarations()
    check_dictionary(declared)
    with tempfile.TemporaryDirectory() as folder:
        everything = files(declared, folder)
        check("there are files with probes to read", sum(file.probe() is not None for file in everything) > 15)
        with open(DICTIONARY, encoding="utf-8") as stream:
            lines = dict(re.findall(r"^\| (\w+) \| `(.*)` \|$", stream.read().split("\n## ")[0], re.M))
        check("the dictionary says how to open a file with each tool", set(lines) == {tool for tool, _, _, _ in TOOLS})
        processes = next(len(file.rows) for file in everything if file.path.endswith("/processes.csv") and f"/{RUNS[0]}/" in file.path)
        for tool, installed, read, tolerance in TOOLS:
            if not installed():
                print(f"SKIP: {tool} is not installed: what the dictionary says of it was not tried")
                continue
            check_line(tool, lines[tool], processes)
            for file, table in zip(everything, read(everything)):
                check_file(tool, tolerance, file, *table)
    if failures:
        sys.exit(f"{len(failures)} checks failed")


if __name__ == "__main__":
    main()
