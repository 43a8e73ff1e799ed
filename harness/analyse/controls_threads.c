#include "analyse/controls_internal.h"

#include <stdio.h>

/*
 * Two CPUs of a virtual machine may be one core: then threads share their caches, and what costs most between cores
 * costs nothing. A verdict at several threads needs two counters on one line found slower than two apart, in the same
 * run. No run plants them yet, and until one does there is no such verdict.
 */
void check_unpadded(struct check *check, size_t panel, size_t workload)
{
    if (analyse_workload_threads(check->data, workload) <= 1)
        return;
    struct analyse_control *control = control_add(check, "unpadded", panel, workload);
    if (!control)
        return;
    snprintf(control->expected, sizeof control->expected,
             "counters of several threads on one cache line are slower than apart");
    snprintf(control->reason, sizeof control->reason,
             "no false sharing was planted in this run: whether its CPUs are cores of their own is not known");
}
