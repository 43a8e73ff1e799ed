/*
 * What csv.c (the reader), csv_writer.c and csv_value.c share. Nobody else includes it.
 */
#ifndef ENCBENCH_CSV_INTERNAL_H
#define ENCBENCH_CSV_INTERNAL_H

#include "store/csv.h"

enum {
    CSV_SHOWN_BYTES = 96,           /* of a value in a message */
    CSV_STEP_BYTES = 1 << 18,       /* room made for one read(2), inflate or deflate */
    CSV_ZLIB_MAX_BYTES = 1 << 30,   /* offered to zlib at once; it counts in 32 bits */
    CSV_GZIP_WINDOW_BITS = 15 + 16, /* zlib.h: 16 more means a gzip header and trailer */
};

/* Grows by doubling. `text` is the owner's to free. */
struct csv_bytes {
    char *text;
    size_t count, capacity;
};
bool csv_bytes_reserve(struct csv_bytes *bytes, size_t more);
bool csv_bytes_append(struct csv_bytes *bytes, const char *text, size_t count);

/* A value made fit to stand in a one-line message: what cannot be seen is escaped, what is long is cut. */
const char *csv_show(char buffer[CSV_SHOWN_BYTES], const char *value, size_t count);

/* Bytes of the character at `text` that a cell may hold, 0 when it may not. */
size_t csv_cell_character_bytes(const char *text, const char *end);
/* For messages: "expected ...". */
const char *csv_type_expected(enum csv_type type);
/* Appends the header line of `table`; false when out of memory. */
bool csv_header_of(const struct csv_table *table, struct csv_bytes *header);

bool csv_is_gzip_path(const char *path);
int csv_memory_error(struct error *error, const char *path, size_t bytes);

/* Reads `path` and checks that its header is the table's and that rows put behind its last line would stand on lines of
 * their own. */
int csv_check_for_append(const char *path, const struct csv_table *table, struct error *error);

/* Whether a .gz starts with the table's header and consists of whole members of whole lines. */
bool csv_is_whole_gzip(const char *path, const struct csv_table *table);

#endif
