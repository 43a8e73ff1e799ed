#!/usr/bin/python3
"""Writes the reference tables of tests/stats_test.c beside itself. Run once, by hand; the tables are kept.

Everything here is computed by another route than harness/stats.c takes: scipy, numpy, exact integers, enumeration,
inversion of a test by its definition. Quantiles are confirmed with mpmath at 40 digits before they are written.
generate.R adds R's view.
"""
import itertools
import math
import platform
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path

import mpmath
import numpy as np
import scipy
from scipy import stats

HERE = Path(__file__).parent
MADE_BY = (
    f"# generate.py with Python {platform.python_version()}, scipy {scipy.__version__}, numpy {np.__version__}, "
    f"mpmath {mpmath.__version__}"
)
mpmath.mp.dps = 40


def write(name, header, rows):
    """Floats are written so that they read back to the same double."""
    cells = (",".join(repr(float(c)) if isinstance(c, (float, np.floating)) else str(c) for c in row) for row in rows)
    (HERE / name).write_text("\n".join([MADE_BY, header, *cells]) + "\n")


def signed_rank_counts(n):
    """How many of the 2^n sign patterns give each rank sum: whole numbers, so exact."""
    counts = [1]
    for rank in range(1, n + 1):
        grown = counts + [0] * rank
        for s, count in enumerate(counts):
            grown[s + rank] += count
        counts = grown
    return counts


