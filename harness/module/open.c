#include "module/open.h"

#include "module/names.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_line(const char *text)
{
    if (text == NULL || *text == '\0' || strlen(text) > ENCBENCH_OP_BYTES)
        return false;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f || *at == ',' || *at == '"')
            return false;
    return true;
}

static int check_axes(const char *file, const struct encbench_module *module, struct error *error)
{
    for (uint32_t i = 0; i < module->axis_count; i++) {
        if (!names_is_legal(module->axes[i].name) || !names_is_legal(module->axes[i].level))
            return error_set(error, EXIT_USAGE, "%s: axis %u of variant %s has no legal name and level", file, i,
                             module->variant);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(module->axes[i].name, module->axes[j].name) == 0)
                return error_set(error, EXIT_USAGE, "%s: variant %s names the axis %s twice", file, module->variant,
                                 module->axes[i].name);
    }
    return 0;
}

/* Fields in order of offset, one behind the other. */
static int check_fields(const char *file, const struct encbench_module *module, struct error *error)
{
    uint64_t end = 0;
    if (module->structure_bytes > ENCBENCH_STRUCTURE_BYTES_MAX)
        return error_set(error, EXIT_USAGE, "%s: the structure of variant %s has %u bytes; expected at most %u", file,
                         module->variant, module->structure_bytes, ENCBENCH_STRUCTURE_BYTES_MAX);
    for (uint32_t i = 0; i < module->field_count; i++) {
        const struct encbench_field *field = &module->fields[i];
        const uint64_t field_end = (uint64_t)field->offset_bytes + field->size_bytes;
        if (!names_is_legal(field->name) || field_end > module->structure_bytes)
            return error_set(error, EXIT_USAGE,
                             "%s: field %u of variant %s has no legal name or lies outside its %u bytes", file, i,
                             module->variant, module->structure_bytes);
        if (field->size_bytes == 0 || field->offset_bytes < end)
            return error_set(
                error, EXIT_USAGE,
                "%s: field %s of variant %s is empty, overlaps the one before or is not in order of offset", file,
                field->name, module->variant);
        end = field_end;
    }
    return 0;
}

static int check_names(const char *file, const struct encbench_module *module, struct error *error)
{
    if (!names_is_legal(module->variant))
        return error_set(error, EXIT_USAGE,
                         "%s: variant name \"%.60s\" is not legal; expected 1 to 127 of letters, digits and _-+.:=",
                         file, module->variant ? module->variant : "");
    if (check_axes(file, module, error) != 0)
        return error->code;
    return check_fields(file, module, error);
}

static int check_workload(const char *file, const struct encbench_module *module, uint32_t index, struct error *error)
{
    const struct encbench_workload *workload = &module->workloads[index];
    if (!names_is_legal(workload->name) || !names_is_legal(workload->short_name))
        return error_set(error, EXIT_USAGE, "%s: workload %u of variant %s has no legal name and short name", file,
                         index, module->variant);
    if (!workload->setup || !workload->run || !workload->teardown || (!workload->digest && !workload->output))
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s lacks a function; setup, run, teardown and one of output and "
                         "digest are required",
                         file, workload->short_name, module->variant);
    if (workload->threads_min > workload->threads_max)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s needs %u threads and can use %u: threads_min is at most "
                         "threads_max",
                         file, workload->short_name, module->variant, workload->threads_min, workload->threads_max);
    if (workload->input_bytes > MODULE_INPUT_BYTES_MAX)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s wants an input of %" PRIu64 " bytes; at most %d are allowed",
                         file, workload->short_name, module->variant, workload->input_bytes, MODULE_INPUT_BYTES_MAX);
    if (!is_one_line(workload->op) || workload->batch_multiple_ops == 0 || workload->threads_max == 0)
        return error_set(
            error, EXIT_USAGE,
            "%s: workload %s of variant %s: `op` must be one line of 1 to %u bytes without comma or quote, "
            "batch_multiple_ops and threads_max at least 1",
            file, workload->short_name, module->variant, ENCBENCH_OP_BYTES);
    if (workload->batch_max_ops != 0 && workload->batch_max_ops % workload->batch_multiple_ops != 0)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s: batch_max_ops must be a multiple of batch_multiple_ops", file,
                         workload->short_name, module->variant);
    if ((workload->metrics != NULL) != ((workload->flags & ENCBENCH_COUNTED) != 0))
        return error_set(
            error, EXIT_USAGE,
            "%s: workload %s of variant %s: `metrics` is wanted exactly when the flags have ENCBENCH_COUNTED", file,
            workload->short_name, module->variant);
    if ((workload->flags & ENCBENCH_FRESH_ALONE) && (!(workload->flags & ENCBENCH_FRESH) || workload->input_bytes == 0))
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s: ENCBENCH_FRESH_ALONE wants ENCBENCH_FRESH and an input", file,
                         workload->short_name, module->variant);
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(module->workloads[i].short_name, workload->short_name) == 0)
            return error_set(error, EXIT_USAGE, "%s: variant %s has two workloads of the short name %s", file,
                             module->variant, workload->short_name);
    return 0;
}

