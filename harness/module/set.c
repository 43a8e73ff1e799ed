#include "module/set.h"

#include "base/environment.h"
#include "base/paths.h"
#include "base/process.h"
#include "module/built_with.h"
#include "module/names.h"
#include "module/provenance.h"
#include "store/checksum.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const unsigned module_threads[MODULE_THREADS] = {2, 4, 8, 16};

enum { DESCRIBE_PATIENCE_S = 10 };

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static int compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names in `directory` that end in `end`, sorted; malloc'ed array and strings. */
static int list_directory(const char *directory, const char *end, char ***names, size_t *count, struct error *error)
{
    DIR *handle = opendir(directory);
    *names = NULL;
    *count = 0;
    if (handle == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot be read: %s; expected a directory of modules; build first",
                         directory, strerror(errno));
    for (const struct dirent *entry; (entry = readdir(handle)) != NULL;) {
        if (!ends_with(entry->d_name, end))
            continue;
        char **larger = realloc(*names, (*count + 1) * sizeof **names);
        if (larger == NULL || (larger[*count] = strdup(entry->d_name)) == NULL) {
            error_out_of_memory(error);
            break;
        }
        *names = larger;
        (*count)++;
    }
    closedir(handle);
    if (*count > 0)
        qsort(*names, *count, sizeof **names, compare_strings);
    return error->code;
}

static void free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static bool next_tab(char **rest, char **word)
{
    *word = strsep(rest, "\t");
    return *word != NULL;
}

static bool copy_text(char **rest, char *to, size_t to_bytes)
{
    char *word;
    return next_tab(rest, &word) && (size_t)snprintf(to, to_bytes, "%s", word) < to_bytes;
}

static bool copy_u64(char **rest, uint64_t *to)
{
    char *word, *end;
    if (!next_tab(rest, &word) || *word == '\0')
        return false;
    *to = strtoull(word, &end, 10);
    return *end == '\0';
}

static bool copy_u32(char **rest, uint32_t *to)
{
    uint64_t value;
    if (!copy_u64(rest, &value))
        return false;
    *to = (uint32_t)value;
    return true;
}

static bool has_state(const struct module_workload *w, enum measure_state state)
{
    if (!(w->flags & ENCBENCH_TIMED))
        return false;
    if (state == MEASURE_FRESH)
        return (w->flags & ENCBENCH_FRESH) && w->input_bytes > 0;
    return state == MEASURE_COLD ? w->batch_multiple_ops == 1 : (w->functions & MODULE_LATENCY) != 0;
}

/* False when there is no room. */
static bool append(char name[ENCBENCH_NAME_BYTES], const char *separator, const char *word)
{
    const size_t length = strlen(name);
    return snprintf(name + length, ENCBENCH_NAME_BYTES - length, "%s%s", separator, word) <
           (int)(ENCBENCH_NAME_BYTES - length);
}

/* One that exists already, at more threads than it needs. */
static bool add_threads(struct module_info *info, const struct module_workload *of)
{
    const struct module_workload one = *of;
    for (size_t i = 0; i < MODULE_THREADS && (one.flags & ENCBENCH_TIMED); i++) {
        char word[16];
        if (module_threads[i] <= one.threads || module_threads[i] > one.threads_max)
            continue;
        struct module_workload *w = &info->in_states[info->in_state_count++];
        *w = one;
        w->threads = module_threads[i];
        snprintf(word, sizeof word, "%u", w->threads);
        if (!append(w->short_name, ".t", word) || !append(w->name, ":threads=", word))
            return false;
    }
    return true;
}

/* The other states of a workload, and all of them at more threads. */
static bool add_states(struct module_info *info, const struct module_workload *base)
{
    if (!add_threads(info, base))
        return false;
    for (enum measure_state state = MEASURE_REPEAT + 1; state < MEASURE_STATES; state++) {
        if (!has_state(base, state))
            continue;
        struct module_workload *w = &info->in_states[info->in_state_count++];
        const char *word = measure_state_words[state];
        *w = *base;
        w->state = state;
        if (!append(w->short_name, ".", word) || !append(w->name, ":state=", word) ||
            (state == MEASURE_FRESH && !add_threads(info, w)))
            return false;
    }
    return true;
}