def enumerated_counts(n):
    counts = [0] * (n * (n + 1) // 2 + 1)
    for signs in itertools.product((0, 1), repeat=n):
        counts[sum(rank for rank, sign in enumerate(signs, 1) if sign)] += 1
    return counts


def signed_rank_cdf_rows():
    for n in [*range(1, 15), 20, 30, 53, 64, 100, 200, 300]:
        counts = signed_rank_counts(n)
        if n <= 14:
            assert counts == enumerated_counts(n)
        if n <= 60:
            ours = np.array([c / 2**n for c in counts])
            assert np.allclose(ours, stats._morestats._get_wilcoxon_distr(n), rtol=1e-12, atol=0), n
        pairs = n * (n + 1) // 2
        if n <= 9:
            wanted = range(-1, pairs + 2)
        else:
            centre, sd = pairs / 2, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
            points = [round(centre + z * sd) for z in (-6, -4, -3, -2.576, -1.96, -1, -0.3, 0, 0.5, 1.645, 2.2, 3, 5)]
            wanted = sorted({0, 1, 2, pairs // 2 - 1, pairs // 2, pairs - 1, pairs, *points})
        for t in wanted:
            below = sum(counts[: t + 1]) if t >= 0 else 0
            yield n, t, float(Fraction(below, 2**n))


PROBABILITIES = [1e-12, 1e-6, 1e-4, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.49, 0.4999]
PROBABILITIES += [0.5, 0.500001, 0.6, 0.74, 0.76, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 0.9999, 1 - 1e-9]
DEGREES = [0.5, 1, 1.5, 2, 3, 4, 5, 7.25, 10, 13, 19, 31, 63, 127, 300, 1000, 12345.6, 99999, 999999, 1000001, 1e8]


def confirmed(guess, tail, tail_function, density_function):
    """The guess, moved by Newton steps at 40 digits to where the tail is exact. Fails where scipy was far off."""
    value = mpmath.mpf(float(guess))
    for _ in range(4):
        value += (tail_function(value) - tail) / density_function(value)
    assert abs(value - guess) <= 1e-7 * abs(value), (guess, value)
    return float(value)


def t_density(t, degrees):
    log_scale = mpmath.loggamma((degrees + 1) / 2) - mpmath.loggamma(degrees / 2) - mpmath.log(degrees * mpmath.pi) / 2
    return mpmath.exp(log_scale - (degrees + 1) / 2 * mpmath.log1p(t * t / degrees))


def t_tail(t, degrees):
    """P(T > t) for t > 0. With many degrees betainc is too slow, and the density is integrated instead."""
    if degrees < 1e5:
        return mpmath.betainc(degrees / 2, mpmath.mpf(1) / 2, 0, degrees / (degrees + t * t), regularized=True) / 2
    return mpmath.mpf(1) / 2 - mpmath.quad(lambda u: t_density(u, degrees), mpmath.linspace(0, t, 9))


@lru_cache(maxsize=None)
def t_quantile(probability, degrees):
    """scipy 1.10's own t quantile is good to ten digits only, hence the Newton steps."""
    if probability == 0.5:
        return 0.0
    exact, df = mpmath.mpf(probability), mpmath.mpf(float(degrees))
    guess = abs(stats.t.ppf(probability, degrees))
    value = confirmed(guess, min(exact, 1 - exact), lambda t: t_tail(t, df), lambda t: t_density(t, df))
    return math.copysign(value, probability - 0.5)


def normal_quantile(probability):
    if probability == 0.5:
        return 0.0
    exact = mpmath.mpf(probability)
    tail = min(exact, 1 - exact)
    guess = abs(stats.norm.ppf(probability))
    value = confirmed(guess, tail, lambda z: mpmath.erfc(z / mpmath.sqrt(2)) / 2, mpmath.npdf)
    return math.copysign(value, probability - 0.5)


def proportion_rows():
    cases = [(0, 1), (1, 1), (0, 10), (1, 10), (5, 10), (10, 10), (3, 7), (1, 30), (15, 30), (47, 1000), (999, 1000)]
    cases += [(4870, 5000), (5000, 5000), (12, 100000), (50000, 100000), (1, 1000000)]
    for (hits, trials), alpha in itertools.product(cases, (0.2, 0.05, 0.01, 1e-6)):
        low = stats.beta.ppf(alpha / 2, hits, trials - hits + 1) if hits > 0 else 0.0
        high = 1 - stats.beta.ppf(alpha / 2, trials - hits, hits + 1) if hits < trials else 1.0
        at_least = partial(stats.binom.sf, hits - 1, trials)
        at_most = partial(stats.binom.cdf, hits, trials)
        for bound, tail in ((low, at_least), (high, at_most)):
            if 0 < bound < 1:  # the definition: at the bound, a tail of the binomial is alpha / 2
                tolerance = 1e-8 + 2**-50 / min(bound, 1 - bound)  # near 1 a double states the bound no better
                assert abs(tail(bound) / (alpha / 2) - 1) < tolerance, (hits, trials, alpha, bound, tail(bound))
        yield hits, trials, alpha, low, high


def samples():
    random = np.random.default_rng(20240229)
    contaminated = np.where(random.random(64) < 0.1, 10, 1) * random.normal(size=64)
    return {
        # Hollander & Wolfe, table 3.1: depression scale factor IV, second less first visit
        "depression": np.array([-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]),
        "one": np.array([3.25]),
        "two": np.array([3.25, -1.5]),
        "normal_5": random.normal(1, 2, 5),
        "normal_6": random.normal(1, 2, 6),
        "normal_14": random.normal(0.3, 1, 14),
        "normal_20": random.normal(-4, 0.01, 20),
        "laplace_21": random.laplace(0, 3, 21),
        "lognormal_23": random.lognormal(3, 0.8, 23),
        "contaminated_64": contaminated,
        "normal_100": random.normal(100, 15, 100),
        "offset_20": 1e9 + random.normal(0, 1, 20),
        "tiny_20": random.normal(0, 1e-12, 20),
        "ties_20": np.round(random.normal(0, 0.4, 20), 1),
        "constant_8": np.full(8, 0.1),
    }


def hodges_lehmann(values):
    return float(np.median([(a + b) / 2 for a, b in itertools.combinations_with_replacement(values, 2)]))


def yuen_standard_error(values, fraction):
    """Standard error of a trimmed mean: winsorised sum of squares over h (h - 1)."""
    cut = int(fraction * len(values))
    left = len(values) - 2 * cut
    winsorised = stats.mstats.winsorize(np.asarray(values), limits=(cut / len(values), cut / len(values)))
    return float(np.sqrt(((winsorised - winsorised.mean()) ** 2).sum() / (left * (left - 1))))


def summary_rows(data):
    for name, x in data.items():
        n = len(x)
        exact_mean = sum(map(Fraction, x)) / n
        yield name, "mean", "", float(exact_mean)
        if n > 1:
            variance = sum((Fraction(v) - exact_mean) ** 2 for v in x) / (n - 1)
            sd = mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator)
            yield name, "standard_deviation", "", float(sd)
        for probability in (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
            yield name, "quantile", probability, np.quantile(x, probability)
        for fraction in (0.0, 0.1, 0.2, 0.25, 0.29, 0.49):
            yield name, "trimmed_mean", fraction, stats.trim_mean(x, fraction)
        yield name, "hodges_lehmann", "", hodges_lehmann(x)
        for batches in (2, 4, 7):
            size = n // batches
            if size >= 5:
                means = [stats.trim_mean(x[i * size : (i + 1) * size], 0.2) for i in range(batches)]
                yield name, "batch_standard_error", batches, yuen_standard_error(means, 0.2)


def t_interval_rows(data):
    for name, x in data.items():
        if len(x) > 1 and np.ptp(x) > 0:
            for alpha in (0.2, 0.05, 0.01):
                half_width = t_quantile(1 - alpha / 2, len(x) - 1) * stats.sem(x)
                yield name, alpha, np.mean(x) - half_width, np.mean(x) + half_width


def inverted_signed_rank(x, alpha):
    """The centres that scipy's exact two-sided test does not reject, by trying one between each two Walsh averages."""
    averages = sorted({(a + b) / 2 for a, b in itertools.combinations_with_replacement(x, 2)})
    trials = [averages[0] - 1, *((a + b) / 2 for a, b in zip(averages, averages[1:])), averages[-1] + 1]
    kept = [i for i, c in enumerate(trials) if stats.wilcoxon(x - c, mode="exact").pvalue > alpha]
    low = averages[kept[0] - 1] if kept[0] > 0 else -math.inf
    high = averages[kept[-1]] if kept[-1] < len(averages) else math.inf
    return low, high


def signed_rank_interval_rows(data):
    for name, x in data.items():
        crowded = name.startswith("offset")  # 1e9 leaves no room for a double between two Walsh averages
        if len(x) <= 64 and np.ptp(x) > 0 and not crowded:
            for alpha in (0.3, 0.1, 0.05, 0.01):
                yield (name, alpha, *inverted_signed_rank(x, alpha))


def mde(sd, n, alpha, power):
    quantiles = t_quantile(1 - alpha / 2, n - 1) + t_quantile(power, n - 1)
    return quantiles * sd / math.sqrt(n) * math.sqrt(math.pi / 3)


def minimum_count(alpha):
    return next(n for n in range(1, 100) if Fraction(2, 2**n) <= Fraction(alpha))


def mde_rows():
    axes = (0.02, 1.0, 35.0), (5, 8, 20, 64, 1000), (0.05, 0.01), (0.5, 0.8, 0.9)
    for sd, n, alpha, power in itertools.product(*axes):
        yield sd, n, alpha, power, mde(sd, n, alpha, power) if n >= minimum_count(alpha) else math.inf


def count_rows():
    for sd, effect, alpha, power in itertools.product((1.0, 2.5), (10.0, 1.0, -0.5, 0.11), (0.05, 0.01), (0.5, 0.9)):
        n = minimum_count(alpha)
        while mde(sd, n, alpha, power) > abs(effect):
            n += 1
        yield sd, effect, alpha, power, n


def main():
    data = samples()
    write("samples.csv", "sample,value", ((name, v) for name, x in data.items() for v in x))
    write("summary.csv", "sample,statistic,parameter,value", summary_rows(data))
    write("t_interval.csv", "sample,alpha,low,high", t_interval_rows(data))
    write("signed_rank_interval.csv", "sample,alpha,low,high", signed_rank_interval_rows(data))
    write("signed_rank_cdf.csv", "n,t,cdf", signed_rank_cdf_rows())
    normal = [(p, normal_quantile(p)) for p in [1e-300, 1e-30, *PROBABILITIES]]
    write("normal_quantile.csv", "probability,quantile", normal)
    student = [(p, d, t_quantile(p, d)) for d in DEGREES for p in PROBABILITIES]
    write("t_quantile.csv", "probability,degrees,quantile", student)
    write("proportion.csv", "hits,trials,alpha,low,high", proportion_rows())
    write("mde.csv", "standard_deviation,count,alpha,power,mde", mde_rows())
    write("count_for_mde.csv", "standard_deviation,effect,alpha,power,count", count_rows())


if __name__ == "__main__":
    main()
