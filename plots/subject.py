"""Which rows of a run directory the report and the figures speak about. Lookups only; shared so that both use the same rows."""

import re

import calibration
from rundir import InputError
from wording import UNRESOLVED, turned

OP = "to_string_1k"
GET_PUT = "get_put"
FIELD = "field_at_thread"
FIELD_MAIN = "field_main"
POOL_MAIN = "pool_main"
INTERACTION = "field_by_pool"
ORIGINAL = "report_comparison"
DIRECT = "direct_against_pooled"
ASSIGNMENTS = "non_null_assignments"  # the metric of the claim that nothing assigns the field
NEGLIGIBLE = "relative_time"          # the metric of the claim that removing it hardly changes the op
NOT_MEASURED = "not measured yet"

LEAK = "leak"  # the variant of the planted leaks, and its workloads
LEAK_BYTES, LEAK_MAPPING, LEAK_NONE = "leak_bytes", "leak_mapping", "leak_none"
HEAP_METRIC = "live_growth_"  # how metrics of the heap pass start

STRUCTURE = "layout"  # the workload of metrics.csv under which figures of the structure stand


def effect(run, contrast, workload=OP, scale="relative"):
    return run.one("effects", contrast=contrast, workload=workload, scale=scale)


def is_about_the_field(run):
    """Whether the report's own question can be asked of this run: the field's contrast is measured on the op, or, where nothing was yet,
    planned. Of any other run, of somebody's modules or of a few workloads, the report is about what is in it."""
    panel = panel_of(run, FIELD)
    cells = [row for row in (run.levels or run.cells) if row["panel"] == panel]
    return panel is not None and (any(row["workload"] == OP for row in cells) if cells else
                                  run.one("workloads", workload=OP) is not None)


def pairs(run):
    """Effects on the relative scale of what is compared, controls left out, workload by workload."""
    rows = [row for row in run.effects if row["scale"] == "relative" and row["kind"] not in ("twin", "planted")]
    return [row for name in workloads(run, rows) for row in rows if row["workload"] == name]


def sides_of(run, row):
    """Levels of an effect's baseline and contender; None where a side is several variants."""
    return [level(run, row["panel"], row["workload"], row[side]) if " " not in row[side] else None for side in ("baseline", "contender")]


def counted_of(run, workload):
    """The workload under which figures of it are counted: the same in the state `repeat`."""
    row = run.one("workloads", workload=workload)
    return row and row.get("base") or workload


def level_of_axis(run, variant, axis):
    row = run.one("variants", variant=variant, axis=axis)
    if row is None:
        raise InputError(f"{run.path / run.files['variants']}: no row for variant={variant} axis={axis}")
    return row["level"]


def for_conclusions(run):
    """Whether the profile is one whose times may be concluded from, as `analyse` says by the control of that name."""
    row = run.one("controls", control="profile")
    if row is None:
        raise InputError(f"{run.path / run.files['controls']}: lacks the control profile; run `encbench analyse {run.path}` again")
    return row["status"] == "holds"


FRESH_LAYOUTS, FEW_LAYOUTS, ONE_LAYOUT = "fresh", "few", "one"
SINGLE = "single"  # the layout of a shared object by itself


def layouts_of_variants(run):
    """{variant: whether its arms had a fresh layout in each process, some of them twice, or one only}: the least of its arms."""
    seen = {}
    for row in run.processes:
        if row["role"] != "clock" and row["status"] == "ok":
            seen.setdefault((row["variant"], row["panel"], row["workload"], row["arm"]), []).append(row["layout"])
    found = {}
    for (variant, *_), names in seen.items():
        distinct = len(set(names))
        kind = ONE_LAYOUT if SINGLE in names or (distinct == len(names[:1]) and distinct < len(names)) else \
            FRESH_LAYOUTS if distinct == len(names) else FEW_LAYOUTS
        found.setdefault(variant, set()).add(kind)
    order = ONE_LAYOUT, FEW_LAYOUTS, FRESH_LAYOUTS
    return {variant: min(kinds, key=order.index) for variant, kinds in found.items()}


def panel_of(run, contrast):
    row = run.one("panels", contrast=contrast)
    return row and row["panel"]


def level(run, panel, workload, variant):
    """Level of a variant in a panel; its twin and planted arms are other rows."""
    rows = [row for row in run.select("levels", panel=panel, workload=workload, variant=variant)
            if row["role"] in ("baseline", "contender")]
    if len(rows) > 1:
        raise InputError(f"{rows[1].path}:{rows[1].line}: a second level of {variant} in panel {panel} on {workload}")
    return rows[0] if rows else None