static bool parse_workload(char *rest, struct module_info *info)
{
    if (info->workload_count == MODULE_WORKLOADS_MAX)
        return false;
    struct module_workload *w = &info->workloads[info->workload_count++];
    *w = (struct module_workload){.state = MEASURE_REPEAT};
    const bool understood =
        copy_text(&rest, w->name, sizeof w->name) && copy_text(&rest, w->short_name, sizeof w->short_name) &&
        copy_text(&rest, w->op, sizeof w->op) && copy_u64(&rest, &w->input_bytes) &&
        copy_u64(&rest, &w->bytes_per_op) && copy_u64(&rest, &w->batch_max_ops) &&
        copy_u64(&rest, &w->batch_multiple_ops) && copy_u64(&rest, &w->rewarm_ops) &&
        copy_u64(&rest, &w->planted_cycles_per_op) && copy_u32(&rest, &w->threads_max) && copy_u32(&rest, &w->flags) &&
        copy_u32(&rest, &w->abi_version) && copy_u32(&rest, &w->threads_min) && copy_u32(&rest, &w->functions);
    memcpy(w->base_name, w->short_name, sizeof w->base_name);
    w->threads = module_threads_needed(w);
    return understood && add_states(info, w);
}

/* Of the workload that was described last: it is none of those that can be measured. */
static bool parse_lacks(char *rest, struct module_info *info)
{
    if (info->workload_count == 0)
        return false;
    struct module_lacking *lacking = &info->lacking[info->lacking_count++];
    lacking->workload = info->workloads[--info->workload_count];
    while (info->in_state_count > 0 &&
           strcmp(info->in_states[info->in_state_count - 1].base_name, lacking->workload.short_name) == 0)
        info->in_state_count--;
    return copy_text(&rest, lacking->reason, sizeof lacking->reason);
}

static bool parse_line(char *rest, struct module_info *info)
{
    char *kind;
    if (!next_tab(&rest, &kind))
        return false;
    if (strcmp(kind, "variant") == 0)
        return copy_text(&rest, info->variant, sizeof info->variant) &&
               memcpy(info->own_name, info->variant, sizeof info->own_name);
    if (strcmp(kind, "structure") == 0)
        return copy_text(&rest, info->structure, sizeof info->structure) && copy_u32(&rest, &info->structure_bytes);
    if (strcmp(kind, "workload") == 0)
        return parse_workload(rest, info);
    if (strcmp(kind, "lacks") == 0)
        return parse_lacks(rest, info);
    if (strcmp(kind, "axis") == 0 && info->axis_count < MODULE_AXES_MAX) {
        struct module_axis *axis = &info->axes[info->axis_count++];
        return copy_text(&rest, axis->name, sizeof axis->name) && copy_text(&rest, axis->level, sizeof axis->level);
    }
    if (strcmp(kind, "field") == 0 && info->field_count < MODULE_FIELDS_MAX) {
        struct module_field *field = &info->fields[info->field_count++];
        return copy_text(&rest, field->name, sizeof field->name) && copy_u32(&rest, &field->offset_bytes) &&
               copy_u32(&rest, &field->size_bytes);
    }
    return false;
}

/* What encbench-worker describe reports; a module that crashes while it is loaded leaves that without an end. */
static int describe(struct module_info *info, const char *worker, const char *data, struct error *error)
{
    const char *const arguments[] = {worker, "describe", info->described_file, data, NULL};
    const struct process_options options = {
        .environment = environment_asked(), .time_limit_s = DESCRIBE_PATIENCE_S, .quiet = true, .own_group = true};
    struct process_end end;
    char *text, words[128];
    bool ended = false;
    process_report(arguments, &options, &text, &end, error);
    if (error->code == 0 && end.stopped)
        error_set(error, EXIT_UNFIT, "stopped while modules were loaded");
    char *rest = text;
    for (char *line; error->code == 0 && (line = strsep(&rest, "\n")) != NULL && *line != '\0';) {
        if (strncmp(line, "error\t", 6) == 0) {
            /* The worker speaks of the file that was linked; people know the one they gave. */
            const char *message = line + 6;
            const size_t prefix = strlen(info->described_file);
            if (strncmp(message, info->described_file, prefix) == 0)
                error_set(error, EXIT_USAGE, "%s%s", info->file, message + prefix);
            else
                error_set(error, EXIT_USAGE, "%s: %s", info->file, message);
        } else if (strcmp(line, "end") == 0) {
            ended = true;
        } else if (!parse_line(line, info)) {
            error_set(error, EXIT_USAGE, "%s: description not understood: \"%.80s\"; build again", info->file, line);
        }
    }
    free(text);
    if (error->code == 0 && !ended)
        error_set(error, EXIT_USAGE, "%s: the process that loads it %s before it had described it", info->file,
                  process_end_words(&end, words, sizeof words));
    return error->code;
}

