#include "schema.h"

#define TABLE(table, file, row_is)                   static const struct csv_column table##_columns[] = {
#define COLUMN(table, name, type, required, meaning) {#name, type, required, meaning},
#define END(table)                                                                                                     \
    }                                                                                                                  \
    ;
#include "schema.def"
#undef TABLE
#undef COLUMN
#undef END

#define TABLE(table, file, row_is)                                                                                     \
    const struct csv_table schema_##table = {file, row_is, table##_columns, SCHEMA_##table##_column_count};
#define COLUMN(table, name, type, required, meaning)
#define END(table)
#include "schema.def"
#undef TABLE
#undef COLUMN
#undef END

const struct csv_table *const schema_tables[] = {
#define TABLE(table, file, row_is) &schema_##table,
#define COLUMN(table, name, type, required, meaning)
#define END(table)
#include "schema.def"
    NULL,
};
