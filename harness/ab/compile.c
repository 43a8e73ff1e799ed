#include "ab/compile.h"

#include "base/parallel.h"
#include "base/process.h"
#include "base/scratch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPILE_PATIENCE_S = 120, COMPILE_MESSAGE_BYTES_MAX = 1 << 16 };

/* One source to compile. */
struct job {
    size_t side;
    bool list; /* of all its variants the names; of a source without bench.h the module itself */
    char object[PATH_MAX], log[PATH_MAX];
};

struct jobs {
    const struct ab_compile *compile;
    const struct ab_sides *sides;
    struct shell_words compiler[AB_LANGUAGES], cflags, rustflags, archives, needs; /* needs: as after -l */
    char include[PATH_MAX], headers[PATH_MAX];
    struct job *job;
    size_t count;
};

/* ---- what is asked for ---- */

static int split_variable(struct shell_words *words, const char *variable, const char *otherwise, struct error *error)
{
    const char *value = getenv(variable);
    if (value == NULL || value[strspn(value, " \t\n")] == '\0')
        value = otherwise;
    return shell_words_split(words, value, variable, error);
}

/* Archives are put into the module; libraries are named in it. */
static int read_libraries(struct jobs *jobs, const char *text, struct error *error)
{
    struct shell_words words = {0};
    shell_words_split(&words, text, "--ldlibs", error);
    for (size_t i = 0; i < words.count && error->code == 0; i++) {
        const char *word = words.word[i];
        const size_t length = strlen(word);
        if (strncmp(word, "-l", 2) == 0 && length > 2)
            shell_words_add(&jobs->needs, word + 2, error);
        else if (*word == '-')
            error_set(error, EXIT_USAGE, "--ldlibs: \"%s\" is no library; expected -lNAME, an archive or an object",
                      word);
        else if (access(word, R_OK) != 0)
            error_set(error, EXIT_USAGE, "--ldlibs: %s: %s", word, strerror(errno));
        else
            shell_words_add(&jobs->archives, word, error);
    }
    shell_words_free(&words);
    return error->code;
}

/* In the build tree the headers lie beside the sources; installed, where the prefix has them. */
static int find_headers(struct jobs *jobs, struct error *error)
{
    const char *const roots[] = {jobs->compile->paths->build, jobs->compile->paths->root, ENCBENCH_SOURCE_DIRECTORY};
    const char *const below[] = {AB_INCLUDE_FROM_PROGRAM, "harness", "harness"};
    char header[PATH_MAX], link[PATH_MAX];
    for (size_t i = 0; i < sizeof roots / sizeof roots[0] && error->code == 0; i++) {
        if (paths_join(jobs->headers, roots[i], below[i], error) != 0 ||
            paths_join(header, jobs->headers, "module.h", error) != 0)
            return error->code;
        if (access(header, R_OK) != 0)
            continue;
        char *full = realpath(jobs->headers, NULL); /* for <encbench/bench.h> too */
        if (full == NULL || paths_join(jobs->include, jobs->compile->scratch, "include", error) != 0 ||
            paths_join(link, jobs->include, "encbench", error) != 0)
            error_set(error, EXIT_USAGE, "%s: cannot be read: %s", jobs->headers, strerror(errno));
        else if (mkdir(jobs->include, 0700) != 0 || symlink(full, link) != 0)
            error_set(error, EXIT_USAGE, "%s: %s", link, strerror(errno));
        free(full);
        return error->code;
    }
    return error_set(error, EXIT_USAGE, "%s: no module.h there; install encbench again", jobs->headers);
}

static int ask(struct jobs *jobs, struct error *error)
{
    const struct ab_compile *compile = jobs->compile;
    if (split_variable(&jobs->compiler[AB_C], "CC", AB_CC_WORDS, error) != 0 ||
        split_variable(&jobs->compiler[AB_CXX], "CXX", AB_CXX_WORDS, error) != 0 ||
        split_variable(&jobs->compiler[AB_RUST], "RUSTC", "rustc", error) != 0 ||
        shell_words_split(&jobs->cflags, compile->cflags ? compile->cflags : "", "--cflags", error) != 0 ||
        shell_words_split(&jobs->rustflags, compile->rustflags ? compile->rustflags : "", "--rustflags", error) != 0 ||
        read_libraries(jobs, compile->ldlibs ? compile->ldlibs : "", error) != 0)
        return error->code;
    return find_headers(jobs, error);
}