/* Full path of a shared object into `path` (PATH_MAX bytes). */
static int find_shared(const char *file, char *path, struct error *error)
{
    struct stat status;
    char *full = realpath(file, NULL);
    if (full == NULL)
        return error_set(error, EXIT_USAGE, "%s: cannot be read: %s", file, strerror(errno));
    snprintf(path, PATH_MAX, "%s", full);
    free(full);
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(error, EXIT_USAGE, "%s: is not a regular file; expected a shared object", file);
    return layout_check_shared(path, error);
}

static int add_module(struct module_set *set, const char *file, struct error *error)
{
    struct module_info *larger = realloc(set->modules, (set->count + 1) * sizeof *larger);
    if (larger == NULL)
        return error_out_of_memory(error);
    set->modules = larger;
    struct module_info *info = &larger[set->count++];
    *info = (struct module_info){.single_layout = ends_with(file, ".so"), .planted = ends_with(file, ".planted.o")};
    if (snprintf(info->file, sizeof info->file, "%s", file) >= (int)sizeof info->file)
        return error_set(error, EXIT_USAGE, "%s: path too long", file);
    if (!info->single_layout && !ends_with(file, ".o"))
        return error_set(error, EXIT_USAGE,
                         "%s: is not a module: expected an object file (.o) or a shared object (.so)", file);
    if (info->single_layout)
        return find_shared(file, info->described_file, error);
    if (layout_object_read(file, &info->object, error) == 0)
        layout_check_module(file, &info->object, error);
    return error->code;
}

/* Rank of a file in order.txt (its first words), or a large number. */
static size_t rank_of(const char *name, char *const *order, size_t order_count)
{
    const size_t stem = strcspn(name, ".");
    for (size_t i = 0; i < order_count; i++)
        if (strlen(order[i]) == stem && strncmp(order[i], name, stem) == 0)
            return i;
    return order_count;
}

static void read_order(const char *directory, char ***order, size_t *count)
{
    char path[PATH_MAX], line[512], word[ENCBENCH_NAME_BYTES];
    *order = NULL;
    *count = 0;
    snprintf(path, sizeof path, "%s/order.txt", directory);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        if (line[0] == '#' || sscanf(line, "%127s", word) != 1)
            continue;
        char **larger = realloc(*order, (*count + 1) * sizeof **order);
        if (larger == NULL || (larger[*count] = strdup(word)) == NULL)
            break;
        *order = larger;
        (*count)++;
    }
    if (file)
        fclose(file);
}

/* NAME.o and NAME.planted.o of a name in the list. */
static bool is_wanted(const char *file, const char *const *own)
{
    const size_t stem = strcspn(file, ".");
    for (size_t i = 0; own && own[i]; i++)
        if (strlen(own[i]) == stem && strncmp(own[i], file, stem) == 0)
            return true;
    return own == NULL;
}

static int add_directory(struct module_set *set, const char *directory, const char *const *own, struct error *error)
{
    char **names, **order, path[PATH_MAX];
    size_t name_count, order_count;
    if (list_directory(directory, ".o", &names, &name_count, error) != 0)
        return error->code;
    read_order(directory, &order, &order_count);
    const size_t last_rank = order_count ? order_count - 1 : 0;
    for (size_t rank = 0; rank <= last_rank && error->code == 0; rank++)
        for (size_t i = 0; i < name_count && error->code == 0; i++)
            if (rank_of(names[i], order, order_count) == rank && is_wanted(names[i], own)) {
                snprintf(path, sizeof path, "%s/%s", directory, names[i]);
                add_module(set, path, error);
            }
    free_names(names, name_count);
    free_names(order, order_count);
    if (error->code == 0 && set->count == 0 && own == NULL)
        error_set(error, EXIT_USAGE, "%s: holds no module (*.o); build first", directory);
    return error->code;
}

