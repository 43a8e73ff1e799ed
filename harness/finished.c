#include "finished.h"

#include "paths.h"
#include "provenance.h"
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

/* What was measured is what analyse saw: run.csv has the CRC-32 of TABLE.csv as TABLE_crc32. */
static int check_unchanged(const struct finished *finished, const char *directory, struct error *error)
{
    for (size_t t = 0; schema_tables[t]; t++) {
        const char *file = schema_tables[t]->file;
        char key[64], path[PATH_MAX], crc[PROVENANCE_CRC32_BYTES];
        snprintf(key, sizeof key, "%.*s_crc32", (int)strcspn(file, "."), file);
        const char *recorded = finished_fact(&finished->run, key);
        if (*recorded == '\0')
            continue;
        if (paths_join(path, directory, file, error) != 0)
            return error->code;
        if (access(path, F_OK) != 0) /* whoever needs it says so */
            continue;
        if (provenance_crc32(path, crc, error) != 0)
            return error->code;
        if (strcmp(crc, recorded) != 0)
            return error_set(error, EXIT_USAGE,
                             "%s: was changed after the run (its CRC-32 is %s; run.csv has %.20s); restore it", path,
                             crc, recorded);
    }
    return 0;
}

/* What analyse has decided (analyse_controls.c), not again: which control leaves the whole run without a verdict. */
static void judge(struct finished *finished)
{
    const struct csv_data *controls = &finished->controls;
    const size_t row = csv_find(controls, SCHEMA_controls_blinds, "run");
    if (row < controls->row_count)
        snprintf(finished->reason, sizeof finished->reason, "control %s %s on %s",
                 csv_text(controls, row, SCHEMA_controls_control), csv_text(controls, row, SCHEMA_controls_status),
                 csv_text(controls, row, SCHEMA_controls_subject));
    else if (strcmp(finished_fact(&finished->run, "complete"), "yes") != 0)
        snprintf(finished->reason, sizeof finished->reason, "it is not complete");
    else
        finished->valid = true;
}

const char *finished_blind_cell(const struct finished *finished, const char *panel, const char *workload, bool *decides)
{
    const struct csv_data *controls = &finished->controls;
    char subject[512];
    snprintf(subject, sizeof subject, "%s %s", panel, workload);
    for (size_t row = 0; row < controls->row_count; row++)
        if (strcmp(csv_text(controls, row, SCHEMA_controls_subject), subject) == 0 &&
            strcmp(csv_text(controls, row, SCHEMA_controls_blinds), "nothing") != 0) {
            *decides = strcmp(csv_text(controls, row, SCHEMA_controls_blinds), "deciding cell") == 0;
            return csv_text(controls, row, SCHEMA_controls_control);
        }
    return NULL;
}

/* Every analysis has the control `complete`: without it the file is no list of controls, and nothing in it failed for want of rows. */
static int read_controls(struct finished *finished, const char *directory, struct error *error)
{
    if (finished_read_table(directory, &schema_controls, &finished->controls, error) != 0)
        return error->code;
    if (csv_find(&finished->controls, SCHEMA_controls_control, "complete") == finished->controls.row_count)
        return error_set(error, EXIT_USAGE, "%s: lacks the control \"complete\"; run `encbench analyse %s` again",
                         finished->controls.path, directory);
    judge(finished);
    return 0;
}

int finished_read(struct finished *finished, const char *directory, struct error *error)
{
    char path[PATH_MAX];
    *finished = (struct finished){0};
    if (paths_check_run(directory, error) != 0 ||
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
    if (finished_read_table(directory, &schema_machine, &finished->machine, error) != 0 ||
        check_unchanged(finished, directory, error) != 0)
        return error->code;
    return read_controls(finished, directory, error);
}

void finished_free(struct finished *finished)
{
    csv_free(&finished->run);
    csv_free(&finished->machine);
    csv_free(&finished->controls);
}
