#include "v1/varint.h"

#include "workloads.h"

ENCBENCH_VARIANT(v1);
