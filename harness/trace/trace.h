/*
 * One's own trace: a file of sizes, a row a call, as a program asked for them (`--trace`). What it becomes is a data
 * file of the modules (TRACE_FILE in host->data_directory); what a call of so many bytes does is theirs.
 *
 * The file is a CSV with a header, or has a number a line and no header. Cells may be quoted (RFC 4180), lines may end
 * in CRLF, a byte-order mark may begin it, and blank lines may end it.
 */
#ifndef ENCBENCH_TRACE_H
#define ENCBENCH_TRACE_H

#include "base/error.h"
#include "base/hash.h"

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TRACE_SIZE_BYTES_MAX = 1 << 24, /* of one call */
    TRACE_ROWS_MAX = 1 << 24,
    TRACE_FILE_BYTES_MAX = 1 << 30,
    TRACE_COLUMNS_MAX = 256,
    /* One replay: at most so many calls, in stretches of so many in a row, and so many bytes; some milliseconds. */
    TRACE_REPLAY_CALLS = 4096,
    TRACE_REPLAY_STRETCH = 64,
    TRACE_REPLAY_BYTES = 1 << 25,
};

/* Columns by these names say more of a call than a replay does. */
enum trace_more { TRACE_TIME = 1, TRACE_THREAD = 2, TRACE_HOLD = 4 };

struct trace {
    char file[NAME_MAX + 1];        /* last name of its path */
    char column[128];               /* "" without a header */
    char sha256[HASH_SHA256_BYTES]; /* of the file as given */
    uint32_t *bytes;                /* a row each, in their order; malloc'ed */
    size_t count;                   /* at least 1 */
    unsigned more;                  /* bits of enum trace_more, of columns that are there */
};

/*
 * `asked` is FILE, or FILE:COLUMN where no file has the whole name. Without COLUMN it is the one called size, bytes or
 * length, or the only one. Errors (EXIT_USAGE) name file and line, the cell and what was expected. trace_free in every
 * case.
 */
int trace_read(const char *asked, struct trace *trace, struct error *error);
void trace_free(struct trace *trace);

/* What one replay takes of it: all, or evenly spaced stretches of calls in a row. */
struct trace_replay {
    uint32_t bytes[TRACE_REPLAY_CALLS];
    size_t count;
    size_t stretches, stretch; /* 1 and `count`: it is all there is, or one piece from the middle */
};
void trace_cut(const struct trace *trace, struct trace_replay *replay);

/* The size that `share` (0 to 1) of the calls do not exceed; `sorted` has at least one, in ascending order. */
uint32_t trace_quantile(const uint32_t *sorted, size_t count, double share);

/* Copy in ascending order, malloc'ed; NULL without memory. */
uint32_t *trace_sorted(const uint32_t *bytes, size_t count);

#endif