/* ---- one source ---- */

static int add_all(struct shell_words *words, const char *const *more, struct error *error)
{
    for (size_t i = 0; more[i] && error->code == 0; i++)
        shell_words_add(words, more[i], error);
    return error->code;
}

/* gcc, g++ and what takes their options. */
static int c_command(const struct jobs *jobs, const struct job *job, struct shell_words *words, struct error *error)
{
    const struct ab_side *side = &jobs->sides->side[job->side];
    char select[ENCBENCH_NAME_BYTES + 32] = "-DENCBENCH_LIST_VARIANTS", file[PATH_MAX + 2];
    if (!job->list)
        snprintf(select, sizeof select, "-DENCBENCH_SELECT_%s", side->select);
    snprintf(file, sizeof file, "%s%s", side->file[0] == '-' ? "./" : "", side->file);
    const char *const own[] = {"-I", jobs->include, "-I", jobs->headers, "-D_GNU_SOURCE", NULL};
    const char *const last[] = {"-c", file, "-o", job->object, NULL};
    if (shell_words_append(words, &jobs->compiler[side->language], error) != 0 ||
        shell_words_split(words, AB_FLAGS, "flags of modules", error) != 0 ||
        split_variable(words, side->language == AB_CXX ? "CXXFLAGS" : "CFLAGS", "", error) != 0 ||
        shell_words_append(words, &jobs->cflags, error) != 0 || shell_words_append(words, &side->flags, error) != 0 ||
        add_all(words, own, error) != 0 ||
        (!job->list && *side->select && shell_words_add(words, "-DENCBENCH_SELECT", error) != 0) ||
        ((job->list || *side->select) && shell_words_add(words, select, error) != 0))
        return error->code;
    return add_all(words, last, error);
}

static bool begins(const struct shell_words *words, const char *with)
{
    for (size_t i = 0; i < words->count; i++)
        if (strncmp(words->word[i], with, strlen(with)) == 0)
            return true;
    return false;
}

/* As the example does: a static library, with what of Rust's own it takes (and the module is what is needed of that).
 * An option with which rustc takes no second value is ours only where nobody else gives it. */
static int rust_command(const struct jobs *jobs, const struct job *job, const char *archive, struct shell_words *words,
                        struct error *error)
{
    const struct ab_side *side = &jobs->sides->side[job->side];
    char include[PATH_MAX + 32], file[PATH_MAX + 2];
    snprintf(include, sizeof include, "ENCBENCH_INCLUDE=%s", jobs->headers);
    snprintf(file, sizeof file, "%s%s", side->file[0] == '-' ? "./" : "", side->file);
    const char *const first[] = {"env", include, NULL};
    const char *const own[] = {"--crate-type=staticlib", "--crate-name=encbench_side", "-Copt-level=2", "-Cpanic=abort",
                               "-Crelocation-model=pic", "-Ccodegen-units=1",          "-Cdebuginfo=1", NULL};
    const char *const last[] = {file, "-o", archive, NULL};
    if (add_all(words, first, error) != 0 || shell_words_append(words, &jobs->compiler[AB_RUST], error) != 0 ||
        add_all(words, own, error) != 0 || split_variable(words, "RUSTFLAGS", "", error) != 0 ||
        shell_words_append(words, &jobs->rustflags, error) != 0 ||
        shell_words_append(words, &side->flags, error) != 0 ||
        (!begins(words, "--edition") && shell_words_add(words, "--edition=2021", error) != 0))
        return error->code;
    return add_all(words, last, error);
}

/* Runs a command; what it prints stands in the log of the job. */
static int run_command(const struct job *job, const struct shell_words *words, struct error *error)
{
    const char *const *const commands[] = {(const char *const *)words->word};
    size_t failed;
    return process_run_all(commands, 1, 1, job->log, COMPILE_PATIENCE_S, &failed, error);
}

static int compile_c(const struct jobs *jobs, const struct job *job, struct error *error)
{
    struct shell_words words = {0};
    if (c_command(jobs, job, &words, error) == 0)
        run_command(job, &words, error);
    shell_words_free(&words);
    return error->code;
}