/* The loader takes a colon for the end of a directory's name: there it has another name, by a link. */
static int name_without_colon(char **directory, const char *scratch, struct error *error)
{
    char *full = strchr(*directory, ':') ? realpath(*directory, NULL) : NULL, *link = NULL;
    int failed = 0;
    if (full == NULL)
        return 0;
    for (unsigned number = 1; link == NULL; number++) {
        if (asprintf(&link, "%s/shared-by-link-%u", scratch, number) < 0)
            link = NULL;
        if (link == NULL || (failed = symlink(full, link)) == 0 || errno != EEXIST)
            break;
        free(link);
        link = NULL;
    }
    free(full);
    if (link == NULL)
        return error_out_of_memory(error);
    if (failed)
        error_set(error, EXIT_USAGE, "%s: %s", link, strerror(errno));
    free(*directory);
    *directory = link;
    return error->code;
}

int module_shared_load(const char *directory, const char *scratch, char ***shared, char **shared_directory,
                       struct error *error)
{
    char **names;
    size_t count;
    *shared = calloc(MODULE_SHARED_MAX + 1, sizeof **shared);
    if (asprintf(shared_directory, "%s/shared", directory) < 0)
        *shared_directory = NULL;
    if (*shared == NULL || *shared_directory == NULL)
        return error_out_of_memory(error);
    if (access(*shared_directory, F_OK) != 0)
        return 0;
    if (name_without_colon(shared_directory, scratch, error) != 0)
        return error->code;
    if (list_directory(*shared_directory, ".so", &names, &count, error) != 0)
        return error->code;
    if (count > MODULE_SHARED_MAX)
        error_set(error, EXIT_USAGE, "%s: more than %d shared objects", *shared_directory, MODULE_SHARED_MAX);
    for (size_t i = 0; i < count && error->code == 0; i++)
        if (asprintf(&(*shared)[i], "%s/%s", *shared_directory, names[i]) < 0) {
            (*shared)[i] = NULL;
            error_out_of_memory(error);
        }
    free_names(names, count);
    return error->code;
}

void module_shared_free(char **shared, char *shared_directory)
{
    for (size_t i = 0; shared && shared[i]; i++)
        free(shared[i]);
    free(shared);
    free(shared_directory);
}

/* ---- a directory of layouts ---- */

static bool same_workload(const struct module_workload *a, const struct module_workload *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->short_name, b->short_name) == 0 && strcmp(a->op, b->op) == 0 &&
           a->input_bytes == b->input_bytes && a->bytes_per_op == b->bytes_per_op &&
           a->batch_max_ops == b->batch_max_ops && a->batch_multiple_ops == b->batch_multiple_ops &&
           a->rewarm_ops == b->rewarm_ops && a->planted_cycles_per_op == b->planted_cycles_per_op &&
           a->threads_max == b->threads_max && a->flags == b->flags && a->threads_min == b->threads_min &&
           a->functions == b->functions;
}

static bool same_structure(const struct module_info *a, const struct module_info *b)
{
    if (strcmp(a->structure, b->structure) != 0 || a->structure_bytes != b->structure_bytes ||
        a->field_count != b->field_count)
        return false;
    for (size_t i = 0; i < a->field_count; i++)
        if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
            a->fields[i].offset_bytes != b->fields[i].offset_bytes ||
            a->fields[i].size_bytes != b->fields[i].size_bytes)
            return false;
    return true;
}

/* What two descriptions do not share; NULL when they are of one module. */
static const char *difference(const struct module_info *a, const struct module_info *b)
{
    if (strcmp(a->variant, b->variant) != 0)
        return "variant";
    bool same = a->axis_count == b->axis_count;
    for (size_t i = 0; same && i < a->axis_count; i++)
        same = strcmp(a->axes[i].name, b->axes[i].name) == 0 && strcmp(a->axes[i].level, b->axes[i].level) == 0;
    if (!same)
        return "axes";
    if (!same_structure(a, b))
        return "structure";
    same = a->workload_count == b->workload_count;
    for (size_t i = 0; same && i < a->workload_count; i++)
        same = same_workload(&a->workloads[i], &b->workloads[i]);
    return same ? NULL : "table of workloads";
}

