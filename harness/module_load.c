#include "module_load.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

bool module_name_is_legal(const char *name)
{
    if (name == NULL || *name == '\0' || strlen(name) >= ENCBENCH_NAME_BYTES)
        return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+.:=")] == '\0';
}

static int check_names(const char *file, const struct encbench_module *module, struct error *error)
{
    if (!module_name_is_legal(module->variant))
        return error_set(error, EXIT_USAGE,
                         "%s: variant name \"%.60s\" is not legal; expected 1 to 127 of letters, digits and _-+.:=",
                         file, module->variant ? module->variant : "");
    for (uint32_t i = 0; i < module->axis_count; i++)
        if (!module_name_is_legal(module->axes[i].name) || !module_name_is_legal(module->axes[i].level))
            return error_set(error, EXIT_USAGE, "%s: axis %u of variant %s has no legal name and level", file, i,
                             module->variant);
    for (uint32_t i = 0; i < module->field_count; i++)
        if (!module_name_is_legal(module->fields[i].name) ||
            (uint64_t)module->fields[i].offset_bytes + module->fields[i].size_bytes > module->structure_bytes)
            return error_set(error, EXIT_USAGE,
                             "%s: field %u of variant %s has no legal name or lies outside its %u bytes", file, i,
                             module->variant, module->structure_bytes);
    return 0;
}

static int check_workload(const char *file, const struct encbench_module *module, uint32_t index, struct error *error)
{
    const struct encbench_workload *workload = &module->workloads[index];
    if (!module_name_is_legal(workload->name) || !module_name_is_legal(workload->short_name))
        return error_set(error, EXIT_USAGE, "%s: workload %u of variant %s has no legal name and short name", file,
                         index, module->variant);
    if (!workload->digest || !workload->setup || !workload->run || !workload->teardown)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s lacks a function; digest, setup, run and teardown are required",
                         file, workload->short_name, module->variant);
    if (workload->input_bytes > MODULE_INPUT_BYTES_MAX)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s wants an input of %" PRIu64 " bytes; at most %d are allowed",
                         file, workload->short_name, module->variant, workload->input_bytes, MODULE_INPUT_BYTES_MAX);
    if (!workload->op || strpbrk(workload->op, ",\"\n\r") || workload->batch_multiple_ops == 0 ||
        workload->threads_max == 0)
        return error_set(
            error, EXIT_USAGE,
            "%s: workload %s of variant %s: `op` must be one line without comma or quote, batch_multiple_ops and "
            "threads_max at least 1",
            file, workload->short_name, module->variant);
    if (workload->batch_max_ops != 0 && workload->batch_max_ops % workload->batch_multiple_ops != 0)
        return error_set(error, EXIT_USAGE,
                         "%s: workload %s of variant %s: batch_max_ops must be a multiple of batch_multiple_ops", file,
                         workload->short_name, module->variant);
    if ((workload->metrics != NULL) != ((workload->flags & ENCBENCH_COUNTED) != 0))
        return error_set(
            error, EXIT_USAGE,
            "%s: workload %s of variant %s: `metrics` is wanted exactly when the flags have ENCBENCH_COUNTED", file,
            workload->short_name, module->variant);
    for (uint32_t i = 0; i < index; i++)
        if (strcmp(module->workloads[i].short_name, workload->short_name) == 0)
            return error_set(error, EXIT_USAGE, "%s: variant %s has two workloads of the short name %s", file,
                             module->variant, workload->short_name);
    return 0;
}

int module_open(const char *file, const struct encbench_module **module, struct error *error)
{
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return error_set(error, EXIT_USAGE,
                         "%s: cannot be loaded (%s); expected a shared object that implements harness/module.h", file,
                         dlerror());
    const struct encbench_module *found = dlsym(handle, "encbench_module");
    if (found == NULL)
        return error_set(error, EXIT_USAGE,
                         "%s: is not a module: it exports no `encbench_module`; see harness/module.h", file);
    if (found->abi_version != ENCBENCH_ABI_VERSION)
        return error_set(
            error, EXIT_USAGE,
            "%s: module ABI version %u; this encbench wants version %u: build it against this harness/module.h", file,
            found->abi_version, ENCBENCH_ABI_VERSION);
    if (found->module_bytes != sizeof *found || found->workload_bytes != sizeof *found->workloads)
        return error_set(
            error, EXIT_USAGE,
            "%s: module tables of %u and %u bytes; expected %zu and %zu: build it against this harness/module.h", file,
            found->module_bytes, found->workload_bytes, sizeof *found, sizeof *found->workloads);
    if (check_names(file, found, error) != 0)
        return error->code;
    for (uint32_t i = 0; i < found->workload_count; i++)
        if (check_workload(file, found, i, error) != 0)
            return error->code;
    *module = found;
    return 0;
}

const struct encbench_workload *module_workload(const struct encbench_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->workload_count; i++)
        if (strcmp(module->workloads[i].short_name, name) == 0 || strcmp(module->workloads[i].name, name) == 0)
            return &module->workloads[i];
    return NULL;
}
