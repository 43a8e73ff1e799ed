"""What gnuplot draws, straight from the CSV files of a run: for each script the values that it is given. Lookups only.

A drawing is (script, {variable: text}); the script says what it wants besides, which is output and kind.
"""

import os
import re
import subprocess

import style
import subject
from rundir import SOURCE, InputError


def quoted(text):
    """As a string of gnuplot, without backslashes: it takes them from what it reads of a CSV file too, and the two are compared."""
    return "'" + re.sub(r"\\(.?)", r"\1", text).replace("'", "''") + "'"


def draw(run, drawing, **values):
    """Runs the script inside the run directory and returns what it wrote to standard output."""
    script, own = drawing
    settings = "; ".join(f"{name} = {quoted(value)}" for name, value in (own | values).items())
    try:
        done = subprocess.run(["gnuplot", "-e", settings, str(SOURCE / script)], cwd=run.path, capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C", "GNUPLOT_LIB": ""}, check=False)
    except FileNotFoundError as error:
        raise InputError("gnuplot: not found; install the package gnuplot-nox") from error
    # gnuplot exits 0 on much that went wrong, but says so.
    if done.returncode != 0 or done.stderr.strip():
        raise InputError(f"{script}: gnuplot failed: {' '.join(done.stderr.split()) or 'no message'}")
    return done.stdout


def processes(run, contrast):
    return len(run.select("contrasts", contrast=contrast, workload=subject.OP))


def spread(run):
    twin = subject.twin_of(run, subject.FIELD)
    contrast = run.one("panels", contrast=subject.FIELD)
    return "spread.gp", {
        "source": run.files["contrasts"], "workload": subject.OP,
        "name_a": twin, "title_a": f"{twin}: {contrast['baseline']} against its twin ({processes(run, twin)} processes)",
        "colour_a": style.variant(contrast["baseline"]),
        "name_b": subject.FIELD, "colour_b": style.variant(contrast["contender"]),
        "title_b": f"{subject.FIELD}: {contrast['contender']} against {contrast['baseline']} "
                   f"({processes(run, subject.FIELD)} processes)",
    }


LOOKS_ONE = 0.02  # of the largest: curves that end no further apart lie on one another to the eye


GROWING = "growing"


def heap_groups(rows):
    """Variants of one class that end alike, to the eye one curve: the first stands for its group. One that grows stands alone."""
    groups = []
    columns = ("live_bytes_at_rest", "mapped_bytes_at_rest")
    near = {column: LOOKS_ONE * max((abs(row[column] or 0) for row in rows), default=0) for column in columns}
    for row in rows:
        like = [group for group in groups if row["class"] != GROWING and group[0]["class"] == row["class"]
                and all(abs((group[0][column] or 0) - (row[column] or 0)) <= near[column] for column in columns)]
        (like[0] if like else groups.append([]) or groups[-1]).append(row)
    return groups


def heap_title(group):
    first, *others = (row["variant"] for row in group)
    return f"{group[0]['class']}: {first}" + (f" and {len(others)} more" if others else "")


def heap(run):
    groups = heap_groups(subject.heap_rows(run, subject.OP))
    names = [group[0]["variant"] for group in groups]
    return "heap.gp", {
        "source": run.checked_file("heap"), "workload": subject.OP,
        "variants": " ".join(names), "colours": " ".join(map(style.variant, names)),
        "dashes": " ".join(str(style.gnuplot_dashes(name)) for name in names),
        "titles": " ".join(f'"{heap_title(group)}"' for group in groups), "leak": subject.LEAK,
        "leak_bytes": subject.LEAK_BYTES, "leak_mapping": subject.LEAK_MAPPING, "leak_none": subject.LEAK_NONE,
        "colour_bytes": style.LEAK_BYTES, "colour_mapping": style.LEAK_MAPPING, "colour_none": style.OTHER,
    }


def sweep(run):
    found = subject.Sweep(run)
    styles = {"colours": style.variant, "points": style.gnuplot_point, "dashes": style.gnuplot_dashes}
    values = {
        "levels": run.files["levels"], "effects": run.files["effects"], "panel": found.panel, "against": found.against,
        "variants": " ".join(found.variants), "sizes": " " + "".join(f"{name}={size} " for name, size in found.sizes.items()),
        "others": " ".join(found.pairs), "contrasts": " ".join(contrast for contrast, _ in found.pairs.values()),
        "turned": " ".join(str(int(turned)) for _, turned in found.pairs.values()),
    }
    for name, of in styles.items():
        values[name] = " ".join(str(of(variant)) for variant in found.variants)
        values["other_" + name] = " ".join(str(of(variant)) for variant in found.pairs)
    return "sweep.gp", values