/* Every layout but the first, which stands for the module, describes itself as that does. */
static int check_layouts(const struct module_info *info, const char *worker, const char *data, struct error *error)
{
    struct module_info *other = malloc(sizeof *other);
    if (other == NULL)
        return error_out_of_memory(error);
    for (size_t i = 1; i < info->layout_count && error->code == 0; i++) {
        *other = (struct module_info){0};
        snprintf(other->file, sizeof other->file, "%s", info->layouts[i]);
        snprintf(other->described_file, sizeof other->described_file, "%s", info->layouts[i]);
        const char *differs = describe(other, worker, data, error) == 0 ? difference(info, other) : NULL;
        if (differs)
            error_set(error, EXIT_USAGE,
                      "%s: has another %s than %s; the shared objects of a directory are layouts of one module",
                      other->file, differs, info->layouts[0]);
    }
    free(other);
    return error->code;
}

/* A layout under two names would be drawn twice, and no control could see it. */
static int check_distinct(const struct module_info *info, struct error *error)
{
    char(*crc)[CHECKSUM_CRC32_BYTES] = calloc(info->layout_count, sizeof *crc);
    if (crc == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < info->layout_count && error->code == 0; i++) {
        checksum_crc32(info->layouts[i], crc[i], error);
        for (size_t j = 0; j < i && error->code == 0; j++)
            if (strcmp(crc[i], crc[j]) == 0)
                error_set(error, EXIT_USAGE, "%s: is the same as %s; each must be another layout", info->layouts[i],
                          info->layouts[j]);
    }
    free(crc);
    return error->code;
}

/* The module is added by its first layout. */
static int add_layouts(struct module_set *set, const char *directory, char *const *names, size_t count,
                       struct error *error)
{
    char file[PATH_MAX], path[PATH_MAX];
    if (count > MODULE_LAYOUTS_MAX)
        return error_set(error, EXIT_USAGE, "%s: holds %zu shared objects; at most %d layouts are taken", directory,
                         count, MODULE_LAYOUTS_MAX);
    if (paths_join(file, directory, names[0], error) != 0 || add_module(set, file, error) != 0)
        return error->code;
    struct module_info *info = &set->modules[set->count - 1];
    info->single_layout = false;
    size_t length = strlen(directory);
    while (length > 1 && directory[length - 1] == '/')
        length--;
    info->layout_directory = strndup(directory, length);
    info->layouts = calloc(count, sizeof *info->layouts);
    if (info->layout_directory == NULL || info->layouts == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < count; i++) {
        if (paths_join(file, directory, names[i], error) != 0 || find_shared(file, path, error) != 0)
            return error->code;
        if ((info->layouts[info->layout_count++] = strdup(path)) == NULL)
            return error_out_of_memory(error);
    }
    return check_distinct(info, error);
}

bool module_info_is_linked(const struct module_info *info)
{
    return !info->single_layout && info->layout_count == 0;
}

static int link_and_describe(struct module_set *set, const char *scratch, const char *worker, const char *data,
                             struct error *error)
{
    struct layout_link *links = calloc(set->count, sizeof *links);
    size_t link_count = 0;
    char log[PATH_MAX];
    if (links == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < set->count; i++) {
        struct module_info *info = &set->modules[i];
        info->shared = (const char *const *)set->shared;
        info->shared_directory = set->shared_directory;
        if (!module_info_is_linked(info))
            continue;
        snprintf(info->described_file, sizeof info->described_file, "%s/described-%zu.so", scratch, i);
        links[link_count++] =
            (struct layout_link){&info->object, i, info->described_file, info->shared, info->shared_directory};
    }
    snprintf(log, sizeof log, "%s/link.log", scratch);
    layout_link_all(links, link_count, log, 2, error);
    free(links);
    for (size_t i = 0; i < set->count && error->code == 0; i++) {
        if (describe(&set->modules[i], worker, data, error) == 0)
            check_layouts(&set->modules[i], worker, data, error);
        if (set->modules[i].label)
            snprintf(set->modules[i].variant, sizeof set->modules[i].variant, "%s", set->modules[i].label);
        for (size_t j = 0; j < i && error->code == 0 && !set->namesakes; j++)
            if (set->modules[i].planted == set->modules[j].planted &&
                strcmp(set->modules[i].variant, set->modules[j].variant) == 0)
                error_set(error, EXIT_USAGE, "%s: variant %s is already in %s; names must be unique",
                          set->modules[i].file, set->modules[i].variant, set->modules[j].file);
    }
    return error->code;
}