static int compile_rust(const struct jobs *jobs, const struct job *job, struct error *error)
{
    char archive[PATH_MAX];
    struct shell_words compile = {0}, link = {0};
    snprintf(archive, sizeof archive, "%.*s.a", (int)strlen(job->log) - 4, job->log);
    const char *const words[] = {LAYOUT_LINKER, "-r",        "--gc-sections", "-u", "encbench_module",
                                 "-o",          job->object, archive,         NULL};
    if (rust_command(jobs, job, archive, &compile, error) == 0 && run_command(job, &compile, error) == 0 &&
        add_all(&link, words, error) == 0)
        run_command(job, &link, error);
    shell_words_free(&compile);
    shell_words_free(&link);
    return error->code;
}

/* A section with the names of the libraries that the module needs, as ENCBENCH_NEEDS makes it. */
static int make_needs(const struct jobs *jobs, const struct job *job, const char *source, const char *object,
                      struct error *error)
{
    struct shell_words words = {0};
    FILE *stream = fopen(source, "we");
    if (stream == NULL)
        return error_set(error, EXIT_USAGE, "%s: %s", source, strerror(errno));
    fprintf(stream, ".section .encbench.needs,\"\",%%progbits\n");
    for (size_t i = 0; i < jobs->needs.count; i++)
        fprintf(stream, ".asciz \"%s\"\n", jobs->needs.word[i]);
    if (jobs->sides->side[job->side].language == AB_CXX) /* what every C++ link has */
        fprintf(stream, ".asciz \"stdc++\"\n");
    fprintf(stream, ".section .note.GNU-stack,\"\",%%progbits\n");
    if (fclose(stream) != 0)
        return error_set(error, EXIT_USAGE, "%s: %s", source, strerror(errno));
    const char *const last[] = {"-c", source, "-o", object, NULL};
    if (shell_words_append(&words, &jobs->compiler[AB_C], error) == 0 && add_all(&words, last, error) == 0)
        run_command(job, &words, error);
    shell_words_free(&words);
    return error->code;
}

/* The members of archives that it wants, and the names of libraries, into the object. */
static int fold_in(const struct jobs *jobs, const struct job *job, struct error *error)
{
    const bool needs = jobs->needs.count > 0 || jobs->sides->side[job->side].language == AB_CXX;
    char source[PATH_MAX], object[PATH_MAX], whole[PATH_MAX];
    struct shell_words words = {0};
    if (!needs && jobs->archives.count == 0)
        return 0;
    snprintf(source, sizeof source, "%.*s.needs.s", (int)strlen(job->log) - 4, job->log);
    snprintf(object, sizeof object, "%.*s.needs.obj", (int)strlen(job->log) - 4, job->log);
    snprintf(whole, sizeof whole, "%.*s.whole", (int)strlen(job->log) - 4, job->log);
    if (needs && make_needs(jobs, job, source, object, error) != 0)
        return error->code;
    const char *const first[] = {LAYOUT_LINKER, "-r", "-o", whole, job->object, NULL};
    if (add_all(&words, first, error) == 0 && (!needs || shell_words_add(&words, object, error) == 0) &&
        shell_words_append(&words, &jobs->archives, error) == 0 && run_command(job, &words, error) == 0 &&
        rename(whole, job->object) != 0)
        error_set(error, EXIT_USAGE, "%s: %s", job->object, strerror(errno));
    shell_words_free(&words);
    return error->code;
}

static int compile_one(void *context, size_t index, unsigned thread, struct error *error)
{
    const struct jobs *jobs = context;
    const struct job *job = &jobs->job[index];
    const bool rust = jobs->sides->side[job->side].language == AB_RUST;
    (void)thread;
    if ((rust ? compile_rust(jobs, job, error) : compile_c(jobs, job, error)) == 0)
        fold_in(jobs, job, error);
    return error->code;
}

/* ---- all of them ---- */

/* What the compiler said, once and whole; the error names the source. */
static int say_compiler(const struct jobs *jobs, struct error *error)
{
    char cause[SCRATCH_CAUSE_BYTES];
    for (size_t i = 0; i < jobs->count; i++) {
        const struct ab_side *side = &jobs->sides->side[jobs->job[i].side];
        struct stat status;
        if (access(jobs->job[i].object, F_OK) == 0 || stat(jobs->job[i].log, &status) != 0)
            continue;
        FILE *log = fopen(jobs->job[i].log, "re");
        size_t printed = 0;
        for (int byte; log && printed < COMPILE_MESSAGE_BYTES_MAX && (byte = getc(log)) != EOF; printed++)
            putc(byte, stderr);
        if (log)
            fclose(log);
        const struct error before = *error;
        *error = (struct error){0};
        scratch_cause(jobs->compile->scratch, cause);
        return error_set(error, before.code, "%s: is not compiled: %.500s%s%s", side->file, before.message,
                         *cause ? "; " : "", cause);
    }
    return error->code;
}

