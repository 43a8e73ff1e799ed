"""The rooms of harness/: every source file stands in one, includes only what its line in harness/CMakeLists.txt names, and nothing later in
the pipeline; the measured process is made of the rooms that its line names and of nothing else. Then each of these rules is broken in a
copy, and must be found.

usage: rooms_test.py SOURCE BUILD NM"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

# Headers that strangers include or every revision keeps where it is, and the room that each belongs to: None is below all of them.
AT_THE_DOOR = {"module.h": None, "bench.h": None, "schema.h": "store", "schema.def": "store"}
PROGRAM = {"main.c", "options.c", "options.h"}  # the driver's verbs and words: may include any room
FILES_AT_THE_DOOR_MAX = 13


def declared(harness):
    """[(room, [rooms it may include])] in the order of the file."""
    text = (harness / "CMakeLists.txt").read_text()
    lines = re.findall(r"^encbench_room\(([^)]*)\)", text, re.MULTILINE)
    return [(words[0], [word for word in words[1:] if word != "OF_HEADERS"]) for words in (line.split() for line in lines)]


def sources(directory):
    return sorted(path for path in directory.rglob("*") if path.suffix in (".c", ".h", ".def"))


def room_of(name):
    """Of an include or a path below harness/: its room; None below all; "" when it has none."""
    first, slash, _ = name.partition("/")
    return first if slash else AT_THE_DOOR.get(name, "")


def faults(harness):
    rooms = declared(harness)
    order = [room for room, _ in rooms]
    found = []
    for position, (room, may) in enumerate(rooms):
        found += [f"{room}: may include {other}, which is no room before it" for other in may if other not in order[:position]]
        if not (harness / room).is_dir():
            found.append(f"{room}: is declared and there is no such folder")
    may = dict(rooms)
    for path in sources(harness):
        name = str(path.relative_to(harness))
        if name in PROGRAM:
            continue
        room = room_of(name)
        if room == "" or room is not None and room not in may:
            found.append(f"{name}: stands in no room")
            continue
        for number, line in enumerate(path.read_text().split("\n"), 1):
            include = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
            if include and name not in AT_THE_DOOR or include and "/" in include.group(1):
                other = room_of(include.group(1))
                if other == "":
                    found.append(f"{name}:{number}: includes {include.group(1)} without its room")
                elif other not in (None, room) and other not in may[room]:
                    found.append(f"{name}:{number}: room {room} may not include {include.group(1)}")
    at_the_door = [path.name for path in harness.iterdir() if path.is_file()]
    if len(at_the_door) > FILES_AT_THE_DOOR_MAX:
        found.append(f"{len(at_the_door)} files stand in harness/ itself, at most {FILES_AT_THE_DOOR_MAX} may")
    return found


def functions(nm, path):
    """External functions that a program or an archive defines."""
    listing = subprocess.run([nm, "--defined-only", path], capture_output=True, text=True, check=True).stdout
    return {words[2] for words in (line.split() for line in listing.split("\n")) if len(words) == 3 and words[1] in "Tt"}


def strangers(nm, worker, build, rooms):
    """{room: functions} of rooms that the worker does not name but holds functions of. A static function may be called like one of
    another room; what an archive exports may not."""
    names = dict(rooms)
    its = {"worker", *names["worker"]}
    held = functions(nm, worker)
    found = {}
    for room, _ in rooms:
        archive = build / "harness" / f"libroom_{room}.a"
        if room in its or not archive.exists():
            continue
        listing = subprocess.run([nm, "--defined-only", "--extern-only", archive], capture_output=True, text=True, check=True).stdout
        exported = {line.split()[2] for line in listing.split("\n") if len(line.split()) == 3 and line.split()[1] == "T"}
        assert exported, f"{archive} exports nothing"
        if exported & held:
            found[room] = sorted(exported & held)
    return found


def break_and_find(harness, what, words, breaks):
    """A copy in which `breaks` has been called with its directory must have a fault that holds the words."""
    with tempfile.TemporaryDirectory() as directory:
        copy = pathlib.Path(directory) / "harness"
        shutil.copytree(harness, copy)
        breaks(copy)
        found = faults(copy)
        assert any(words in fault for fault in found), f"{what}: not found: {found}"


def append(name, line):
    def breaks(harness):
        path = harness / name
        path.write_text(path.read_text() + line + "\n")
    return breaks


def edit(name, old, new):
    def breaks(harness):
        path = harness / name
        text = path.read_text()
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new, 1))
    return breaks


def main():
    source, build, nm = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    harness = source / "harness"
    found = faults(harness)
    assert not found, "\n".join(found)
    rooms = declared(harness)
    assert len(rooms) > 10 and len(sources(harness)) > 150, "the rooms were not read"
    held = strangers(nm, build / "encbench-worker", build, rooms)
    assert not held, f"the worker holds functions of rooms that it does not name: {held}"

    break_and_find(harness, "an include against the order", "base/error.c:", append("base/error.c", '#include "gate/gate.h"'))
    break_and_find(harness, "an include that is not declared", "room compare may not include plan/plan.h",
                   append("compare/compare.c", '#include "plan/plan.h"'))
    break_and_find(harness, "a circle", "store: may include gate, which is no room before it",
                   edit("CMakeLists.txt", "encbench_room(store base)", "encbench_room(store base gate)"))
    break_and_find(harness, "a file without a room", "stray.c: stands in no room", append_new("stray.c"))
    break_and_find(harness, "a folder that is no room", "attic/stray.c: stands in no room", append_new("attic/stray.c"))
    break_and_find(harness, "an include without its room", "includes csv.h without its room",
                   append("store/csv.c", '#include "csv.h"'))
    break_and_find(harness, "a hall", "files stand in harness/ itself",
                   lambda copy: [(copy / f"note-{number}.md").write_text("") for number in range(FILES_AT_THE_DOOR_MAX)])
    # The driver holds them all: taken for the worker, it is found.
    assert {"launch", "plan", "store"} & set(strangers(nm, build / "encbench", build, rooms)) == {"launch", "plan", "store"} - \
        {"worker", *dict(rooms)["worker"]}, "functions of other rooms are not found where they are"
    print(f"{len(rooms)} rooms, {len(sources(harness))} files")


def append_new(name):
    def breaks(harness):
        path = harness / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    return breaks


if __name__ == "__main__":
    main()
