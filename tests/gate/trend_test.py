"""What the trend says of figures that were lost between revisions. usage: trend_test.py SOURCE"""
import sys
from pathlib import Path

try:
    import matplotlib  # noqa: F401
except ImportError:
    print("SKIP: matplotlib is not installed")
    sys.exit(77)
sys.path.insert(0, str(Path(sys.argv[1]) / "plots"))
import trend  # noqa: E402


def row(revision, workload, value, metric="instructions_per_op", status="same"):
    return {"revision": revision, "base": "b", "variant": "va", "workload": workload, "metric": metric, "value": value, "base_ratio": 1.0,
            "low_ratio": None, "high_ratio": None, "status": status, "reason": ""}


ROWS = [row("r1", "wa", 7), row("r1", "wb", 5), row("r1", "wc", 3), row("r1", "wa", None, "time"),
        row("r2", "wa", 8), row("r2", "wb", None, status="lost"),
        row("r3", "wa", 8), row("r3", "wb", 5)]
LOST = [("va", "wb", "instructions_per_op", "r2"), ("va", "wc", "instructions_per_op", "r2")]
assert trend.lost_of(ROWS) == LOST, trend.lost_of(ROWS)
assert trend.lost_of(ROWS[:4]) == []
texts = "\n".join(text.get_text() for text in trend.draw(ROWS).texts)
assert "no figure in r2: va wb instructions_per_op" in texts and "no figure in r2: va wc" in texts, texts
many = ROWS + [row("r1", f"x{number}", 1) for number in range(9)]
assert "... and 5 more" in "\n".join(text.get_text() for text in trend.draw(many).texts)