static int run_jobs(struct jobs *jobs, struct error *error)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (parallel_run(jobs->count, processors > 1 ? (unsigned)processors : 1, compile_one, jobs, NULL, error) != 0 &&
        !process_stop_requested())
        say_compiler(jobs, error);
    return error->code;
}

static int add_job(struct jobs *jobs, size_t side, bool list, struct error *error)
{
    struct job *larger = realloc(jobs->job, (jobs->count + 1) * sizeof *larger);
    if (larger == NULL)
        return error_out_of_memory(error);
    jobs->job = larger;
    struct job *job = &larger[jobs->count++];
    *job = (struct job){.side = side, .list = list};
    const char *kind = list ? "list" : "side";
    if (snprintf(job->object, sizeof job->object, "%s/%s-%zu.o", jobs->compile->scratch, kind, side) >= PATH_MAX ||
        snprintf(job->log, sizeof job->log, "%s/%s-%zu.log", jobs->compile->scratch, kind, side) >= PATH_MAX)
        return error_set(error, EXIT_USAGE, "%s: path too long", jobs->compile->scratch);
    return 0;
}

static bool chooses(const struct shell_words *flags)
{
    for (size_t i = 0; i < flags->count; i++)
        if (strncmp(flags->word[i], "-DENCBENCH_SELECT_", strlen("-DENCBENCH_SELECT_")) == 0)
            return true;
    return false;
}

/* A side for each variant that a source lists; one that lists none is its own module. */
static int take_listed(struct jobs *jobs, struct ab_sides *sides, struct error *error)
{
    for (size_t i = jobs->count; i-- > 0 && error->code == 0;) {
        const size_t index = jobs->job[i].side;
        struct shell_words names = {0};
        if (ab_variants_read(jobs->job[i].object, &names, error) != 0) {
            shell_words_free(&names);
            continue;
        }
        if (names.count == 0)
            snprintf(sides->side[index].module, PATH_MAX, "%s", jobs->job[i].object);
        else
            snprintf(sides->side[index].select, ENCBENCH_NAME_BYTES, "%.*s", ENCBENCH_NAME_BYTES - 1, names.word[0]);
        for (size_t name = names.count; name-- > 1 && error->code == 0;)
            ab_sides_insert(sides, index, names.word[name], error);
        shell_words_free(&names);
    }
    return error->code;
}

int ab_compile_all(const struct ab_compile *compile, struct ab_sides *sides, struct error *error)
{
    struct jobs jobs = {.compile = compile, .sides = sides};
    ask(&jobs, error);
    for (size_t i = 0; i < sides->count && error->code == 0; i++) {
        struct ab_side *side = &sides->side[i];
        if (side->language == AB_BUILT)
            snprintf(side->module, sizeof side->module, "%s", side->file);
        else if (side->language != AB_RUST && !chooses(&jobs.cflags) && !chooses(&side->flags))
            add_job(&jobs, i, true, error);
    }
    if (error->code == 0 && run_jobs(&jobs, error) == 0)
        take_listed(&jobs, sides, error);
    jobs.count = 0;
    for (size_t i = 0; i < sides->count && error->code == 0; i++) {
        struct ab_side *side = &sides->side[i];
        if (side->module[0] == '\0' && add_job(&jobs, i, false, error) == 0)
            snprintf(side->module, sizeof side->module, "%s", jobs.job[jobs.count - 1].object);
    }
    if (error->code == 0)
        run_jobs(&jobs, error);
    for (size_t i = 0; i < AB_LANGUAGES; i++)
        shell_words_free(&jobs.compiler[i]);
    shell_words_free(&jobs.cflags);
    shell_words_free(&jobs.rustflags);
    shell_words_free(&jobs.archives);
    shell_words_free(&jobs.needs);
    free(jobs.job);
    return error->code;
}
