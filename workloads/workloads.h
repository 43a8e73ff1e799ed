/*
 * The list of workloads: one line each, in the order of the module's table.
 * Included twice: for the functions, and with WORKLOAD_TABLE defined for the rows of the table.
 */
#include "get_put.h"
#include "put.h"
#include "reput.h"
#include "to_string.h"
#include "base64.h"
#include "string_codec.h"
#include "encode_alone.h"
#include "sweep.h"
#include "mixed.h"
#include "trace.h"
#include "mmap_source.h"
#include "held_64.h"
#include "mappings_at_rest.h"
#include "footprint_1000.h"
#include "class_sweep.h"
#include "static_scan.h"
#include "nop.h"
#include "locked.h"
#include "misuse.h"
