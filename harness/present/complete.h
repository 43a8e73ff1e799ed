/*
 * What may come next on the command line, for a shell's completion: `encbench --complete WORD...`, the last of which is
 * being written. The script that asks is packaging/encbench.bash; what it offers cannot be older than the program.
 */
#ifndef ENCBENCH_COMPLETE_H
#define ENCBENCH_COMPLETE_H

#include <stddef.h>

struct complete_verb {
    const char *name, *arguments; /* as in struct verb (options.h) */
};

struct complete_option {
    const char *verbs;    /* between spaces */
    const char *name;     /* without dashes */
    const char *argument; /* what --help calls its value; NULL: it takes none */
    const char *values;   /* the words it takes, with a space between; NULL: as `argument` says */
};

struct complete_table {
    const struct complete_verb *verbs;
    size_t verb_count;
    const struct complete_option *options;
    size_t option_count;
};

/*
 * A line each on standard output: words, or what the shell adds of its own, which begins with a colon: `:files`,
 * `:directories`, `:nospace` (what was completed goes on), `:unknown` for a value of which nobody has said what it
 * may be. Words behind an `=` come apart from it, as bash cuts them.
 */
void complete_print(const struct complete_table *table, const char *const *words, size_t count);

#endif
