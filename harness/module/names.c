#include "module/names.h"

#include "interpose/interpose.h"
#include "kernels/kernels.h"
#include "module.h"
#include "module/allocators_list.h"
#include "stats/growth.h"

#include <math.h>
#include <string.h>

bool names_is_legal(const char *name)
{
    if (name == NULL || *name == '\0' || strlen(name) >= ENCBENCH_NAME_BYTES)
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.:=")] == '\0';
}

bool names_variant_is_reserved(const char *name)
{
    static const char *const reserved[] = {"twin",           "planted",    CHAIN_VARIANT,  "chain_planted",
                                           "chain_multiply", LEAK_VARIANT, REACHED_VARIANT};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

bool names_metric_is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "allocations_per_op",
        "allocated_bytes_per_op",
        "handed_out_bytes_per_op",
        "releases_per_op",
        "live_blocks_per_op",
        "live_bytes_per_op",
        "live_requested_bytes_per_op",
        "failed_calls_per_op",
        "peak_live_bytes",
        "peak_live_requested_bytes",
        "allocating_threads",
        "digest_and_conformance",
#define FUNCTION_METRIC(name) #name "_calls_per_op",
        INTERPOSE_FUNCTIONS(FUNCTION_METRIC)
#undef FUNCTION_METRIC
            "instructions_per_op",
        "instructions_codec_per_op",
        "live_blocks_after_teardown",
        "live_mapped_bytes_per_op",
        "mapped_regions_after_teardown",
        "planted_cycles_per_op",
        "process_changes",
        "struct_bytes",
        "struct_hole_bytes",
        "struct_heap_bytes",
        "struct_holes",
        "struct_lines",
        "time",
        "time_reduction",
        "relative_time",
    };
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return growth_is_metric(name) || allocators_is_metric(name);
}

static bool ends_in(const char *name, const char *end)
{
    const size_t length = strlen(name), end_length = strlen(end);
    return length >= end_length && strcmp(name + length - end_length, end) == 0;
}

/* Bytes by which something grows may be fewer than before, as may what an op leaves alive. */
static bool may_be_negative(const char *name)
{
    return strstr(name, "growth") || strstr(name, "minus") || strncmp(name, "live_", strlen("live_")) == 0;
}

const char *names_metric_expected(const char *name, double value)
{
    static const char *const whole[] = {"_bytes",       "_at_rest",     "_kept_alive",       "_count",
                                        "struct_holes", "struct_lines", "allocating_threads"};
    if (ends_in(name, "_hits_per_get"))
        return value >= 0 && value <= 1 ? NULL : "a share of all gets, 0 to 1";
    if (strstr(name, "_waste_percent"))
        return value >= 0 && value <= 100 ? NULL : "a share of what is given, 0 to 100";
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (ends_in(name, whole[i]) && value != floor(value))
            return "a whole number, as its name says";
        else if (ends_in(name, whole[i]) && value < 0 && !may_be_negative(name))
            return "a count of it, 0 or more";
    return ends_in(name, "_per_op") && value < 0 && !may_be_negative(name) ? "a count of it, 0 or more" : NULL;
}
