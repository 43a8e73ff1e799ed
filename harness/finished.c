#include "finished.h"

#include "paths.h"
#include "schema.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)SCHEMA_run_key == (int)SCHEMA_machine_key && (int)SCHEMA_run_value == (int)SCHEMA_machine_value,
               "facts of run.csv and machine.csv are read alike");

const char *finished_fact(const struct csv_data *facts, const char *key)
{
    const size_t row = csv_find(facts, SCHEMA_run_key, key);
    return row < facts->row_count ? csv_text(facts, row, SCHEMA_run_value) : "";
}

int finished_read_table(const char *directory, const struct csv_table *table, struct csv_data *data,
                        struct error *error)
{
    char path[PATH_MAX];
    if (paths_join(path, directory, table->file, error) != 0)
        return error->code;
    return csv_read(path, table, data, error);
}

static bool is_version(const char *version)
{
    int64_t number;
    return csv_parse_integer(version, &number) && number == SCHEMA_VERSION;
}

int finished_check_version(const char *directory, struct error *error)
{
    char path[PATH_MAX];
    struct csv_data run = {0};
    if (paths_join(path, directory, schema_run.file, error) != 0 || access(path, F_OK) != 0 ||
        csv_read(path, &schema_run, &run, error) != 0)
        return error->code;
    const char *version = finished_fact(&run, "schema_version");
    if (!is_version(version))
        error_set(error, EXIT_USAGE,
                  "%s: schema_version is \"%.20s\"; this program reads version %d; measure again with it", path,
                  version, SCHEMA_VERSION);
    csv_free(&run);
    return error->code;
}

/* Planted leaks say whether the heap passes are believed, not times. */
static void judge(struct finished *finished)
{
    const struct csv_data *controls = &finished->controls;
    for (size_t r = 0; r < controls->row_count; r++) {
        const char *control = csv_text(controls, r, SCHEMA_controls_control);
        if (strcmp(csv_text(controls, r, SCHEMA_controls_status), "failed") != 0 || strncmp(control, "leak_", 5) == 0)
            continue;
        snprintf(finished->reason, sizeof finished->reason, "control %s failed on %s", control,
                 csv_text(controls, r, SCHEMA_controls_subject));
        return;
    }
    if (strcmp(finished_fact(&finished->run, "complete"), "yes") != 0)
        snprintf(finished->reason, sizeof finished->reason, "it is not complete");
    else
        finished->valid = true;
}

int finished_read(struct finished *finished, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    *finished = (struct finished){0};
    if (paths_check_directory(directory, "a run directory", error) != 0 ||
        finished_read_table(directory, &schema_run, &finished->run, error) != 0)
        return error->code;
    const char *version = finished_fact(&finished->run, "schema_version");
    finished->readable = is_version(version);
    if (!finished->readable) {
        snprintf(finished->reason, sizeof finished->reason, "its schema_version is %.20s; this program reads %d",
                 *version ? version : "missing", SCHEMA_VERSION);
        return 0;
    }
    if (paths_join(path, directory, schema_controls.file, error) != 0)
        return error->code;
    if (access(path, F_OK) != 0)
        return error_set(error, EXIT_USAGE, "%s: has no %s; run `encbench analyse %s` first", directory,
                         schema_controls.file, directory);
    if (finished_read_table(directory, &schema_controls, &finished->controls, error) != 0 ||
        finished_read_table(directory, &schema_machine, &finished->machine, error) != 0)
        return error->code;
    judge(finished);
    return 0;
}

void finished_free(struct finished *finished)
{
    csv_free(&finished->run);
    csv_free(&finished->machine);
    csv_free(&finished->controls);
}
