"""How often the pool serves a get, and what it keeps."""

import facts
import wording

TITLE = "The pool"


def absent(run):
    return None if facts.exact_table(run, facts.POOL_METRICS)["table"] else "nothing was counted of the pool"


def lead(run):
    hits = [row["value"] for row in run.metrics if row["metric"] == "pool_hits_per_get" and row["value"] is not None]
    kept = [row["value"] for row in run.metrics if row["metric"] == "buffers_at_rest" and row["value"] is not None]
    said = [f"{wording.number(min(hits))} to {wording.number(max(hits))} of the gets find a buffer in the pool"] if hits else []
    said += [f"{wording.number(min(kept))} to {wording.number(max(kept))} buffers rest there afterwards"] if kept else []
    return f"By workload and design {', and '.join(said)}." if said else "Neither hits nor buffers at rest were counted."


def context(run):
    return {"pool_statistics": facts.exact_table(run, facts.POOL_METRICS)}
