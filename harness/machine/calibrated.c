#include "machine/calibrated.h"

#include "machine/machine.h"
#include "schema.h"

#include <stdio.h>
#include <unistd.h>

static int copy_table(const char *from_directory, const struct csv_table *table, const char *directory,
                      struct error *error)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct csv_data data = {0};
    struct csv_writer *writer = NULL;
    if (paths_join(from, from_directory, table->file, error) != 0 || access(from, F_OK) != 0 ||
        paths_join(to, directory, table->file, error) != 0)
        return error->code;
    if (csv_read(from, table, &data, error) == 0 && csv_writer_open(&writer, to, table, CSV_REPLACE, error) == 0) {
        csv_put_data(writer, &data);
        csv_writer_close(writer, error);
    }
    csv_free(&data);
    return error->code;
}

void calibrated_directory(const struct paths *paths, char directory[static PATH_MAX])
{
    char fingerprint[MACHINE_FINGERPRINT_BYTES];
    machine_fingerprint(fingerprint);
    snprintf(directory, PATH_MAX, "%.3900s/calibration/%s", paths->results, fingerprint);
}

int calibrated_read_batches(const struct paths *paths, struct csv_data *batches, struct error *error)
{
    char from[PATH_MAX], path[PATH_MAX];
    *batches = (struct csv_data){0};
    calibrated_directory(paths, from);
    if (paths_join(path, from, schema_calibration_batches.file, error) != 0)
        return error->code;
    return access(path, F_OK) == 0 ? csv_read(path, &schema_calibration_batches, batches, error) : 0;
}

int calibrated_copy(const struct paths *paths, const char *directory, struct error *error)
{
    char from[PATH_MAX];
    calibrated_directory(paths, from);
    if (copy_table(from, &schema_calibration, directory, error) == 0)
        copy_table(from, &schema_calibration_reports, directory, error);
    return error->code;
}