def twin_of(run, contrast):
    """The twin contrast measured in the processes of this contrast."""
    panel = panel_of(run, contrast)
    rows = run.select("panels", panel=panel, kind="twin") if panel else []
    return rows[0]["contrast"] if rows else None


class TwoByTwo:
    """The crossing of field and pool, and the original's comparison beside it; `missing` says why there is none."""

    def __init__(self, run):
        self.missing = None
        self.cells = {}
        crossing = run.one("panels", contrast=INTERACTION)
        if crossing is None:
            self.missing = f"panels.csv has no contrast {INTERACTION}"
            return
        self.panel = crossing["panel"]
        for name in (crossing["baseline"] + " " + crossing["contender"]).split():
            row = level(run, self.panel, OP, name)
            if row is None:
                self.missing = f"levels.csv has no {name} in panel {self.panel} on {OP}"
                return
            self.cells[level_of_axis(run, name, "mmap_res"), level_of_axis(run, name, "pool")] = row
        self.fields = list(dict.fromkeys(field for field, _ in self.cells))
        self.pools = list(dict.fromkeys(pool for _, pool in self.cells))
        if len(self.cells) != len(self.fields) * len(self.pools):
            raise InputError(f"{crossing.path}:{crossing.line}: contrast {INTERACTION} does not cross two axes")
        self.original = self._original(run)

    def _original(self, run):
        """Both ends of the original's comparison, measured together in a panel of their own."""
        contrast = run.one("panels", contrast=ORIGINAL)
        if contrast is None:
            return None
        ends = {}
        for side in ("contender", "baseline"):
            name = contrast[side]
            row = level(run, contrast["panel"], OP, name)
            if row is None:
                return None
            ends[side] = (level_of_axis(run, name, "mmap_res"), level_of_axis(run, name, "pool"), row)
        return ends


# Values of the column `cause` that say something of a part's own interval: more processes, or other ones, would decide it.
OF_THE_INTERVAL = ("no_interval", "straddles", "no_twin", "within_twin", "tail", "layout", "single_layout", "no_spread")


def why_open(run, row):
    """In a few words why a part, or any part of a claim as a whole, is not resolvable here; empty for any other verdict."""
    if row["verdict"] != UNRESOLVED:
        return ""
    if row["part"] == "all":
        own = [part for part in run.select("verdicts", claim=row["claim"], verdict=UNRESOLVED) if part["part"] != "all"]
        return ", ".join(dict.fromkeys(filter(None, (why_open(run, part) for part in own))))
    return row["brief"] or ""


def structures(run):
    """Distinct structures by level of the field's axis, in the order of layout.csv.

    Each: level, variants, fields (rows by offset), struct_bytes, heap_bytes (None where they are not exact), hole_bytes.
    """
    found = {}
    for name in dict.fromkeys(row["variant"] for row in run.layout):
        if run.one("variants", variant=name, axis="mmap_res") is None:  # somebody's structure
            continue
        rows = sorted(run.select("layout", variant=name), key=lambda row: row["offset_bytes"])
        sizes = {}
        for metric in ("struct_bytes", "struct_heap_bytes"):
            row = run.one("metrics", variant=name, workload=STRUCTURE, metric=metric)
            sizes[metric] = row["value"] if row and row["status"] == "exact" else None
        shape = (tuple((r["kind"], r["field"], r["offset_bytes"], r["size_bytes"]) for r in rows), *sizes.values())
        entry = found.setdefault((level_of_axis(run, name, "mmap_res"), shape), {
            "level": level_of_axis(run, name, "mmap_res"), "variants": [], "fields": rows,
            "struct_bytes": sizes["struct_bytes"], "heap_bytes": sizes["struct_heap_bytes"],
            "hole_bytes": sum(r["size_bytes"] for r in rows if r["kind"] == "hole"),
        })
        entry["variants"].append(name)
    return list(found.values())


TIME_SAVED = "time_reduction"  # the metric of claims that count a saving as positive
TIMING_KINDS = ("timing", "composition")


