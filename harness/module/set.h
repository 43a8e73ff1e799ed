/*
 * The modules of a run: found, described and ready to be linked. The driver never loads a module itself: a worker
 * describes it, so that a broken one cannot take the driver down.
 */
#ifndef ENCBENCH_MODULE_SET_H
#define ENCBENCH_MODULE_SET_H

#include "base/error.h"
#include "base/paths.h"
#include "measure/measure.h"
#include "module/link.h"

#include <limits.h>
#include <stdbool.h>

enum {
    MODULE_AXES_MAX = 16,
    MODULE_FIELDS_MAX = 64,
    MODULE_WORKLOADS_MAX = 96,
    MODULE_SHARED_MAX = 16,
    MODULE_LAYOUTS_MAX = 1024,
    MODULE_THREADS = 4, /* numbers of threads that an op is timed at, beside what it needs */
};

/* 2 4 8 16: in the states repeat and fresh. */
extern const unsigned module_threads[MODULE_THREADS];

struct module_axis {
    char name[ENCBENCH_NAME_BYTES], level[ENCBENCH_NAME_BYTES];
};

struct module_field {
    char name[ENCBENCH_NAME_BYTES];
    uint32_t offset_bytes, size_bytes;
};

/* A workload in one state and at so many threads: states but `repeat` have their word behind both names
 * (`to_string_1k.fresh`), and so have threads where they are more than the op needs (`to_string_1k.t2`,
 * `to_string_1k.fresh.t2`). */
struct module_workload {
    char name[ENCBENCH_NAME_BYTES], short_name[ENCBENCH_NAME_BYTES], op[256];
    char base_name[ENCBENCH_NAME_BYTES]; /* short name without state and threads: what the module calls it */
    enum measure_state state;
    unsigned threads; /* that run it at the same time: 1, or what the op needs, or what its name says */
    uint64_t input_bytes, bytes_per_op, batch_max_ops, batch_multiple_ops, rewarm_ops, planted_cycles_per_op;
    uint32_t threads_max, flags;
    uint32_t abi_version, threads_min, functions; /* enum module_function, of those that may lack */
    bool left_out;                                /* of all workloads of a run: nothing of it is counted */
};

/* The threads that an op needs, at which it is timed under its own name. */
static inline unsigned module_threads_needed(const struct module_workload *workload)
{
    return workload->threads_min > 1 ? workload->threads_min : 1;
}

enum module_function { MODULE_DIGEST = 1, MODULE_OUTPUT = 2, MODULE_LATENCY = 4, MODULE_OBJECTS = 8 };

/* A workload for which this machine lacks something, and what. */
struct module_lacking {
    struct module_workload workload;
    char reason[256];
};

struct module_info {
    char file[PATH_MAX];           /* .o or .so as given; of a directory of layouts the first */
    bool single_layout;            /* a .so: one layout for ever */
    char *layout_directory;        /* as given: its .so are layouts of this one module; NULL: none */
    char **layouts;                /* their full paths, by name */
    size_t layout_count;           /* 0 without a directory of layouts */
    bool planned;                  /* an arm of the plan; a planted module that is none needs no exact pass */
    bool given;                    /* by --module: wants a panel of its own */
    char *built_with;              /* of one that was given: compiler and flags, as far as it says (built_with.h) */
    bool left_out;                 /* of the selected variants: nothing of it is counted */
    bool planted;                  /* NAME.planted.o */
    const char *label;             /* what it is called instead of its own name; NULL: that */
    char described_file[PATH_MAX]; /* shared object that was described; serves the exact passes too */
    struct layout_object object;   /* of a .o */
    const char *const *shared;     /* what it is linked against: of its set */
    const char *shared_directory;
    char variant[ENCBENCH_NAME_BYTES];
    char own_name[ENCBENCH_NAME_BYTES]; /* of the variant, as the file has it: another one where there is a label */
    char structure[ENCBENCH_NAME_BYTES];
    uint32_t structure_bytes;
    struct module_axis axes[MODULE_AXES_MAX];
    size_t axis_count;
    struct module_field fields[MODULE_FIELDS_MAX];
    size_t field_count;
    struct module_workload workloads[MODULE_WORKLOADS_MAX];
    size_t workload_count;
    /* The same in the states other than `repeat` that they can be timed in, and at more threads: what is counted is
     * counted once, of `workloads`. */
    struct module_workload in_states[MODULE_WORKLOADS_MAX * (MEASURE_STATES - 1 + 2 * MODULE_THREADS)];
    size_t in_state_count;
    /* What the module offers and this machine cannot do (`lacks` in module.h): none of `workloads`. */
    struct module_lacking lacking[MODULE_WORKLOADS_MAX];
    size_t lacking_count;
};

