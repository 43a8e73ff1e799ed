/*
 * What `gate` found, for what shows it to people elsewhere: a file of test results, annotations of a workflow.
 */
#ifndef ENCBENCH_GATE_TELL_CI_H
#define ENCBENCH_GATE_TELL_CI_H

#include "gate/tell.h"

/* DIRECTORY/gate.xml as JUnit's readers take it: a variant and workload is a test case, which fails for what is red and
 * is skipped where time was not decided. Where the gate as a whole decides nothing (unfit, blind), that is an error,
 * and what did not count is no failure: each of these files says what the exit code says. */
int gate_tell_junit(const struct gate_found *found, struct error *error);

/* DIRECTORY/gate.sarif (2.1.0): a result for each red figure, for the code scanning of forges. */
int gate_tell_sarif(const struct gate_found *found, struct error *error);

/* Workflow commands of GitHub (::error ...), one for each red figure, and one for a gate that decides nothing; nothing
 * where $GITHUB_ACTIONS is not true. */
void gate_tell_annotations(const struct gate_found *found, FILE *stream);

#endif
