/*
 * Takes caches and predictors away from whatever ran before: what the state `cold` is made by. In a process that is
 * measured only.
 */
#ifndef ENCBENCH_SCRUB_H
#define ENCBENCH_SCRUB_H

enum {
    SCRUB_DATA_BYTES = 4 << 20, /* read and written, a line at a time: twice the second-level cache of a server core */
    SCRUB_CODE_BYTES = 1 << 18, /* executed, a jump every 32 bytes: eight times the first-level cache of instructions */
    SCRUB_BRANCHES = 8192,      /* taken by chance, at 16 places */
};

/* One pass over all three; about half a millisecond. The data go last, because code and branches are data to the second
 * level as well. */
void scrub(void);

#endif
