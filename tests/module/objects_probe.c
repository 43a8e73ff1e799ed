/*
 * Loads an object file as workers do, in as many fresh layouts as are asked for, and calls its one op twice in each:
 * what it says has to be the same in all of them, and is printed. A refusal is printed as it is. usage: objects_probe
 * FILE.o LAYOUTS
 */
#include "base/process.h"
#include "base/scratch.h"
#include "module/link.h"
#include "module/open.h"
#include "worker/bindings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAID_BYTES = 256 };

static struct {
    const char *file;
    char output[PATH_MAX], said[SAID_BYTES];
    int pipe[2];
} probe;

/* Of the file that was given, as the driver does. */
static int complain(const struct error *error)
{
    const size_t prefix = strlen(probe.output);
    if (prefix > 0 && strncmp(error->message, probe.output, prefix) == 0)
        fprintf(stderr, "%s%s\n", probe.file, error->message + prefix);
    else if (*error->message)
        fprintf(stderr, "%s\n", error->message);
    return error->code;
}

/* In a process of its own: its constructors and destructors run there. */
static int call(void)
{
    struct error error = {0};
    const struct encbench_module *module;
    struct encbench_host host = {.abi_version = ENCBENCH_ABI_VERSION, .host_bytes = sizeof host};
    void *state = NULL;
    const void *bytes = NULL;
    uint32_t arm = 0;
    char message[80] = "";
    if (module_open(probe.output, &module, &error) != 0 ||
        worker_bindings_check(&(struct worker_bindings){probe.output, module->variant, module->variant, ""}, 1, &arm,
                              &error) != 0)
        return complain(&error);
    const struct encbench_workload *workload = &module->workloads[0];
    if (workload->setup(&host, 1, &state, message, sizeof message) != 0 || workload->run(state, 0, 2) != 2)
        return EXIT_USAGE;
    const size_t size = workload->output(state, 0, &bytes);
    exit(write(probe.pipe[1], bytes, size) == (ssize_t)size ? 0 : EXIT_USAGE);
}

static int try_layout(const struct layout_object *object, uint64_t seed, const char *scratch, struct error *error)
{
    char log[PATH_MAX], said[SAID_BYTES] = "";
    struct process_end end;
    const struct layout_link link = {.object = object, .seed = seed, .output = probe.output};
    snprintf(probe.output, sizeof probe.output, "%.3900s/%u.so", scratch, (unsigned)seed);
    snprintf(log, sizeof log, "%.3900s/log", scratch);
    if (layout_link_all(&link, 1, log, 1, error) != 0)
        return error->code;
    if (pipe(probe.pipe) != 0 || process_try(call, &end, error) != 0)
        return error->code ? error->code : EXIT_USAGE;
    close(probe.pipe[1]);
    if (read(probe.pipe[0], said, sizeof said - 1) < 0)
        said[0] = '\0';
    close(probe.pipe[0]);
    if (end.signal == 0 && end.status == EXIT_USAGE)
        return error->code = EXIT_USAGE; /* it has said why */
    if (end.signal != 0 || end.status != 0)
        return error_set(error, EXIT_USAGE, "layout %u: ended by signal %d, status %d", (unsigned)seed, end.signal,
                         end.status);
    if (seed > 1 && strcmp(probe.said, said) != 0)
        return error_set(error, EXIT_USAGE, "layout %u says \"%s\", the first said \"%s\"", (unsigned)seed, said,
                         probe.said);
    memcpy(probe.said, said, sizeof said);
    return 0;
}

int main(int argc, char **argv)
{
    struct error error = {0};
    struct layout_object object = {0};
    char scratch[PATH_MAX];
    if (argc != 3)
        return EXIT_USAGE;
    process_begin();
    probe.file = argv[1];
    if (scratch_make(scratch, &error) != 0)
        return complain(&error);
    if (layout_object_read(argv[1], &object, &error) == 0)
        layout_check_module(argv[1], &object, &error);
    for (uint64_t seed = 1; seed <= strtoull(argv[2], NULL, 10) && error.code == 0; seed++)
        try_layout(&object, seed, scratch, &error);
    if (error.code == 0)
        printf("%s\n", probe.said);
    layout_object_free(&object);
    scratch_remove(scratch);
    return error.code ? complain(&error) : 0;
}