def timing_parts(run):
    """Verdicts on differences of time that have a figure, as contender against baseline on the scale of their unit.

    A claim speaks of time reduction; the figures of time. Each: verdict, claim, sign (-1 where the sign is turned).
    """
    parts = []
    for row in run.verdicts:
        claim = run.select("claims", claim=row["claim"], part=row["part"])
        if not claim or claim[0]["kind"] not in TIMING_KINDS or row["estimate"] is None or row["ci_low"] is None:
            continue
        parts.append({"verdict": row, "claim": claim[0], "sign": -1 if claim[0]["metric"] == TIME_SAVED else 1})
    return parts


def workloads(run, rows):
    """Workloads of these rows in the order of workloads.csv, then any other as it comes."""
    present = dict.fromkeys(row["workload"] for row in rows)
    known = [row["workload"] for row in run.workloads if row["workload"] in present]
    return known + [name for name in present if name not in known]


def exploratory_effects(run):
    """Effects on the relative scale that are neither controls nor decide a claim, workload by workload."""
    rows = [row for row in run.effects
            if row["scale"] == "relative" and row["parts"] is None and row["kind"] not in ("twin", "planted")]
    return [row for name in workloads(run, rows) for row in rows if row["workload"] == name]


MOST_ROWS = 50       # of the bars of one figure
MOST_OF_A_FOREST = 12  # effects in one forest plot
MOST_ROWS_OPEN = 25  # of a table in the report
ROWS_THAT_MATTER = 10  # of a longer one


def question_of(run, row):
    """'field', 'pool', 'field and pool': the axes that an effect is about; empty where its variants have none that differ."""
    before, after = (levels_shared(run, row[side]) for side in ("baseline", "contender"))
    return " and ".join(CHOICE_NAMES.get(axis, axis) for axis in after
                        if axis in before and before[axis] != after[axis] and NOT_APPLICABLE not in (before[axis], after[axis]))


def effect_pages(run):
    """{figure: exploratory effects}: one question each, the largest first; of a run about the field as many as fit a figure, as the table
    of all is in effects.csv, of any other all of them. Sizes of the sweep only where they have no figure."""
    rows, about, swept = exploratory_effects(run), is_about_the_field(run), Sweep(run)
    if swept.missing is None:
        rows = [row for row in rows if row["workload"] == OP or row["workload"] not in swept.sizes]
    pages, questions = [], {}
    for row in rows:
        questions.setdefault(question_of(run, row) if row["kind"] != "interaction" else "interaction", []).append(row)
    for own in questions.values():
        if about:
            own = sorted(own, key=lambda row: (row["words"] in ("faster by", "slower by"), abs(row["estimate"])), reverse=True)
        pages += [own[first:first + MOST_OF_A_FOREST] for first in range(0, len(own), MOST_OF_A_FOREST)][:1 if about else None]
    return {"effects" + (f"_{index}" if index else ""): page for index, page in enumerate(pages)}


def without_size(name):
    return re.sub(r"(^|:)size=[0-9]+", r"\1", name)


def size_of(name):
    found = re.search(r"(?:^|:)size=([0-9]+)(?::|$)", name)
    return int(found.group(1)) if found else None


class Sweep:
    """The op at other sizes: workloads whose full name is the op's but for `size=`. `missing` says why there is no sweep.

    sizes: {workload: input bytes}, by size. panel: the one that measured most of them; levels compare within a panel only.
    variants: of its arms. against: the pooled buffer. pairs: {other variant: (contrast, whether the other is the baseline)}.
    """

    def __init__(self, run):
        self.missing, self.sizes, self.panel, self.variants, self.pairs = None, {}, None, [], {}
        own = run.one("workloads", workload=OP)
        if own is None:
            self.missing = f"workloads.csv has no {OP}"
            return
        found = {row["workload"]: size_of(row["name"]) for row in run.workloads
                 if size_of(row["name"]) is not None and without_size(row["name"]) == without_size(own["name"])}
        self.sizes = dict(sorted(found.items(), key=lambda item: item[1]))
        arms = {}
        for row in run.levels:
            if row["workload"] in self.sizes and row["role"] in ("baseline", "contender"):
                arms.setdefault(row["panel"], []).append(row)
        most = max((len({row["workload"] for row in rows}) for rows in arms.values()), default=0)
        if most < len(("small", "middle", "large")):
            self.missing = f"levels.csv has too few sizes of {OP} in one panel"
            return
        full = [panel for panel, rows in arms.items() if len({row["workload"] for row in rows}) == most]
        self.panel = panel_of(run, DIRECT) if panel_of(run, DIRECT) in full else full[0]
        self.variants = list(dict.fromkeys(row["variant"] for row in arms[self.panel]))
        field = run.one("panels", contrast=FIELD)
        self.against = field and field["baseline"]
        for row in run.select("panels", panel=self.panel, kind="pair"):
            if self.against in (row["baseline"], row["contender"]):
                other = row["contender"] if row["baseline"] == self.against else row["baseline"]
                if run.select("effects", contrast=row["contrast"], scale="relative"):
                    self.pairs.setdefault(other, (row["contrast"], other == row["baseline"]))
        if not self.pairs:
            self.missing = f"effects.csv compares nothing with {self.against} in panel {self.panel}"


