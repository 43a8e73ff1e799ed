/*
 * The list of workloads: one line each, in the order of the module's table.
 * Included twice: for the functions, and with WORKLOAD_TABLE defined for the rows of the table.
 */
#include "get_put.h"
#include "to_string.h"
#include "trace.h"
