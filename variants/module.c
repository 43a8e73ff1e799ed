/*
 * The one source of every variant: its axes come from the compiler's command line (variants.txt), its workloads from
 * workloads.h, and it exports `encbench_module`.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* pinning of threads: turns.h */
#endif

#include "axes.h"
#include "module.h"

#include "workloads.h"

#ifndef ENCBUF_VARIANT
#error "ENCBUF_VARIANT: the variant's name, from variants.txt"
#endif

/* As written in variants.txt; the macros that they became are checked in axes.h. */
static const struct encbench_axis module_axes[] = {
    {"mmap_res", ENCBUF_LEVEL_MMAP_RES}, {"pool", ENCBUF_LEVEL_POOL},         {"classes", ENCBUF_LEVEL_CLASSES},
    {"refs", ENCBUF_LEVEL_REFS},         {"magazine", ENCBUF_LEVEL_MAGAZINE}, {"retain", ENCBUF_LEVEL_RETAIN},
    {"place", ENCBUF_LEVEL_PLACE},
};

#ifndef ENCBUF_POOL_DIRECT
#define MODULE_FIELD(field) {#field, offsetof(struct encbuf, field), sizeof(((struct encbuf *)0)->field)},
static const struct encbench_field module_fields[] = {ENCBUF_FIELDS(MODULE_FIELD)};
#endif

static const struct encbench_workload module_workloads[] = {
#define WORKLOAD_TABLE
#include "workloads.h"
#undef WORKLOAD_TABLE
};

#define MODULE_COUNT(table) (sizeof(table) / sizeof(table)[0])

extern const struct encbench_module encbench_module;
ENCBENCH_EXPORT const struct encbench_module encbench_module = {
    .abi_version = ENCBENCH_ABI_VERSION,
    .module_bytes = sizeof(struct encbench_module),
    .workload_bytes = sizeof(struct encbench_workload),
    .axis_count = MODULE_COUNT(module_axes),
    .workload_count = MODULE_COUNT(module_workloads),
    .variant = ENCBUF_VARIANT,
    .axes = module_axes,
    .workloads = module_workloads,
#ifndef ENCBUF_POOL_DIRECT
    .field_count = MODULE_COUNT(module_fields),
    .structure_bytes = sizeof(struct encbuf),
    .structure = "encbuf",
    .fields = module_fields,
#endif
};
