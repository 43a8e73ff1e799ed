"""What the timed loops are made of, read from the disassembly of every module.

In every workload_*_run (and its .cold part) of every NAME.o:
  - no call and no jump leaves the function but to malloc, free, memcpy, the codec, a mutex, *_slow and mapping_release;
    where the codec is chosen at set-up, through the one pointer to it;
  - no thread-local storage through a call: the object has no global- or local-dynamic relocation at all;
  - the hot path (atomics, malloc, free, memcpy, codec) is not in the .cold part;
  - where an op puts a buffer, a mapping is released exactly where the variant has the field and put looks at it, so the
    null check is really there.
Getting and putting is as many locked operations as the level of refs has (a store that is sequentially consistent is one).
NAME.planted.o has its additions in a row, and NAME.o has nothing of them. The codec's functions and loops start on
64-byte lines; those of its levels that have a loop too. Then objects with planted faults are compiled, and each must be caught: a check that cannot fail is none.
"""

import argparse
import pathlib
import platform
import re
import subprocess
import sys
import tempfile

ALLOWED_CALLS = re.compile(r"^(malloc|free|memcpy|pthread_mutex_(un)?lock|codec_\w+|(encbuf|workload)_\w+_slow|mapping_release)$")
HOT_CALLS = re.compile(r"^(malloc|free|memcpy|codec_\w+)$")
DYNAMIC_TLS = ("TLSGD", "TLSLD", "TLSDESC", "DTPOFF")
RUN = re.compile(r"^workload_\w+_run$")
LINE_BYTES = 64
# Of a get and a put of the only reference, where neither a pool's own ways nor a mapping adds some.
LOCKED_BY_REFS = {"seqcst": 4, "acqrel": 2, "merged": 1, "unique": 0, "tagged": 1, "plain": 0}
LOCK_FREE_POOLS = ("none", "frame", "thread")
CHOSEN = set()  # run functions whose codec is chosen at set-up: read_workloads fills it


class Instruction:
    def __init__(self, address, text):
        self.address = address
        self.text = text
        self.relocations = []  # (type, symbol, addend)

    @property
    def mnemonic(self):
        words = self.text.split()
        return words[1] if words[0] in ("lock", "notrack", "bnd", "rep", "repz") and len(words) > 1 else words[0]

    def transfers(self):
        return self.mnemonic.startswith(("call", "j", "loop"))


class Function:
    def __init__(self, name, section, start, size):
        self.name, self.section, self.start, self.size = name, section, start, size
        self.instructions = []


