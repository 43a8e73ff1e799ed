/*
 * Showing results: the Python and gnuplot scripts under plots/ and the closing lines on the terminal. Presentation
 * only; every figure comes from the run directory.
 */
#ifndef ENCBENCH_PRESENT_H
#define ENCBENCH_PRESENT_H

#include "analyse/analyse.h"
#include "base/error.h"
#include "base/paths.h"
#include "stats/verdict.h"

/* Whether reports can be made here: an interpreter with matplotlib and jinja2 ($ENCBENCH_PYTHON, python3,
 * /usr/bin/python3) and gnuplot. Asked before measuring, so that two minutes are not spent for nothing. */
int present_check(const struct paths *paths, struct error *error);
/* Whether the report can be written there, asked before minutes are spent on measuring. */
int present_check_output(const char *output, struct error *error);

/* DIRECTORY/figures/ */
int present_figures(const struct paths *paths, const char *directory, struct error *error);
/* The same at a glance, as text on standard output; writes no file. */
int present_terminal(const struct paths *paths, const char *directory, struct error *error);
/* Writes the report and says on standard output, in at most ten lines, what came of it and where it is. `beside`: runs
 * of other machines, NULL-terminated, at most PRESENT_BESIDE_MAX. */
enum { PRESENT_BESIDE_MAX = 64 };
int present_report(const struct paths *paths, const char *directory, const char *output, const char *const beside[],
                   struct error *error);

/* COMPARE.md and figures/ of a directory of `compare`; a few lines about it on standard output. */
int present_comparison(const struct paths *paths, const char *directory, struct error *error);

/* DIRECTORY/figures/trend.* of the trend.csv of `gate --record`. */
int present_trend(const struct paths *paths, const char *directory, struct error *error);

/* The escape sequence that begins the colour of a verdict on standard output, "" where text_colour has none; TEXT_PLAIN
 * ends it. */
const char *present_colour(enum verdict verdict);

/* Whether there are claims to be judged. */
bool present_has_parts(const struct analyse_summary *summary);

/* Counts of verdicts on standard output, or what is compared where there is no claim; EXIT_UNFIT when the run is
 * invalid. */
int present_summary(const struct analyse_summary *summary, const char *directory, struct error *error);

#endif