struct module_set {
    /* The directory's by the variant table's order when there is one, then --module's. */
    struct module_info *modules;
    size_t count;
    char **shared; /* shared objects that all link against; NULL-terminated */
    char *shared_directory;
    bool namesakes;          /* of sides that have no labels yet: several may have one name */
    bool directory_left_out; /* the directory's, but those that were asked for by name */
};

/*
 * Collects DIRECTORY/NAME.o: those that DIRECTORY/order.txt names (a name a line, in that order; all, by name, without
 * it), the shared objects of DIRECTORY/shared, and then `files` (NULL-terminated, may be NULL; of a directory every
 * *.o, or its *.so as layouts of one module: they must describe themselves alike, and no two may be the same bytes).
 * `own` (NULL-terminated; NULL: all) are the names of those of DIRECTORY that are wanted, each with its planted one;
 * where none is, there are no shared objects either.
 * Each is linked once into `scratch` and described by `worker`. Errors name the file. module_set_free in every case.
 * No workload finds a data file there.
 */
int module_set_load(struct module_set *set, const char *directory, const char *const *own, const char *const *files,
                    const char *scratch, const char *worker, struct error *error);
void module_set_free(struct module_set *set);
/* Of all its modules together. */
size_t module_set_workloads(const struct module_set *set);

/* The shared objects DIRECTORY/shared/NAME.so, by name: *shared is malloc'ed and NULL-terminated, and so is
 * *shared_directory, which is in `scratch` where DIRECTORY has a name that the loader does not take. module_shared_free
 * in every case. */
int module_shared_load(const char *directory, const char *scratch, char ***shared, char **shared_directory,
                       struct error *error);
void module_shared_free(char **shared, char *shared_directory);

/* Refuses variants called like the harness's own kernels and controls, and planted cycles in a file that is not
 * NAME.planted.o (or none in one that is). Of the modules that are compared, not of the kernels. */
int module_set_check_names(const struct module_set *set, struct error *error);

/* The module of a variant (planted or not); NULL when there is none. */
const struct module_info *module_set_find(const struct module_set *set, const char *variant, bool planted);
/* Whether its files are links of ours, against the shared objects of its set; a shared object that was given is
 * somebody else's. */
bool module_info_is_linked(const struct module_info *module);
/* A workload of a module by short or full name, that of its state; NULL when it has none. */
const struct module_workload *module_info_workload(const struct module_info *module, const char *name);
/* Whether a NULL-terminated selection of short or full names has it; NULL selects all. */
/* What a module of the set offers and this machine cannot do; NULL: nothing of that name. */
const struct module_lacking *module_set_lacking(const struct module_set *set, const char *name);
bool module_workload_selected(const char *const *names, const struct module_workload *workload);

/*
 * What is run and listed, described from scratch: our own modules, or those of `files` alone: a run of somebody's
 * modules is about them. `asked` has what of ours takes part beside them all the same; all zero otherwise.
 */
struct module_asked {
    bool all;
    const char *const *variants; /* names, ours among them; NULL-terminated, or NULL */
    const char *baseline;        /* NULL: none */
};
int module_set_load_built(const struct paths *paths, const char *const *files, const struct module_asked *asked,
                          const char *scratch, struct module_set *set, struct error *error);

/* These files alone, each one module, called by `labels` (borrowed; both NULL-terminated). `labels` NULL: by their own
 * names, which may be the same. */
int module_set_load_sides(const struct paths *paths, const char *const *files, const char *const *labels,
                          const char *scratch, struct module_set *set, struct error *error);

/* The harness's own kernels: they come by the same door, from a directory of their own. */
int module_set_load_kernels(const struct paths *paths, const char *scratch, struct module_set *set,
                            struct error *error);
/* NULL, and one line, when the build lacks it. */
const struct module_info *module_set_find_kernel(const struct paths *paths, const struct module_set *kernels,
                                                 const char *variant, struct error *error);

#endif
