/*
 * The tables of a run directory as data (schema.def holds the declarations).
 *
 *     schema_processes                     the table
 *     SCHEMA_processes_time_ns_per_op      a column index of it
 *
 * A new column needs a line in schema.def and the code that fills or reads it; a change of meaning raises
 * SCHEMA_VERSION.
 */
#ifndef ENCBENCH_SCHEMA_H
#define ENCBENCH_SCHEMA_H

#include "store/csv.h"

#define SCHEMA_VERSION 3

#define TABLE(table, file, row_is)                                                                                     \
    extern const struct csv_table schema_##table;                                                                      \
    enum schema_##table##_columns                                                                                      \
    {
#define COLUMN(table, name, type, required, meaning) SCHEMA_##table##_##name,
#define END(table)                                                                                                     \
    SCHEMA_##table##_column_count                                                                                      \
    }                                                                                                                  \
    ;
#include "schema.def"
#undef TABLE
#undef COLUMN
#undef END

/* All tables, NULL at the end, in the order of schema.def. */
extern const struct csv_table *const schema_tables[];

#endif
