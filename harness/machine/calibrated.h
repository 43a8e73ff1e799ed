/*
 * What the calibration of this machine is to a run (calibrate.h).
 */
#ifndef ENCBENCH_CALIBRATED_H
#define ENCBENCH_CALIBRATED_H

#include "base/error.h"
#include "base/paths.h"
#include "store/csv.h"

/* The batches that this machine's calibration keeps (calibration_batches); no rows where there is none. csv_free in
 * every case. */
int calibrated_read_batches(const struct paths *paths, struct csv_data *batches, struct error *error);

/* Where the calibration of this machine's fingerprint is, or would be. */
void calibrated_directory(const struct paths *paths, char directory[static PATH_MAX]);

/* Copies the calibration of this machine's fingerprint into a run directory, where there is one. */
int calibrated_copy(const struct paths *paths, const char *directory, struct error *error);

#endif
