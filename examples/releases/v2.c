#include "v2/varint.h"

#include "workloads.h"

ENCBENCH_VARIANT(v2);
