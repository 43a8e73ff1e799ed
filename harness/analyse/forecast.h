/*
 * The forecast: which parts of claims about time a run's processes can be expected to resolve, from a few processes
 * ahead of it whose figures count for nothing else. They go through the same stages as any run, into a small run
 * directory of their own, and what is computed from it is a function of its files.
 *
 * The spread over processes is what decides, and a few processes tell it roughly: of five, the true one is 0.6 to 2.9
 * times what they show, so the number of processes needed is known within a factor of eight either way. Both ends are
 * given with it.
 *
 * Only the interval that decides is foretold: what the plain means (tails) or the t interval (a few layouts) will
 * object, these processes cannot show, nor what the twins reach.
 *
 * The effect assumed: in a region around 0 the one nearest to 0 that these processes do not exclude (95 % t interval),
 * so that what is said to be too few is too few even for a claim that holds; elsewhere the one they show, no nearer to
 * an end of the region than its standard error, because they cannot tell it from there.
 */
#ifndef ENCBENCH_FORECAST_H
#define ENCBENCH_FORECAST_H

#include "base/error.h"
#include "module.h"
#include "plan/profile.h"
#include "stats/stats.h"
#include "stats/verdict.h"

#include <stdint.h>

/* In the unit of the region. */
struct forecast_figure {
    double sd; /* over processes as long as the run's */
    struct stats_interval sd_interval;
    double margin;                          /* from the effect assumed to the nearest end */
    size_t needed, needed_low, needed_high; /* 0: out of reach */
};

/* `evidence` from a few processes, at the level of the run's last look; `sd_factor` as forecast_sd_factor. Pure. */
struct forecast_figure forecast_figure(const struct verdict_region *region, const struct verdict_evidence *evidence,
                                       double sd_factor);
/* By how much the spread falls in processes with 1 / `length` times as many blocks: more blocks reduce only what varies
 * within a process. 1 for a split that is not valid. */
double forecast_sd_factor(struct stats_split split, double length);

struct forecast_row {
    int64_t claim;
    char part[16], panel[ENCBENCH_NAME_BYTES], workload[ENCBENCH_NAME_BYTES], contrast[ENCBENCH_NAME_BYTES];
    char metric[32], unit[16];
    double estimate, confidence;
    size_t processes, planned;
    struct forecast_figure figure;
};
struct forecast {
    struct forecast_row *row; /* by claim, part and workload */
    size_t count;
};

/* From the small run directory. forecast_free in every case. */
int forecast_make(struct forecast *forecast, const char *directory, size_t planned, struct error *error);
void forecast_free(struct forecast *forecast);
/* forecast.csv into a run directory. */
int forecast_write(const struct forecast *forecast, const char *directory, struct error *error);

/* By the spread that these processes show: too few were planned where this is false. */
bool forecast_is_enough(const struct forecast_row *row);
/* "enough" only for the largest spread that these processes allow; "perhaps" where it is so for the one that they show;
 * "too few". Static. */
const char *forecast_outlook(const struct forecast_row *row);
/* "11a: relative_time on to_string_1k needs about 160 processes (57 to 1300: ...), quick has 20: ..."; for a row that
 * is not enough. */
const char *forecast_words(const struct forecast_row *row, const struct profile *profile, char *text, size_t bytes);

#endif