NOT_APPLICABLE = "na"
CHOICE_NAMES = {"mmap_res": "field"}  # axes that people know by another name


class Ranking:
    """What each single choice does to the op: pairs that have the original's design at one end and differ from it in one axis.

    An axis that does not apply on one side is no difference of its own: `direct` has no size classes because it has no pool. Of two
    pairs with the same ends the first in panels.csv counts. `missing` says why there is nothing.
    against: the original's design. rows: [(choice, other variant, effect away from the original)], the largest first; `apart`:
    {contrast: axes}, pairs on the op that differ in several axes and so belong to none.
    """

    def __init__(self, run):
        self.missing, self.rows, self.apart = None, [], {}
        field = run.one("panels", contrast=FIELD)
        if field is None:
            self.missing, self.against = f"panels.csv has no {FIELD}", None
            return
        self.against = field["baseline"]
        found = {}
        for row in run.panels:
            ends = row["baseline"], row["contender"]
            effect_row = effect(run, row["contrast"])
            if row["kind"] != "pair" or effect_row is None:
                continue
            axes = self._differing(run, *ends)
            if len(axes) > 1:
                self.apart.setdefault(row["contrast"], axes)
            elif axes and self.against in ends:
                other = ends[0] if ends[1] == self.against else ends[1]
                found.setdefault(other, (choice_in_words(run, other), other, turned(effect_row) if ends[1] == self.against else effect_row))
        self.rows = sorted(found.values(), key=lambda item: -abs(item[2]["estimate"]))
        if not self.rows:
            self.missing = f"effects.csv has no pair with {self.against} that differs in one axis on {OP}"

    @staticmethod
    def _differing(run, *names):
        one, other = ({row["axis"]: row["level"] for row in run.select("variants", variant=name)} for name in names)
        return [axis for axis in one if axis in other and one[axis] != other[axis]
                and NOT_APPLICABLE not in (one[axis], other[axis])]


# Choices in words, where a level by its name says little: how the design is that somebody has who chose it.
CHANGES = {("mmap_res", "removed"): "field removed", ("mmap_res", "packed"): "field moved, no holes", ("mmap_res", "null"): "field kept",
           ("mmap_res", "assigned"): "field set and released", ("mmap_res", "retained"): "field set, never released",
           ("pool", "direct"): "no buffer at all", ("pool", "none"): "no pool", ("pool", "thread"): "pooled", ("pool", "frame"): "structure on the stack, no pool",
           ("classes", "three"): "three size classes", ("classes", "ten"): "ten size classes", ("classes", "fine"): "fine size classes"}
WHERE = {"thread": "pooled", "none": "unpooled"}


def change_of(axis, level_name, before):
    return CHANGES.get((axis, level_name), f"{CHOICE_NAMES.get(axis, axis)} {before} to {level_name}")


def levels_shared(run, side):
    """{axis: level} that all variants of a side have."""
    axes = [{row["axis"]: row["level"] for row in run.select("variants", variant=name)} for name in side.split()]
    return {axis: name for axis, name in axes[0].items() if all(other.get(axis) == name for other in axes[1:])} if axes else {}


def change_words(run, row):
    """'field removed, pooled': what a contrast is about; its name where its variants have no levels that are known."""
    if row["kind"] == "interaction":
        return f"how far two changes depend on each other ({row['contrast']})"
    before, after = (levels_shared(run, row[side]) for side in ("baseline", "contender"))
    changed = [axis for axis in after if axis in before and before[axis] != after[axis] and NOT_APPLICABLE not in (before[axis], after[axis])]
    if not changed:
        return row["contrast"]
    where = WHERE.get(after.get("pool", "")) if "pool" not in changed else None
    return " and ".join(change_of(axis, after[axis], before[axis]) for axis in changed) + (f", {where}" if where else "")


