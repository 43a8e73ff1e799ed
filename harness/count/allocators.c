#include "count/allocators.h"

#include "count/exact.h"
#include "module/allocators_list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one allocator gives for one size of structure. */
struct figure {
    uint32_t structure_bytes;
    double bytes; /* NaN: `reason` says why */
    char reason[256];
};

/* Where malloc came from decides: a library that is missing is a warning of the loader and the C library's figure. */
static int probe(const struct launch *launch, size_t allocator, struct figure *figure, struct error *error)
{
    const char *soname = allocators_list[allocator].soname;
    struct worker_result result;
    char wrong[256];
    if (launch_structure(launch, soname, figure->structure_bytes, &result, wrong, sizeof wrong, error) != 0)
        return error->code;
    figure->bytes = NAN;
    if (wrong[0])
        snprintf(figure->reason, sizeof figure->reason, "%s: %.180s", soname, wrong);
    else if (strstr(result.allocator, soname) == NULL)
        snprintf(figure->reason, sizeof figure->reason, "%s is not there to be preloaded; Debian package %s", soname,
                 allocators_list[allocator].package);
    else if (result.exact.structure_heap_bytes == 0)
        snprintf(figure->reason, sizeof figure->reason, "%s: blocks have no commonest distance", soname);
    else
        figure->bytes = (double)result.exact.structure_heap_bytes;
    return 0;
}

static int put_allocator(const struct launch *launch, const struct module_set *set, size_t allocator,
                         struct figure *figures, struct csv_writer *metrics, struct error *error)
{
    size_t count = 0;
    for (size_t m = 0; m < set->count && error->code == 0; m++) {
        const struct module_info *module = &set->modules[m];
        char reason[256];
        size_t known = 0;
        if (module->planted || module->left_out || module->structure_bytes == 0)
            continue;
        while (known < count && figures[known].structure_bytes != module->structure_bytes)
            known++;
        if (known == count) {
            figures[count++] = (struct figure){.structure_bytes = module->structure_bytes};
            if (probe(launch, allocator, &figures[known], error) != 0)
                break;
        }
        exact_put_metric(metrics, module->variant, "layout", allocators_list[allocator].metric, figures[known].bytes,
                         isnan(figures[known].bytes) ? "not available" : "exact",
                         csv_clean(reason, sizeof reason, figures[known].reason));
    }
    return error->code;
}

int allocators_measure(const struct launch *launch, const struct module_set *set, struct csv_writer *metrics,
                       struct error *error)
{
    struct figure *figures = calloc(set->count + 1, sizeof *figures);
    if (figures == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < ALLOCATORS && error->code == 0; i++)
        put_allocator(launch, set, i, figures, metrics, error);
    free(figures);
    return error->code;
}