/* Every object file of a directory is a module; shared objects are layouts of one. */
static int add_given_directory(struct module_set *set, const char *directory, struct error *error)
{
    char **objects = NULL, **shared = NULL, path[PATH_MAX];
    size_t object_count = 0, shared_count = 0;
    if (list_directory(directory, ".o", &objects, &object_count, error) == 0)
        list_directory(directory, ".so", &shared, &shared_count, error);
    if (error->code == 0 && object_count + shared_count == 0)
        error_set(error, EXIT_USAGE,
                  "%s: is a directory without an object file (.o) or a shared object (.so); expected modules",
                  directory);
    if (error->code == 0 && object_count > 0 && shared_count > 0)
        error_set(error, EXIT_USAGE,
                  "%s: holds %s and %s; expected object files (.o), each a module, or shared objects (.so), all "
                  "layouts of one module: give each kind a directory of its own",
                  directory, objects[0], shared[0]);
    for (size_t i = 0; i < object_count && error->code == 0; i++)
        if (paths_join(path, directory, objects[i], error) == 0)
            add_module(set, path, error);
    if (shared_count > 0 && error->code == 0)
        add_layouts(set, directory, shared, shared_count, error);
    free_names(objects, object_count);
    free_names(shared, shared_count);
    return error->code;
}

static int add_given(struct module_set *set, const char *file, struct error *error)
{
    const size_t before = set->count;
    struct stat status;
    if (stat(file, &status) == 0 && S_ISDIR(status.st_mode))
        add_given_directory(set, file, error);
    else
        add_module(set, file, error);
    for (size_t i = before; i < set->count; i++) {
        struct module_info *info = &set->modules[i];
        info->given = true;
        if (error->code == 0 && (info->built_with = built_with(info->layouts ? info->layouts[0] : info->file)) == NULL)
            error_out_of_memory(error);
    }
    return error->code;
}

/* No shared object: what is linked against those of a directory is of it. */
static int share_nothing(struct module_set *set, struct error *error)
{
    set->shared = calloc(1, sizeof *set->shared);
    set->shared_directory = strdup("");
    return set->shared && set->shared_directory ? 0 : error_out_of_memory(error);
}

static int load(struct module_set *set, const char *directory, const char *const *own, const char *const *files,
                const char *scratch, const char *worker, const char *data, struct error *error)
{
    *set = (struct module_set){.directory_left_out = own != NULL};
    if (add_directory(set, directory, own, error) != 0)
        return error->code;
    if (own && set->count == 0)
        share_nothing(set, error);
    else
        module_shared_load(directory, scratch, &set->shared, &set->shared_directory, error);
    if (error->code != 0)
        return error->code;
    for (size_t i = 0; files && files[i]; i++)
        if (add_given(set, files[i], error) != 0)
            return error->code;
    return link_and_describe(set, scratch, worker, data, error);
}

int module_set_load(struct module_set *set, const char *directory, const char *const *own, const char *const *files,
                    const char *scratch, const char *worker, struct error *error)
{
    return load(set, directory, own, files, scratch, worker, NULL, error);
}

int module_set_check_names(const struct module_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct module_info *module = &set->modules[i];
        bool planted = false;
        for (size_t w = 0; w < module->workload_count; w++)
            planted = planted || module->workloads[w].planted_cycles_per_op > 0;
        if (names_variant_is_reserved(module->variant))
            return error_set(
                error, EXIT_USAGE,
                "%s: the variant name %s is kept for the harness's own kernels and controls; choose another",
                module->file, module->variant);
        if (planted != module->planted)
            return error_set(error, EXIT_USAGE,
                             "%s: variant %s has %s planted cycles; a file NAME.planted.o has some, any other has none",
                             module->file, module->variant, planted ? "some" : "no");
    }
    return 0;
}

void module_set_free(struct module_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        layout_object_free(&set->modules[i].object);
        free_names(set->modules[i].layouts, set->modules[i].layout_count);
        free(set->modules[i].layout_directory);
        free(set->modules[i].built_with);
    }
    module_shared_free(set->shared, set->shared_directory);
    free(set->modules);
    *set = (struct module_set){0};
}

