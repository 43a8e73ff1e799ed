"""The arithmetic of ab_campaign.py: the U test and the bounds against known values, the table, resuming."""
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import ab_campaign as campaign

failures = 0


def check(what, holds):
    global failures
    failures += not holds
    if not holds:
        print("FAILED:", what)


# scipy.stats.mannwhitneyu(a, b, method="asymptotic"), two-sided: 0.0122, and 1 for the same values.
check("U test", abs(campaign.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) - 0.0122) < 0.0001)
check("U test, other way round", abs(campaign.mann_whitney([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]) - 0.0122) < 0.0001)
check("U test of ties", campaign.mann_whitney([5] * 5, [5] * 5) == 1)
check("U test of the same", campaign.mann_whitney([1, 2, 3, 4], [1, 2, 3, 4]) > 0.8)
# Clopper-Pearson: 0 of 300 is at most 1.22 %, 3 of 300 at most 2.89 %.
check("bound of none", abs(campaign.upper(0, 300) - 0.01222) < 0.0001)
check("bound of three", abs(campaign.upper(3, 300) - 0.0289) < 0.0002)

with tempfile.TemporaryDirectory() as scratch:
    path = str(pathlib.Path(scratch) / "out.csv")
    row = {"kind": "false", "tool": "ab", "case": "mix_64", "seconds": 4, "lines": 4, "low": None, "high": None}
    campaign.append(path, [dict(row, trial=1, verdict="no difference", ratio=1.01)])
    campaign.append(path, [dict(row, trial=2, verdict="slower", ratio=0.99)])
    check("appended", [one["trial"] for one in campaign.read(path)] == ["1", "2"])
    line = campaign.table([path])[-1]
    check("table: " + line, line.startswith("| ab (false) | 2 | 1 | ") and "| 4 | 1 % | 2 % |" in line)
    done = []
    campaign.run_ab = lambda encbench, directory, kind, trial, case, seed: done.append(trial) or dict(
        row, trial=trial, case=case, verdict="no difference", ratio=1)
    campaign.append(path, [])
    rows = [dict(one, case=list(campaign.CASES)[int(one["trial"]) % 3]) for one in campaign.read(path)]
    pathlib.Path(path).unlink()
    campaign.append(path, rows)
    campaign.measure("false", "encbench", path, 4)
    check(f"goes on where it was: {done}", done == [3, 4])

sys.exit(failures > 0)