def choice_in_words(run, other):
    """What leaving the original's design for `other` is."""
    field = run.one("panels", contrast=FIELD)
    return change_words(run, {"kind": "pair", "contrast": other, "baseline": field["baseline"], "contender": other})


def heap_rows(run, workload=None):
    """Rows of growth.csv about real variants; of one workload or all."""
    return [row for row in run.growth if row["variant"] != LEAK and workload in (None, row["workload"])]


def is_heap_part(run, row):
    """Whether a part of a claim is decided by the heap pass."""
    return any(claim["metric"].startswith(HEAP_METRIC) for claim in run.select("claims", claim=row["claim"])
               if row["part"] in ("all", claim["part"]))


CLASSES = "classes"  # the axis
WASTE = "class_waste_percent"


class ClassWaste:
    """What each table of size classes wastes, where it was counted. `missing` says why there is nothing.

    variants: {level: the first variant that has it, which stands for all that waste alike}; one of the same level that does not is
    there under the level and its own name. curves: {level: [(end of a doubling of sizes in bytes, percent)]}.
    examples: {level: [(bytes, percent)]} for single sizes. shares: {workload: {level: percent}}.
    """

    def __init__(self, run):
        self.variants, self.curves, self.examples, self.shares = {}, {}, {}, {}
        own = {}
        for row in run.metrics:
            if row["metric"].startswith(WASTE) and row["status"] == "exact":
                own.setdefault(row["variant"], []).append(row)
        alike = set()
        for name, rows in own.items():
            axis = run.one("variants", variant=name, axis=CLASSES)
            level = axis["level"] if axis else name
            figures = level, *((row["workload"], row["metric"], row["value"]) for row in rows)
            if figures not in alike:
                alike.add(figures)
                self._add(f"{level} ({name})" if level in self.variants else level, name, rows)
        order = workloads(run, [{"workload": workload} for workload in self.shares])
        self.shares = {workload: self.shares[workload] for workload in order}
        self.missing = None if self.shares and any(self.curves.values()) else \
            f"metrics.csv has no {WASTE} of a sweep of sizes"

    def _add(self, level, name, rows):
        self.variants[level] = name
        self.curves[level] = self._sized(rows, "_to_([0-9]+)")
        self.examples[level] = self._sized(rows, "_of_([0-9]+)")
        for row in rows:
            if row["metric"] == WASTE:
                self.shares.setdefault(row["workload"], {})[level] = row["value"]

    @staticmethod
    def _sized(rows, ending):
        found = ((re.fullmatch(WASTE + ending, row["metric"]), row["value"]) for row in rows)
        return sorted((int(match.group(1)), value) for match, value in found if match)


TRACE = "trace:"  # how workloads that replay a real program start
TRACE_CALLS, TRACE_BYTES = "trace_calls_to_", "trace_input_bytes_to_"


class Traces:
    """What real programs encode, and where the time of a replay goes. `missing` says why there is nothing.

    sizes: {workload: [(end of a doubling of sizes in bytes, calls, bytes)]}, as counted.
    times: {workload: [(variant, level row)]} of the panel that measured `direct`, the fastest first; workloads it has not are not there.
    """

    def __init__(self, run):
        self.sizes, self.times = {}, {}
        field = run.one("panels", contrast=FIELD)
        counted = [row for row in run.metrics if row["metric"].startswith(TRACE_CALLS) and row["status"] == "exact"
                   and field and row["variant"] == field["baseline"]]
        for row in counted:
            end = row["metric"].removeprefix(TRACE_CALLS)
            size = run.one("metrics", variant=row["variant"], workload=row["workload"], metric=TRACE_BYTES + end)
            if size and size["status"] == "exact":
                self.sizes.setdefault(row["workload"], []).append((int(end), row["value"], size["value"]))
        for workload, rows in self.sizes.items():
            rows.sort()
            panel = max((name for name in dict.fromkeys(row["panel"] for row in run.levels)
                         if level(run, name, workload, "direct")), default=None,
                        key=lambda name: len(run.select("levels", panel=name, workload=workload)))
            found = [row for row in run.select("levels", panel=panel, workload=workload) if row["role"] in ("baseline", "contender")] \
                if panel else []
            if found:
                self.times[workload] = sorted(((row["variant"], row) for row in found), key=lambda item: item[1]["time_ns_per_op"])
        self.missing = None if self.sizes else f"metrics.csv has no {TRACE_CALLS.rstrip('_')}"


