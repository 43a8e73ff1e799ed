/*
 * What `gate` found, for what shows it to people elsewhere: a file of test results, annotations of a workflow.
 */
#ifndef ENCBENCH_GATE_TELL_CI_H
#define ENCBENCH_GATE_TELL_CI_H

#include "gate/tell.h"

/* DIRECTORY/gate.xml as JUnit's readers take it: a variant and workload is a test case, which fails for what is red and
 * is skipped where time was not decided. */
int gate_tell_junit(const struct gate_found *found, struct error *error);

/* Workflow commands of GitHub (::error ...), one for each red figure; nothing where $GITHUB_ACTIONS is not true. */
void gate_tell_annotations(const struct gate_found *found, FILE *stream);

#endif
