#include "ab/probe.h"

#include "launch/launch.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Below it the time of a run is the profile's and not the op's. */
#define LONG_OP_S  1e-3
#define PROBE_SEED 1

static int probe_side(const struct launch *launch, const struct ab_row *row, const struct module_info *module,
                      size_t number, double *seconds, struct error *error)
{
    const struct module_workload *workload = module_info_workload(module, row->workload.short_name);
    struct plan_cell *cell = calloc(1, sizeof *cell);
    struct worker_result *result = calloc(1, sizeof *result);
    *seconds = 0;
    if (cell == NULL || result == NULL) {
        error_out_of_memory(error);
    } else {
        snprintf(cell->panel, sizeof cell->panel, "%s", row->panel);
        snprintf(cell->workload, sizeof cell->workload, "%s", row->workload.short_name);
        snprintf(cell->base_workload, sizeof cell->base_workload, "%s", row->workload.base_name);
        cell->state = row->workload.state;
        cell->linearity_every = 1;
        plan_add_arm(cell, module->variant, PLAN_CONTENDER, module, workload);
        cell->first_shared = cell->arm_count;
        cell->ladder = measure_ladder_of(&workload->batch_multiple_ops, &workload->batch_max_ops, 1);
        if (launch_pilot(launch, cell, number, PROBE_SEED, result, error) == 0)
            *seconds = result->pilot_ns_per_op[0] / 1e9;
    }
    free(result);
    free(cell);
    return error->code;
}

/* The baseline of the rows of one workload is one. */
static bool is_known(const struct ab_inputs *inputs, size_t row)
{
    return row > 0 && strcmp(inputs->row[row].workload.short_name, inputs->row[row - 1].workload.short_name) == 0;
}

int ab_probe(struct ab_probe *probe, const struct ab_inputs *inputs, const struct module_set *set,
             const struct paths *paths, const char *scratch, double limit_s, struct error *error)
{
    struct launch launch;
    *probe = (struct ab_probe){0};
    launch_init(&launch, paths, scratch, set);
    for (size_t row = 0; row < inputs->count && probe->seconds <= limit_s && error->code == 0; row++)
        for (size_t of = is_known(inputs, row); of < 2 && probe->seconds <= limit_s && error->code == 0; of++) {
            const size_t side = of ? inputs->row[row].contender : 0;
            double seconds;
            if (probe_side(&launch, &inputs->row[row], &set->modules[side], 2 * row + of, &seconds, error) != 0)
                break;
            probe->seconds += seconds > LONG_OP_S ? AB_LONG_OPS * seconds / 2 : 0;
            if (seconds > probe->longest_s) {
                probe->longest_s = seconds;
                probe->row = row;
                probe->side = side;
            }
        }
    launch_free(&launch);
    return error->code;
}
