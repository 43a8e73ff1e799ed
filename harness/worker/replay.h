/*
 * A job that was kept (launch/kept_job.h), made ready to be done again in this process.
 */
#ifndef ENCBENCH_REPLAY_H
#define ENCBENCH_REPLAY_H

#include "base/error.h"
#include "worker/protocol.h"

/*
 * The job of the file arguments[2] in a region as the driver makes it, on the descriptor WORKER_REGION_FD. The program
 * is executed once more for it, in the environment that the driver gave the job, and with shared objects that were kept
 * with it. NULL: `error` says why not.
 */
struct worker_region *worker_replay_region(char **arguments, struct error *error);

#endif