/* Version 1 ended before `output`; its tables are the beginning of ours. */
#define WORKLOAD_BYTES_1 offsetof(struct encbench_workload, output)
/* What version 2 began with. */
#define WORKLOAD_BYTES_2 offsetof(struct encbench_workload, describe)

static int refuse_version(const char *file, const struct encbench_module *found, struct error *error)
{
    if (found->abi_version < 1 || found->abi_version > ENCBENCH_ABI_VERSION)
        return error_set(
            error, EXIT_USAGE,
            "%s: module ABI version %u; this encbench takes versions 1 to %u: build it against this harness/module.h",
            file, found->abi_version, ENCBENCH_ABI_VERSION);
    const bool first = found->abi_version == 1;
    if (found->module_bytes != sizeof *found ||
        (first ? found->workload_bytes != WORKLOAD_BYTES_1 : found->workload_bytes < WORKLOAD_BYTES_2) ||
        found->workload_bytes % sizeof(void *) != 0)
        return error_set(
            error, EXIT_USAGE,
            "%s: module tables of %u and %u bytes; expected %zu and %zu: build it against this harness/module.h", file,
            found->module_bytes, found->workload_bytes, sizeof *found, first ? WORKLOAD_BYTES_1 : WORKLOAD_BYTES_2);
    return 0;
}

/* A row of a later header, whose further fields say nothing. */
static bool is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

/* The module's own tables, widened to what this harness knows: rows of version 1 are shorter, those of a later header
 * longer. */
static int widen(const char *file, const struct encbench_module *found, struct encbench_module **module,
                 struct error *error)
{
    struct encbench_module *copy = malloc(sizeof *copy);
    struct encbench_workload *rows = calloc(found->workload_count + 1, sizeof *rows);
    if (copy == NULL || rows == NULL) {
        free(copy);
        free(rows);
        return error_out_of_memory(error);
    }
    *copy = *found;
    copy->workloads = rows;
    *module = copy;
    for (uint32_t i = 0; i < found->workload_count; i++) {
        const unsigned char *row = (const unsigned char *)found->workloads + (size_t)i * found->workload_bytes;
        const size_t known = found->workload_bytes < sizeof *rows ? found->workload_bytes : sizeof *rows;
        memcpy(&rows[i], row, known);
        if (!is_zero(row + known, found->workload_bytes - known))
            return error_set(error, EXIT_USAGE,
                             "%s: workload %u uses what this encbench does not know yet; build it against this "
                             "harness/module.h, or take a later encbench",
                             file, i);
    }
    return 0;
}

/* The loader's words, and what to do about those that say what is wrong. */
static int cannot_be_loaded(const char *file, const char *words, struct error *error)
{
    const char *remedy = "expected a shared object that implements harness/module.h";
    if (strstr(words, "static TLS") != NULL)
        remedy = "its thread-local variables have no room in a process that has begun: make them fewer or smaller, "
                 "compile it and its libraries with -ftls-model=global-dynamic, or ask for room with --setenv "
                 "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=BYTES";
    else if (strstr(words, "undefined symbol") != NULL)
        remedy = "name the library that has it: LIBRARIES of encbench_add_module, --ldlibs, or ENCBENCH_NEEDS in the "
                 "source";
    return error_set(error, EXIT_USAGE, "%s: cannot be loaded (%s); %s", file, words, remedy);
}

int module_open(const char *file, const struct encbench_module **module, struct error *error)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return cannot_be_loaded(file, dlerror(), error);
    const struct encbench_module *found = dlsym(handle, "encbench_module");
    if (found == NULL)
        return error_set(error, EXIT_USAGE,
                         "%s: is not a module: it exports no `encbench_module`; see harness/module.h", file);
    struct encbench_module *own = NULL;
    if (refuse_version(file, found, error) != 0 || widen(file, found, &own, error) != 0)
        return error->code;
    if (check_names(file, own, error) != 0)
        return error->code;
    for (uint32_t i = 0; i < own->workload_count; i++)
        if (check_workload(file, own, i, error) != 0)
            return error->code;
    *module = own;
    return 0;
}

int module_describe(const char *file, const struct encbench_module *module, const char *data_directory,
                    struct error *error)
{
    struct encbench_module *own = (struct encbench_module *)module; /* made by module_open */
    struct encbench_workload *rows = (struct encbench_workload *)own->workloads;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < own->workload_count; i++) {
        char message[512] = "";
        int code = 0;
        if (rows[i].describe)
            code = *data_directory ? rows[i].describe(data_directory, &rows[i], message, sizeof message)
                                   : ENCBENCH_NOT_HERE;
        if (code != 0 && code != ENCBENCH_NOT_HERE)
            return error_set(error, EXIT_USAGE, "%s: workload %s of variant %s cannot be described: %s", file,
                             rows[i].short_name, own->variant, message);
        if (code == 0)
            rows[kept++] = rows[i];
    }
    own->workload_count = kept;
    for (uint32_t i = 0; i < kept; i++)
        if (rows[i].describe && check_workload(file, own, i, error) != 0)
            return error->code;
    return 0;
}

const struct encbench_workload *module_workload(const struct encbench_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->workload_count; i++)
        if (strcmp(module->workloads[i].short_name, name) == 0 || strcmp(module->workloads[i].name, name) == 0)
            return &module->workloads[i];
    return NULL;
}
