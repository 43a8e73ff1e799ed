/*
 * The job of a worker that failed by its own doing is kept with copies of all that it loads, so that somebody can run
 * it again: `encbench-worker replay FILE`, by hand or under a debugger. Of one program the first; what fails after it
 * mostly fails for the same reason.
 */
#ifndef ENCBENCH_KEPT_JOB_H
#define ENCBENCH_KEPT_JOB_H

#include "worker/protocol.h"

/* Into a new directory failed-encbench-XXXXXX below $TMPDIR (/tmp). What lies in this process's scratch directory, or
 * below `given` where that is another's, is copied, because it will be removed; the rest is there when the job is run
 * again. What cannot be kept is not: this is no error. */
void kept_job_keep(const struct worker_job *job, const char *worker, const char *given);

/* What runs it again; "" when nothing was kept. */
const char *kept_job_command(void);

#endif