def command(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def read_functions(path):
    """Functions of an object or library, by name, with their instructions and relocations."""
    functions = {}
    for line in command("objdump", "-t", str(path)).splitlines():
        match = re.match(r"^([0-9a-f]+) .{6}F (\S+)\t([0-9a-f]+) +(?:\.hidden )?(\S+)$", line)
        if match and match[2] != "*UND*":
            functions[match[4]] = Function(match[4], match[2], int(match[1], 16), int(match[3], 16))
    instructions = {}
    section = last = None
    for line in command("objdump", "-drw", "--no-show-raw-insn", str(path)).splitlines():
        if line.startswith("Disassembly of section "):
            section = line[len("Disassembly of section "):-1]
            continue
        match = re.match(r"^ *([0-9a-f]+):\t([^\t]+)(.*)$", line)
        if not match:
            continue
        last = Instruction(int(match[1], 16), match[2].split("#")[0].split("<")[0].strip())
        instructions.setdefault(section, []).append(last)
        for kind, symbol, sign, addend in re.findall(r"(R_\w+)\t(\S+?)(?:([+-])0x([0-9a-f]+))?(?=\t|$)", match[3]):
            last.relocations.append((kind, symbol, int((sign or "+") + (addend or "0"), 16)))
    for function in functions.values():
        function.instructions = [
            i for i in instructions.get(function.section, ())
            if function.start <= i.address < function.start + function.size
        ]
    return functions


def function_at(functions, section, address):
    for function in functions.values():
        if function.section == section and function.start <= address < function.start + function.size:
            return function.name
    return f"{section}+{address:#x}"


def relocation_target(functions, instruction):
    """Name of what a direct or GOT-indirect transfer reaches by relocation; None without one."""
    for kind, symbol, addend in instruction.relocations:
        if symbol.startswith("."):
            return function_at(functions, symbol, addend + 4)
        return symbol
    return None


def successors(functions, parts):
    """Where control goes from each instruction of a function and its cold part, as a map of (section, address)."""
    flow = {}
    for part in parts:
        for i, instruction in enumerate(part.instructions):
            after = []
            operand = instruction.text.split()[-1]
            if instruction.mnemonic.startswith(("j", "loop")) and not operand.startswith("*"):
                after.append(jump_place(functions, part, instruction))
            if not instruction.mnemonic.startswith(("jmp", "ret", "ud2", "hlt")) and i + 1 < len(part.instructions):
                after.append((part.section, part.instructions[i + 1].address))
            flow[part.section, instruction.address] = after
    return flow


def jump_place(functions, part, instruction):
    for _, symbol, addend in instruction.relocations:
        if symbol.startswith("."):
            return (symbol, addend + 4)
        target = functions.get(symbol)
        return (target.section, target.start) if target else (symbol, 0)
    return (part.section, int(instruction.text.split()[-1], 16))


def register_names(register):
    """The register and its narrower names: writing those changes it as well."""
    if re.match(r"^%r\d", register):
        return {register + suffix for suffix in ("", "d", "w", "b")}
    return {register, "%e" + register[2:], "%" + register[2:], "%" + register[2:] + "l", "%" + register[2:-1] + "l"}


def written(instruction, register):
    """What the instruction leaves in the register: None if it does not write it, another register that it copies, the
    name of a symbol whose address it loads from the GOT, else something that is no name."""
    if instruction.mnemonic.startswith("call"):
        saved = re.match(r"^%(rbx|rbp|r1[2-5])$", register)
        return None if saved else "what a call left in " + register
    if instruction.mnemonic.startswith(("cmp", "test", "push", "j", "ret", "nop")):
        return None
    operands = re.split(r"[\s,]+", re.sub(r"\([^)]*\)", "()", instruction.text))[1:]
    changed = operands[-2:] if instruction.mnemonic == "xchg" else operands[-1:]
    if not register_names(register) & set(changed):
        return None
    got = [symbol for kind, symbol, _ in instruction.relocations if "GOTPC" in kind]
    if instruction.mnemonic == "mov" and re.match(r"^%r\w+$", operands[0]):
        return operands[0]
    return got[0] if instruction.mnemonic == "mov" and got else f"what \"{instruction.text}\" left in {register}"


def register_targets(functions, parts, function, call):
    """All that a called register can hold: backwards from the call to the last write on every path to it. clang keeps
    addresses from the GOT in registers over a loop."""
    register = call.text.split()[-1][1:]
    if not re.match(r"^%r\w+$", register):
        return {f"what is at {register}"}
    flow, instructions, before = successors(functions, parts), {}, {}
    for part in parts:
        for instruction in part.instructions:
            instructions[part.section, instruction.address] = instruction
    for place, after in flow.items():
        for next_place in after:
            before.setdefault(next_place, []).append(place)
    targets, seen, waiting = set(), set(), [((function.section, call.address), register)]
    while waiting:
        place, holder = waiting.pop()
        if place == (parts[0].section, parts[0].start):
            targets.add(f"what {holder} held at the start")
        for previous in before.get(place, ()):
            if (previous, holder) in seen:
                continue
            seen.add((previous, holder))
            value = written(instructions[previous], holder)
            if value is None or re.match(r"^%r\w+$", value):
                waiting.append((previous, value or holder))
            else:
                targets.add(value)
    return targets or {f"what {register} held"}


def transfer_targets(functions, parts, function, instruction):
    target = relocation_target(functions, instruction)
    if target is not None:
        return {target}
    operand = instruction.text.split()[-1]
    if operand.startswith("*"):
        return register_targets(functions, parts, function, instruction)
    return {function_at(functions, function.section, int(operand, 16))}


def check_run(functions, name, problems, chosen=False):
    """Returns the names of all that the run function calls."""
    parts = [functions[n] for n in (name, f"{name}.cold") if n in functions]
    inside = {part.name for part in parts}
    called, pointers = set(), []
    for part in parts:
        if not part.instructions:
            problems.append(f"{part.name}: no instruction disassembled")
        for instruction in part.instructions:
            where = f"{part.name}+{instruction.address - part.start:#x}: {instruction.text}"
            cold = part.name.endswith(".cold")
            if cold and is_locked(instruction):
                problems.append(f"{where}: an atomic operation in the cold part")
            if instruction.mnemonic in ("syscall", "int", "int3", "rdtsc", "rdtscp", "cpuid"):
                problems.append(f"{where}: does not belong in a timed loop")
            if not instruction.transfers():
                continue
            for target in transfer_targets(functions, parts, part, instruction) - inside:
                called.add(target)
                if chosen and not cold and instruction.mnemonic == "call" and target.startswith("what "):
                    pointers.append(where)
                    continue
                if not ALLOWED_CALLS.match(target):
                    problems.append(f"{where}: leaves the timed loop for {target}")
                elif cold and HOT_CALLS.match(target):
                    problems.append(f"{where}: {target} in the cold part")
    if chosen and len(set(pointers)) != 1:
        problems.append(f"{name}: {len(set(pointers))} calls through a pointer, expected that of the chosen codec")
    return called


def is_locked(instruction):
    return instruction.text.startswith("lock ") or (instruction.mnemonic.startswith("xchg") and "(" in instruction.text)


def check_locked(path, levels):
    """Whether getting and putting has the locked operations of its level of refs and no others."""
    if levels["pool"] not in LOCK_FREE_POOLS or levels["mmap_res"] not in ("null", "packed", "removed"):
        return []
    locked = [i.text for i in read_functions(path)["workload_get_put_run"].instructions if is_locked(i)]
    refs = levels["refs"]
    expected = LOCKED_BY_REFS[refs] + (levels.get("retain") == "calibrated")  # a put is counted in its bin
    if len(locked) == expected:
        return []
    return [f"workload_get_put_run: {len(locked)} locked operations, expected {expected} with refs {refs}"]


def longest_chain(functions, name):
    """Most additions of one register to another in a row."""
    best = length = 0
    previous = None
    for instruction in functions[name].instructions:
        text = instruction.text if re.match(r"^add +%r\w+,%r\w+$", instruction.text) else None
        length = length + 1 if text is not None and text == previous else int(text is not None)
        previous = text
        best = max(best, length)
    return best


def check_object(path, runs, has_field, plants):
    """Problems of one module object. `runs`: run functions that must be there and no others, and whether each puts a
    buffer. `plants`: additions by run function."""
    problems = []
    if not path.is_file():
        return ["no such file"]
    functions = read_functions(path)
    found = {name for name in functions if RUN.match(name)}
    for name in sorted(set(runs) - found):
        problems.append(f"{name}: not found")
    for name in sorted(found - set(runs)):
        problems.append(f"{name}: in no header of workloads.h")
    if not runs:
        problems.append("no run function is expected")
    for function in functions.values():
        for instruction in function.instructions:
            if any(dynamic in kind for kind, _, _ in instruction.relocations for dynamic in DYNAMIC_TLS):
                problems.append(f"{function.name}: {instruction.text}: dynamic thread-local storage")
            if not plants and instruction.mnemonic == "lfence":
                problems.append(f"{function.name}: a fence of the plant")
    for name in sorted(found):
        called = check_run(functions, name, problems, name in CHOSEN)
        if (has_field and runs.get(name, True)) != ("mapping_release" in called):
            problems.append(f"{name}: {'no' if has_field else 'a'} mapping is released")
        chain = longest_chain(functions, name)
        if plants.get(name, 0) != 0 and chain != plants.get(name):
            problems.append(f"{name}: {chain} additions in a row, planted are {plants.get(name)}")
        if plants.get(name, 0) == 0 and chain > 4:
            problems.append(f"{name}: {chain} additions in a row in a module without a plant")
    return problems


def loop_starts(functions, function):
    """Targets of jumps back from where they lead to."""
    flow = successors(functions, [function])
    starts = set()
    for place, after in flow.items():
        for target in after:
            if target[1] <= place[1] and reaches(flow, target, place):
                starts.add(target[1])
    return starts


def reaches(flow, start, end):
    seen, waiting = {start}, [start]
    while waiting:
        place = waiting.pop()
        if place == end:
            return True
        for next_place in flow.get(place, ()):
            if next_place not in seen:
                seen.add(next_place)
                waiting.append(next_place)
    return False


def check_codec(path, loops_in_all=True):
    problems = []
    functions = {n: f for n, f in read_functions(path).items() if re.match(r"^codec_\w+$", n)}
    if len(functions) < 3:
        problems.append(f"{len(functions)} codec functions, expected at least 3")
    for function in functions.values():
        if function.start % LINE_BYTES != 0:
            problems.append(f"{function.name}: starts at {function.start:#x}")
        starts = loop_starts(functions, function)
        if not starts and loops_in_all:
            problems.append(f"{function.name}: no loop found")
        for start in starts:
            if start % LINE_BYTES != 0:
                problems.append(f"{function.name}: a loop starts at {start:#x}")
    return problems


# Faults, each of which must be caught, and by the words that say what it is.
FAULTS = {
    "a call that was not inlined": (
        "leaves the timed loop for outlined",
        "__attribute__((noinline)) static unsigned long outlined(unsigned long x)"
        "{ __asm__ volatile(\"\"); return x + 1; }"
        "LOOP(bytes += outlined(n))"),
    "a stray library function": (
        "leaves the timed loop for rand", "int rand(void); LOOP(bytes += (unsigned long)rand())"),
    "a call through the procedure linkage table": (
        "leaves the timed loop for getpid", "int getpid(void); LOOP(bytes += (unsigned long)getpid())"),
    "a call through a pointer": (
        "leaves the timed loop for", "unsigned long (*pointer)(unsigned long); LOOP(bytes += pointer(n))"),
    "a call through a register that held something allowed before": (
        "leaves the timed loop for",
        "LOOP(__asm__ volatile(\"mov malloc@GOTPCREL(%%rip), %%rbx\\n\\tcall *%%rbx\\n\\ttest %%rax, %%rax\\n\\t\""
        "\"je 1f\\n\\tmov %0, %%rbx\\n1:\\n\\tcall *%%rbx\" : : \"r\"(n) : \"rbx\", \"memory\"))"),
    "a tail call": (
        "leaves the timed loop for stray",
        "unsigned long stray(void); RUN { (void)state; (void)thread; (void)n; return stray(); }"),
    "dynamic thread-local storage": (
        "dynamic thread-local storage",
        "extern __thread unsigned long counter __attribute__((tls_model(\"global-dynamic\"))); LOOP(bytes += counter)"),
    "an emulated system call": ("does not belong", "LOOP(__asm__ volatile(\"syscall\"))"),
    "additions left in": (
        "additions in a row in a module without a plant",
        "LOOP(__asm__ volatile(\".rept 64\\n\\tadd %1, %0\\n\\t.endr\" : \"+r\"(bytes) : \"r\"(0ul)))"),
    "a fence left in": ("a fence of the plant", "LOOP(__asm__ volatile(\"lfence\"))"),
    "a hot path in the cold part": (
        "in the cold part",
        "void *malloc(unsigned long); __attribute__((cold)) void encbuf_x_slow(void *);"
        "__asm__(\".section .text.unlikely.workload_bad_run,\\\"ax\\\"\\n\\t.type workload_bad_run.cold, @function\\n\""
        "\"workload_bad_run.cold:\\n\\tcall *malloc@GOTPCREL(%rip)\\n\\tlock incl (%rdi)\\n\\tret\\n\""
        "\"\\t.size workload_bad_run.cold, .-workload_bad_run.cold\\n\\t.text\\n\");"
        "LOOP(bytes++)"),
    "no null check": ("no mapping is released", "LOOP(__asm__ volatile(\"\"))"),
    "a run function that no header declares": (
        "in no header", "unsigned long workload_other_run(void); unsigned long workload_other_run(void) { return 0; }"
        "LOOP(__asm__ volatile(\"\"))"),
    "no run function": ("workload_bad_run: not found", "int nothing(void); int nothing(void) { return 0; }"),
}
# The same where the codec is chosen: exactly one call through a pointer.
CHOSEN_FAULTS = {
    "no call through the pointer": ("0 calls through a pointer", "LOOP(bytes++)"),
    "two calls through pointers": (
        "2 calls through a pointer",
        "unsigned long (**pointer)(unsigned long); LOOP(bytes += pointer[0](n); bytes += pointer[1](n))"),
}
FAULT_PRELUDE = """
#define RUN unsigned long workload_bad_run(void *state, unsigned thread, unsigned long n); \\
    unsigned long workload_bad_run(void *state, unsigned thread, unsigned long n)
#define LOOP(body) RUN { unsigned long bytes = 0; (void)state; (void)thread; \\
    for (unsigned long i = 0; i < n; i++) { body; } return bytes; }
"""
GOOD = ("void *malloc(unsigned long); void free(void *); void mapping_release(void *);"
        "LOOP(void *p = malloc(n); __asm__ volatile(\"\" : \"+r\"(p)); if (p == state) mapping_release(p); free(p))")


def compile_fault(compiler, directory, source):
    text, path = pathlib.Path(directory, "fault.c"), pathlib.Path(directory, "fault.o")
    text.write_text(FAULT_PRELUDE + source + "\n")
    subprocess.run([compiler, "-O2", "-fPIC", "-fno-plt", "-ffunction-sections", "-c", str(text), "-o", str(path)],
                   check=True)
    return path


def check_faults(compiler, modules, runs, plants):
    problems = []
    expected = {"workload_bad_run": True}
    with tempfile.TemporaryDirectory() as directory:
        for problem in check_object(compile_fault(compiler, directory, GOOD), expected, True, {}):
            problems.append(f"a faultless object: {problem}")
        for name, (words, source) in FAULTS.items():
            found = check_object(compile_fault(compiler, directory, source), expected, True, {})
            if not any(words in problem for problem in found):
                problems.append(f"not caught: {name}: {found}")
        CHOSEN.add("workload_bad_run")
        for name, (words, source) in CHOSEN_FAULTS.items():
            found = check_object(compile_fault(compiler, directory, source), expected, True, {})
            if not any(words in problem for problem in found):
                problems.append(f"not caught: {name}: {found}")
        CHOSEN.discard("workload_bad_run")
    planted, plain = modules / "null+thread.planted.o", modules / "null+thread.o"
    if not check_object(planted, runs, True, {}):
        problems.append("not caught: a planted object taken for a real one")
    if not check_object(plain, runs, True, plants):
        problems.append("not caught: a real object taken for a planted one")
    for refs in ("acqrel", "plain"):
        if not check_locked(plain, {"mmap_res": "null", "pool": "thread", "refs": refs}):
            problems.append(f"not caught: seqcst where refs is {refs}")
    if not check_object(plain, runs, False, {}):
        problems.append("not caught: the field where it should be removed")
    return problems


def read_workloads(source):
    """By run function: additions planted (0 in one that is never timed), whether its op puts a buffer, and the condition
    under which a variant offers it. In CHOSEN go those whose codec is chosen at set-up."""
    workloads = {"workload_idle_run": (0, False, "!defined(ENCBUF_POOL_DIRECT)")}
    listed = re.findall(r'^#include "(\w+)\.h"', (source / "workloads/workloads.h").read_text(), re.M)
    for name in listed:
        text = (source / f"workloads/{name}.h").read_text()
        adds = {int(number) for number in re.findall(r"WORKLOAD_PLANTED_CYCLES\((\d+)", text)}
        runs = re.findall(r"^static uint64_t (workload_\w+_run)\(void \*state", text, re.M)
        if len(adds) > 1 or not (runs or re.search(r"\.run = workload_\w+_run", text)):
            raise SystemExit(f"workloads/{name}.h: {len(runs)} run functions, planted additions {sorted(adds)}")
        puts = re.search(r"encbuf_(ref_)?put\(|encode_to_string(_by)?\(|workload_string_loop(_by)?\(", text) is not None
        condition = re.search(r"^#elif (.+)$", text, re.M)
        for run in runs:
            workloads[run] = (max(adds, default=0), puts, condition[1] if condition else "")
            body = re.search(rf"^static uint64_t {run}\(.*?^}}", text, re.M | re.S)[0]
            if re.search(r"WORKLOAD_CODEC_CHOSEN|codec_function", body):
                CHOSEN.add(run)
    return workloads


def offers(condition, levels):
    """Whether the preprocessor's condition on levels, made of defined() with ||, && and !, holds for a variant."""
    def holds(term):
        if term.strip() == "defined(ENCBUF_POOLED)":
            return levels["pool"] not in ("none", "frame", "direct")
        level = re.match(r"^(!?)defined\(ENCBUF_(POOL|RETAIN)_(\w+)\)$", term.strip())
        return (levels[level[2].lower()] == level[3].lower()) != bool(level[1])
    return condition == "" or any(all(map(holds, terms.split("&&"))) for terms in condition.split("||"))


def read_variants(path):
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return {words[0]: {"mmap_res": words[1], "pool": words[2], "refs": words[4], "retain": words[6]} for words in lines}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", type=pathlib.Path, required=True)
    parser.add_argument("--variants", type=pathlib.Path, required=True)
    parser.add_argument("--source", type=pathlib.Path, required=True)
    parser.add_argument("--compiler", required=True)
    arguments = parser.parse_args()
    if platform.machine() != "x86_64":
        print(f"knows the instructions of x86_64 only, not of {platform.machine()}")
        return 77

    workloads, variants = read_workloads(arguments.source), read_variants(arguments.variants)
    problems, checked = [], 0
    for variant, levels in variants.items():
        offered = {run: values for run, values in workloads.items() if offers(values[2], levels)}
        runs = {run: puts for run, (_, puts, _) in offered.items()}
        planted = {run: adds for run, (adds, _, _) in offered.items()}
        has_field = levels["mmap_res"] not in ("removed", "retained", "na")
        for suffix, plants in ((".o", {}), (".planted.o", planted)):
            path = arguments.modules / (variant + suffix)
            problems += [f"{path.name}: {p}" for p in check_object(path, runs, has_field, plants)]
            checked += len(offered)
        problems += [f"{variant}.o: {p}" for p in check_locked(arguments.modules / f"{variant}.o", levels)]
    codecs = sorted(arguments.modules.glob("shared/libencbench_codec-*.so"))
    if len(codecs) != 1:
        problems.append(f"{len(codecs)} codecs in {arguments.modules / 'shared'}, expected 1")
    for path in codecs:
        problems += [f"{path.name}: {p}" for p in check_codec(path)]
    levels = sorted(arguments.modules.glob("shared/libencbench_codec_levels-*.so"))
    if len(levels) != 1:
        problems.append(f"{len(levels)} libraries of the codec's levels, expected 1")
    for path in levels:
        problems += [f"{path.name}: {p}" for p in check_codec(path, False)]
    runs = {run: puts for run, (_, puts, _) in workloads.items()}
    problems += check_faults(arguments.compiler, arguments.modules, runs,
                             {run: adds for run, (adds, _, _) in workloads.items()})
    for problem in problems:
        print(problem)
    print(f"{checked} timed loops of {len(variants)} variants, {len(FAULTS) + len(CHOSEN_FAULTS) + 5} planted faults: "
          f"{len(problems)} problems")
    return 1 if problems or not variants else 0


if __name__ == "__main__":
    sys.exit(main())
