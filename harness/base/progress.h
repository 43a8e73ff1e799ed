/*
 * Progress on standard error: a bar with percentage and time left on a terminal, a line every tenth otherwise, nothing
 * when quiet.
 */
#ifndef ENCBENCH_PROGRESS_H
#define ENCBENCH_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *label;
    bool quiet, terminal;
    size_t total, done, last_tenth;
    uint64_t start_ns;
};

void progress_start(struct progress *progress, const char *label, size_t total, bool quiet);
void progress_step(struct progress *progress);
/* Clears the bar; on a terminal leaves nothing, so that what follows starts on a clean line. */
void progress_end(struct progress *progress);
/* One line of its own, kept clear of the bar. Nothing when quiet. */
void progress_say(const struct progress *progress, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