class Layouts:
    """What single processes saw: the levels of one process each, with addresses of its own. `missing` says why there is nothing.

    workloads: {workload: [(name, level row, values in ns per op)]}, arms of the panel of the field's contrast: the baseline, its twin
    (the same code once more), and the contenders. The values are in the order of the processes.
    """

    def __init__(self, run):
        self.workloads, self.panel = {}, panel_of(run, FIELD)
        for workload in (GET_PUT, OP):
            rows = [row for row in run.select("levels", panel=self.panel, workload=workload)
                    if row["role"] in ("baseline", "twin", "contender")]
            rows.sort(key=lambda row: ("baseline", "twin", "contender").index(row["role"]))
            own = run.select("processes", panel=self.panel, workload=workload, status="ok")
            arms = [(row["variant"] if row["role"] != "twin" else "its twin", row,
                     [process["time_ns_per_op"] for process in own if process["arm"] == row["arm"]]) for row in rows]
            if any(values for _, _, values in arms):
                self.workloads[workload] = arms
        self.missing = None if self.workloads else f"processes.csv has none of panel {self.panel} on {OP}" if self.panel else \
            f"panels.csv has no {FIELD}"


def allocation_crossing(run, metrics):
    """Exact figures on the op by level of field and pool: ([levels of the field], [levels of the pool], {(field, pool): figures}).

    Only levels of the field that were counted with several pools. Where variants of one cell differ, or a figure is not exact: None.
    """
    cells = {}
    for name in dict.fromkeys(row["variant"] for row in run.select("metrics", workload=OP, metric=metrics[0])):
        axes = {row["axis"]: row["level"] for row in run.select("variants", variant=name)}
        if not {"mmap_res", "pool"} <= set(axes):
            continue
        rows = [run.one("metrics", variant=name, workload=OP, metric=metric) for metric in metrics]
        figures = tuple(row["value"] for row in rows) if all(row and row["status"] == "exact" for row in rows) else None
        key = axes["mmap_res"], axes["pool"]
        cells[key] = figures if cells.get(key, figures) == figures else None
    fields = [field for field in dict.fromkeys(field for field, _ in cells) if sum(field == other for other, _ in cells) > 1]
    pools = [pool for pool in dict.fromkeys(pool for _, pool in cells) if any((field, pool) in cells for field in fields)]
    return fields, pools, cells


def level_pages(run):
    """{figure: [(workload, [level rows])]}: every variant of a workload once, whole workloads, as many as fit a figure."""
    pages, bars = [], 0
    rows = [row for row in run.levels if row["role"] in ("baseline", "contender")]
    for name in workloads(run, rows):
        own = list({row["variant"]: row for row in reversed(rows) if row["workload"] == name}.values())[::-1]
        if not pages or bars + len(own) > MOST_ROWS:
            pages.append([])
            bars = 0
        pages[-1].append((name, own))
        bars += len(own)
    return {"levels" + (f"_{index}" if index else ""): page for index, page in enumerate(pages)}


# Every figure by file name, in the order of the report, with what it needs.
def figures(run):
    """[(name, None or why it cannot be drawn from this run)]; of a run that is not about the field what is about its own variants."""
    if not is_about_the_field(run):
        return [*([("claims", None if timing_parts(run) else "verdicts.csv has no timing part with an interval")] if run.claims else []),
                *((name, None) for name in (*effect_pages(run), *level_pages(run)))]
    twin = twin_of(run, FIELD)
    spread = None if twin and run.select("contrasts", contrast=twin, workload=OP) \
        and run.select("contrasts", contrast=FIELD, workload=OP) else f"contrasts.csv lacks {FIELD} or its twin on {OP}"
    return [
        ("ranking", Ranking(run).missing),
        ("claims", None if timing_parts(run) else "verdicts.csv has no timing part with an interval"),
        ("interaction", TwoByTwo(run).missing),
        ("structure", None if run.layout else "layout.csv has no rows"),
        ("class_waste", ClassWaste(run).missing),
        ("traces", Traces(run).missing),
        ("sweep", Sweep(run).missing),
        *((name, None) for name in effect_pages(run)),
        *([] if effect_pages(run) else [("effects", "effects.csv has no exploratory effect")]),
        ("layouts", Layouts(run).missing),
        ("spread", spread),
        ("power", calibration.missing_power(run)),
        ("coverage", calibration.missing_coverage(run)),
        ("heap", None if heap_rows(run, OP) else f"growth.csv has no rows on {OP}"),
    ]