size_t module_set_workloads(const struct module_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        count += set->modules[i].workload_count;
    return count;
}

const struct module_info *module_set_find(const struct module_set *set, const char *variant, bool planted)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->modules[i].planted == planted && strcmp(set->modules[i].variant, variant) == 0)
            return &set->modules[i];
    return NULL;
}

const struct module_workload *module_info_workload(const struct module_info *module, const char *name)
{
    for (size_t i = 0; i < module->workload_count; i++)
        if (strcmp(module->workloads[i].short_name, name) == 0 || strcmp(module->workloads[i].name, name) == 0)
            return &module->workloads[i];
    for (size_t i = 0; i < module->in_state_count; i++)
        if (strcmp(module->in_states[i].short_name, name) == 0 || strcmp(module->in_states[i].name, name) == 0)
            return &module->in_states[i];
    return NULL;
}

const struct module_lacking *module_set_lacking(const struct module_set *set, const char *name)
{
    for (size_t m = 0; m < set->count; m++)
        for (size_t i = 0; i < set->modules[m].lacking_count; i++) {
            const struct module_lacking *lacking = &set->modules[m].lacking[i];
            if (strcmp(lacking->workload.short_name, name) == 0 || strcmp(lacking->workload.name, name) == 0)
                return lacking;
        }
    return NULL;
}

bool module_workload_selected(const char *const *names, const struct module_workload *workload)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], workload->short_name) == 0 || strcmp(names[i], workload->name) == 0)
            return true;
    return names == NULL;
}

int module_set_load_built(const struct paths *paths, const char *const *files, const struct module_asked *asked,
                          const char *scratch, struct module_set *set, struct error *error)
{
    size_t count = 0;
    *set = (struct module_set){0};
    while (asked->variants && asked->variants[count])
        count++;
    const char **own = calloc(count + 2, sizeof *own);
    if (own == NULL)
        return error_out_of_memory(error);
    for (size_t i = 0; i < count; i++)
        own[i] = asked->variants[i];
    own[count] = asked->baseline;
    load(set, paths->modules, files == NULL || asked->all ? NULL : own, files, scratch, paths->worker, paths->data,
         error);
    free(own);
    return error->code ? error->code : module_set_check_names(set, error);
}

int module_set_load_sides(const struct paths *paths, const char *const *files, const char *const *labels,
                          const char *scratch, struct module_set *set, struct error *error)
{
    *set = (struct module_set){.namesakes = labels == NULL};
    module_shared_load(scratch, scratch, &set->shared, &set->shared_directory, error); /* nothing is shared */
    for (size_t i = 0; files[i] && error->code == 0; i++) {
        if (add_given(set, files[i], error) != 0)
            break;
        if (set->count != i + 1)
            return error_set(error, EXIT_USAGE, "%s: holds %zu modules; expected one: name their files", files[i],
                             set->count - i);
        set->modules[i].given = false; /* panels.csv is about it */
        set->modules[i].label = labels ? labels[i] : NULL;
    }
    if (error->code != 0 || link_and_describe(set, scratch, paths->worker, paths->data, error) != 0)
        return error->code;
    return labels ? module_set_check_names(set, error) : 0;
}

int module_set_load_kernels(const struct paths *paths, const char *scratch, struct module_set *set, struct error *error)
{
    char directory[PATH_MAX], kernel_scratch[PATH_MAX];
    snprintf(directory, sizeof directory, "%s", paths->kernels);
    *strrchr(directory, '/') = '\0';
    if (paths_join(kernel_scratch, scratch, "kernels", error) != 0)
        return error->code;
    if (mkdir(kernel_scratch, 0700) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", kernel_scratch, strerror(errno));
    return module_set_load(set, directory, NULL, NULL, kernel_scratch, paths->worker, error);
}

const struct module_info *module_set_find_kernel(const struct paths *paths, const struct module_set *kernels,
                                                 const char *variant, struct error *error)
{
    const struct module_info *kernel = module_set_find(kernels, variant, false);
    if (kernel == NULL)
        error_set(error, EXIT_USAGE, "%s: no kernel %s beside it; build the project again (./encbench does)",
                  paths->kernels, variant);
    return kernel;
}
