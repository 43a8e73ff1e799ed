#include "options.h"

#include "base/paths.h"
#include "measure/measure.h"
#include "module/set.h"
#include "present/complete.h"
#include "present/version.h"
#include "store/csv.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
    KEY_PROFILE = 256,
    KEY_PROCESSES,
    KEY_VARIANTS,
    KEY_WORKLOADS,
    KEY_MODULE,
    KEY_WITH_OWN,
    KEY_CLAIMS,
    KEY_DATA,
    KEY_TRACE,
    KEY_BASELINE,
    KEY_STATES,
    KEY_THREADS,
    KEY_SEED,
    KEY_OUT,
    KEY_OUTPUT,
    KEY_BESIDE,
    KEY_ALL,
    KEY_RESUME,
    KEY_DRY_RUN,
    KEY_QUIET,
    KEY_FORMAT,
    KEY_EVENTS,
    KEY_LIST_EVENTS,
    KEY_BUDGET,
    KEY_FIX_LAYOUT,
    KEY_LAYOUTS,
    KEY_REPORTS,
    KEY_LIST_TABLES,
    KEY_STRICT,
    KEY_TERMINAL,
    KEY_BASE,
    KEY_EXACT,
    KEY_BUILD,
    KEY_BASE_MODULE,
    KEY_SINCE,
    KEY_BISECT,
    KEY_RECORD,
    KEY_ACCEPT_EDITED,
    KEY_PRELOAD,
    KEY_SETENV,
    KEY_CFLAGS,
    KEY_RUSTFLAGS,
    KEY_LDLIBS,
    KEY_FAIL_IF_SLOWER,
};

/* Every option once: its name, what it takes, what it does, and the verbs that know it. */
static const struct {
    struct argp_option option;
    const char *verbs;
} option_table[] = {
    {{"profile", KEY_PROFILE, "NAME", 0, "quick (2 min), default, thorough, or smoke (plumbing only)", 0},
     " run report gate "},
    {{"processes", KEY_PROCESSES, "N", 0,
      "processes of every panel and workload, instead of the profile's: 2 to 256; its looks at fewer stay", 0},
     " run report "},
    {{"variants", KEY_VARIANTS, "A,B", 0, "only contrasts between these variants; gate: only these", 0},
     " run report gate "},
    {{"workloads", KEY_WORKLOADS, "A,B", 0, "only these workloads", 0}, " run report calibrate gate ab "},
    {{"module", KEY_MODULE, "FILE", 0,
      "measure this module (.o; .so: no verdict on time), or a directory of .o, or one of .so: layouts of one "
      "module; may be repeated. Nothing of encbench's own runs beside it but what --variants or --baseline name",
      0},
     " run report "},
    {{"module", KEY_MODULE, "FILE", 0, "what this module has; may be repeated", 0}, " list "},
    {{"with-own", KEY_WITH_OWN, NULL, 0, "encbench's own variants, panels and claims beside --module", 0},
     " run report list "},
    {{"data", KEY_DATA, "DIR", 0,
      "data files of the modules, instead of NAME.data beside NAME.o; the workload finds them by its host", 0},
     " run report ab "},
    {{"trace", KEY_TRACE, "FILE", 0,
      "your program's sizes, a row a call: a CSV (its column size, bytes or length, or of FILE:COLUMN that one) or a "
      "number a line; "
      "replayed as the workload trace:own",
      0},
     " run report "},
    {{"claims", KEY_CLAIMS, "FILE", 0, "claims to judge, in the columns of claims.csv, instead of encbench's own", 0},
     " run report "},
    {{"baseline", KEY_BASELINE, "VARIANT", 0, "compare everything selected with this variant", 0}, " run report "},
    {{"states", KEY_STATES, "A,B", 0,
      "every workload in these states that it can be timed in: repeat, fresh, cold, latency", 0},
     " run report ab "},
    {{"threads", KEY_THREADS, "A,B", 0,
      "every workload that can at these numbers of threads: 1, 2, 4, 8, 16; with more than CPUs it is only counted", 0},
     " run report "},
    {{"events", KEY_EVENTS, "A,B", 0, "count these instead of the usual ones (list --events has the names)", 0},
     " run report "},
    {{"events", KEY_LIST_EVENTS, NULL, 0, "the names that run --events takes here, instead", 0}, " list "},
    {{"seed", KEY_SEED, "N", 0, "seed of layouts and orders; from the clock when absent", 0},
     " run report calibrate gate ab "},
    {{"out", KEY_OUT, "DIR", 0, "directory to make; must not exist", 0}, " run report calibrate compare gate ab "},
    {{"resume", KEY_RESUME, "DIR", 0, "go on with what is there instead of starting anew", 0},
     " run report calibrate "},
    {{"all", KEY_ALL, NULL, 0, "the arithmetic, the rows and the controls behind each verdict, too", 0}, " explain "},
    {{"beside", KEY_BESIDE, "DIR,DIR", 0, "runs of other machines, for what changes from one to the other", 0},
     " report "},
    {{"output", KEY_OUTPUT, "FILE", 0, "write there instead of to REPORT.md at the root", 0}, " report "},
    {{"output", KEY_OUTPUT, "FILE", 0, "write there instead of to standard output", 0}, " export "},
    {{"dry-run", KEY_DRY_RUN, NULL, 0, "print plan, time and disk; measure nothing", 0}, " run report "},
    {{"format", KEY_FORMAT, "FORMAT", 0, "text or csv; markdown for --tables", 0}, " list "},
    {{"format", KEY_FORMAT, "FORMAT", 0, "benchfmt (benchstat) or gbench (compare.py)", 0}, " export "},
    {{"format", KEY_FORMAT, "FORMAT", 0, "text, csv or json", 0}, " ab "},
    {{"cflags", KEY_CFLAGS, "WORDS", 0, "flags of every source in C and C++, cut as a shell would", 0}, " ab "},
    {{"rustflags", KEY_RUSTFLAGS, "WORDS", 0, "the same of every source in Rust", 0}, " ab "},
    {{"ldlibs", KEY_LDLIBS, "WORDS", 0, "libraries of every source: -lNAME, archives, objects", 0}, " ab "},
    {{"fail-if-slower", KEY_FAIL_IF_SLOWER, "PERCENT", 0,
      "exit 1 when any is slower by more, and 3 when that could not have been seen", 0},
     " ab "},
    {{"tables", KEY_LIST_TABLES, NULL, 0, "every file and column that is written, instead", 0}, " list "},
    {{"accept-edited", KEY_ACCEPT_EDITED, NULL, 0,
      "raw files that were changed since they were measured: take them as they are now, and label the result", 0},
     " analyse report "},
    {{"strict", KEY_STRICT, NULL, 0, "exit 3 when anything is noisy", 0}, " doctor "},
    {{"terminal", KEY_TERMINAL, NULL, 0, "as text, here; writes nothing", 0}, " plot "},
    {{"budget", KEY_BUDGET, "MINUTES", 0, "time to measure for; 30 when absent", 0}, " calibrate "},
    {{"fix-layout", KEY_FIX_LAYOUT, NULL, 0, "only the ablation with one layout of each arm a trial", 0},
     " calibrate "},
    {{"layouts", KEY_LAYOUTS, "K", 0, "only the ablation with K layouts of each arm a trial", 0}, " calibrate "},
    {{"reports", KEY_REPORTS, "DIR,DIR", 0, "of DIR: also how far the verdicts of these runs agree", 0}, " calibrate "},
    {{"base", KEY_BASE, "REV", 0, "git revision, or directory of built modules, to compare with", 0}, " gate "},
    {{"build", KEY_BUILD, "COMMAND", 0,
      "how the tree of the current directory is built, by sh in its top directory; the base is built likewise", 0},
     " gate "},
    {{"module", KEY_MODULE, "PATH", 0,
      "object file (.o) that the build makes, or a directory of them: what is compared; may be repeated", 0},
     " gate "},
    {{"base-module", KEY_BASE_MODULE, "PATH", 0,
      "compare --module with this, which is built already; no git; may be repeated, as often as --module", 0},
     " gate "},
    {{"since", KEY_SINCE, "REV", 0, "the first revision from REV to HEAD that is worse than REV, by bisection", 0},
     " gate "},
    {{"record", KEY_RECORD, "DIR", 0,
      "also append exact figures and ratios of what is checked out to DIR/trend.csv, which plot DIR draws", 0},
     " gate "},
    {{"bisect", KEY_BISECT, NULL, 0,
      "exit as git bisect run takes it: 125 where a commit does not build, above 128 to end it", 0},
     " gate "},
    {{"exact", KEY_EXACT, NULL, 0, "only what is counted: structure, allocations, bytes, instructions", 0}, " gate "},
    {{"preload", KEY_PRELOAD, "FILE", 0,
      "shared object (an allocator) that the loader puts first in all that is measured; may be repeated. The "
      "environment's LD_PRELOAD reaches none of it",
      0},
     " run report calibrate gate list ab "},
    {{"setenv", KEY_SETENV, "NAME=VALUE", 0,
      "variable of the environment of all that is measured, which has no other; may be repeated", 0},
     " run report calibrate gate list ab "},
    {{"quiet", KEY_QUIET, NULL, 0, "no progress", 0},
     " run report list analyse explain plot calibrate compare export gate ab "},
    {{"quiet", KEY_QUIET, NULL, 0, "print nothing: the exit code says it", 0}, " doctor "},
};
enum { OPTION_COUNT = sizeof option_table / sizeof option_table[0] };

struct parsing {
    const struct verb *verb;
    struct options *options;
    struct error *error;
    size_t positional_count;
};

static bool verb_knows(const char *verb, const char *verbs)
{
    char padded[64];
    snprintf(padded, sizeof padded, " %s ", verb);
    return strstr(verbs, padded) != NULL;
}

/* Cuts `text` at its commas; the words stay where they are, in argv. */
static int split_list(const char *option, char *text, const char **list, struct error *error)
{
    size_t count = 0, length = strlen(text);
    while (list[count])
        count++;
    if (length == 0 || text[0] == ',' || text[length - 1] == ',' || strstr(text, ",,"))
        return error_set(error, EXIT_USAGE, "--%s: empty name in \"%s\"; expected names separated by commas", option,
                         text);
    for (const char *word; (word = strsep(&text, ",")) != NULL;) {
        if (count == OPTIONS_LIST_MAX)
            return error_set(error, EXIT_USAGE, "--%s: more than %d names", option, OPTIONS_LIST_MAX);
        list[count++] = word;
    }
    return 0;
}

static int set_profile(const char *name, struct options *options, struct error *error)
{
    char names[256] = "";
    if ((options->profile = profile_find(name)) != NULL)
        return 0;
    for (size_t i = 0; i < profile_count; i++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s", i ? ", " : "", profiles[i].name);
    return error_set(error, EXIT_USAGE, "--profile: unknown profile \"%s\"; expected one of %s", name, names);
}

static int set_processes(const char *text, struct options *options, struct error *error)
{
    int64_t processes;
    if (!csv_parse_integer(text, &processes) || processes < PROFILE_PROCESSES_MIN || processes > PROFILE_PROCESSES_MAX)
        return error_set(error, EXIT_USAGE, "--processes: \"%s\" is no number of processes; expected %d to %d", text,
                         PROFILE_PROCESSES_MIN, PROFILE_PROCESSES_MAX);
    options->processes = (unsigned)processes;
    return 0;
}

static int set_seed(const char *text, struct options *options, struct error *error)
{
    char *end;
    errno = 0;
    options->seed = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || options->seed == 0 || options->seed > INT64_MAX)
        return error_set(error, EXIT_USAGE, "--seed: \"%s\" is not a number; expected 1 to %lld", text,
                         (long long)INT64_MAX);
    return 0;
}

static int set_budget(const char *text, struct options *options, struct error *error)
{
    if (!csv_parse_number(text, &options->budget_minutes) ||
        !(options->budget_minutes > 0 && options->budget_minutes <= OPTIONS_BUDGET_MINUTES_MAX))
        return error_set(error, EXIT_USAGE, "--budget: \"%s\" is no number of minutes; expected more than 0, to %d",
                         text, OPTIONS_BUDGET_MINUTES_MAX);
    return 0;
}

static int set_fail_if_slower(const char *text, struct options *options, struct error *error)
{
    char number[32];
    const size_t length = strcspn(text, "%");
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    if (length >= sizeof number || (text[length] && text[length + 1]) ||
        !csv_parse_number(number, &options->fail_if_slower_percent) ||
        !(options->fail_if_slower_percent > 0 && options->fail_if_slower_percent <= 1000))
        return error_set(error, EXIT_USAGE, "--fail-if-slower: \"%s\" is no limit; expected more than 0 %%, to 1000 %%",
                         text);
    return 0;
}

static int set_layouts(const char *text, struct options *options, struct error *error)
{
    int64_t layouts;
    if (!csv_parse_integer(text, &layouts) || layouts < 2 || layouts > OPTIONS_LAYOUTS_MAX)
        return error_set(error, EXIT_USAGE,
                         "--layouts: \"%s\" is no number of layouts; expected 2 to %d (--fix-layout for 1)", text,
                         OPTIONS_LAYOUTS_MAX);
    options->layouts = (unsigned)layouts;
    return 0;
}

/* The name of a positional argument of the verb, without brackets and dots; false behind the last. */
static bool positional_name(const struct verb *verb, size_t index, char name[static 16], bool *optional)
{
    const char *at = verb->arguments;
    bool repeats = false;
    for (size_t i = 0; i < index && !repeats; i++) {
        const char *end = at + strcspn(at, " "), *next = end + strspn(end, " ");
        repeats = *next == '\0' && end - at > 3 && strncmp(end - 3, "...", 3) == 0;
        if (!repeats)
            at = next;
    }
    *optional = *at == '[' || repeats;
    at += *at == '[';
    snprintf(name, 16, "%.*s", (int)strcspn(at, " ]."), at);
    return *name != '\0';
}

/* Where an argument goes that is no option, by its name in a verb's `arguments`. */
static int set_positional(const char *text, struct parsing *parsing)
{
    const struct verb *verb = parsing->verb;
    struct options *options = parsing->options;
    char name[16];
    bool optional;
    size_t count = 0;
    if (!positional_name(verb, parsing->positional_count, name, &optional))
        return error_set(parsing->error, EXIT_USAGE, "%s: unexpected argument \"%s\"; it takes %s", verb->name, text,
                         *verb->arguments ? verb->arguments : "none");
    parsing->positional_count++;
    if (strcmp(name, "WHAT") == 0) {
        options->claim = text;
        return 0;
    }
    while (options->directories[count])
        count++;
    if (count == OPTIONS_LIST_MAX)
        return error_set(parsing->error, EXIT_USAGE, "%s: more than %d of %s", verb->name, OPTIONS_LIST_MAX,
                         verb->arguments);
    options->directories[count] = text;
    options->directory = options->directories[0];
    return 0;
}

static int check_positional(const struct parsing *parsing)
{
    char name[16];
    bool optional;
    if (positional_name(parsing->verb, parsing->positional_count, name, &optional) && !optional)
        return error_set(parsing->error, EXIT_USAGE, "%s: expected %s; see `encbench %s --help`", parsing->verb->name,
                         parsing->verb->arguments, parsing->verb->name);
    return 0;
}

/* Options of `run` and `calibrate` say how to measure, all but --quiet and --reports. */
static void note_measuring(int key, struct options *options)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (option_table[i].option.key == key && key != KEY_QUIET && key != KEY_REPORTS && options->measuring == NULL &&
            (verb_knows("run", option_table[i].verbs) || verb_knows("calibrate", option_table[i].verbs)))
            options->measuring = option_table[i].option.name;
}

static int set_name(const char *option, const char *value, const char **name, struct error *error)
{
    if (*value == '\0')
        return error_set(error, EXIT_USAGE, "--%s: empty; expected a name", option);
    *name = value;
    return 0;
}

/* Of a value that may hold commas. */
static int add_word(const char *option, const char *value, const char **list, struct error *error)
{
    size_t count = 0;
    while (list[count])
        count++;
    if (count == OPTIONS_LIST_MAX)
        return error_set(error, EXIT_USAGE, "--%s: more than %d", option, OPTIONS_LIST_MAX);
    return set_name(option, value, &list[count], error);
}

static const struct {
    const char *verb, *formats; /* between commas and spaces */
} known_formats[] = {{"list", "text, csv, markdown"}, {"export", "benchfmt, gbench"}, {"ab", "text, csv, json"}};
enum { FORMATS_COUNT = sizeof known_formats / sizeof known_formats[0] };

static int set_format(const char *name, struct parsing *parsing)
{
    struct options *options = parsing->options;
    for (size_t i = 0; i < FORMATS_COUNT; i++) {
        const char *verb = known_formats[i].verb, *formats = known_formats[i].formats;
        const char *at = strcmp(verb, parsing->verb->name) == 0 ? strstr(formats, name) : NULL;
        const size_t length = strlen(name);
        if (at && (at == formats || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0')) {
            options->format = name;
            options->csv = strcmp(name, "csv") == 0;
            return 0;
        }
        if (strcmp(verb, parsing->verb->name) == 0)
            return error_set(parsing->error, EXIT_USAGE, "--format: unknown format \"%s\"; expected one of %s", name,
                             formats);
    }
    return 0;
}

static int set_states(char *text, struct options *options, struct error *error)
{
    const char *names[OPTIONS_LIST_MAX + 1] = {NULL};
    if (split_list("states", text, names, error) != 0)
        return error->code;
    for (size_t i = 0; names[i]; i++) {
        enum measure_state state = MEASURE_REPEAT;
        while (state < MEASURE_STATES && strcmp(names[i], measure_state_words[state]) != 0)
            state++;
        if (state == MEASURE_STATES)
            return error_set(error, EXIT_USAGE,
                             "--states: unknown state \"%s\"; expected repeat, fresh, cold or latency", names[i]);
        options->states |= 1u << state;
    }
    return 0;
}

static int set_threads(char *text, struct options *options, struct error *error)
{
    const char *numbers[OPTIONS_LIST_MAX + 1] = {NULL};
    if (split_list("threads", text, numbers, error) != 0)
        return error->code;
    for (size_t i = 0; numbers[i]; i++) {
        char *end;
        const unsigned long threads = strtoul(numbers[i], &end, 10);
        bool known = threads == 1;
        for (size_t t = 0; t < MODULE_THREADS; t++)
            known = known || threads == module_threads[t];
        if (!known || *end)
            return error_set(error, EXIT_USAGE, "--threads: \"%s\"; expected 1, 2, 4, 8 or 16", numbers[i]);
        options->threads |= 1u << threads;
    }
    return 0;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct parsing *parsing = state->input;
    struct options *options = parsing->options;
    note_measuring(key, options);
    switch (key) {
    case KEY_PROFILE:
        return set_profile(argument, options, parsing->error);
    case KEY_PROCESSES:
        return set_processes(argument, options, parsing->error);
    case KEY_VARIANTS:
        return split_list("variants", argument, options->variants, parsing->error);
    case KEY_WORKLOADS:
        return split_list("workloads", argument, options->workloads, parsing->error);
    case KEY_MODULE:
        return split_list("module", argument, options->modules, parsing->error);
    case KEY_WITH_OWN:
        options->with_own = true;
        return 0;
    case KEY_DATA:
        return set_name("data", argument, &options->data, parsing->error);
    case KEY_TRACE:
        return set_name("trace", argument, &options->trace, parsing->error);
    case KEY_CLAIMS:
        return set_name("claims", argument, &options->claims, parsing->error);
    case KEY_EVENTS:
        return split_list("events", argument, options->events, parsing->error);
    case KEY_LIST_EVENTS:
        options->list_events = true;
        return 0;
    case KEY_STATES:
        return set_states(argument, options, parsing->error);
    case KEY_THREADS:
        return set_threads(argument, options, parsing->error);
    case KEY_BASELINE:
        return set_name("baseline", argument, &options->baseline, parsing->error);
    case KEY_SEED:
        return set_seed(argument, options, parsing->error);
    case KEY_OUT:
        return set_name("out", argument, &options->out, parsing->error);
    case KEY_RESUME:
        return set_name("resume", argument, &options->resume, parsing->error);
    case KEY_ALL:
        options->all = true;
        return 0;
    case KEY_BESIDE:
        return split_list("beside", argument, options->beside, parsing->error);
    case KEY_OUTPUT:
        return set_name("output", argument, &options->output, parsing->error);
    case KEY_DRY_RUN:
        options->dry_run = true;
        return 0;
    case KEY_QUIET:
        options->quiet = true;
        return 0;
    case KEY_BUDGET:
        return set_budget(argument, options, parsing->error);
    case KEY_LAYOUTS:
        return set_layouts(argument, options, parsing->error);
    case KEY_REPORTS:
        return split_list("reports", argument, options->reports, parsing->error);
    case KEY_FIX_LAYOUT:
        options->fix_layout = true;
        return 0;
    case KEY_FORMAT:
        return set_format(argument, parsing);
    case KEY_LIST_TABLES:
        options->list_tables = true;
        return 0;
    case KEY_ACCEPT_EDITED:
        options->accept_edited = true;
        return 0;
    case KEY_STRICT:
        options->strict = true;
        return 0;
    case KEY_TERMINAL:
        options->terminal = true;
        return 0;
    case KEY_BASE:
        return set_name("base", argument, &options->base, parsing->error);
    case KEY_BUILD:
        return set_name("build", argument, &options->build, parsing->error);
    case KEY_BASE_MODULE:
        return split_list("base-module", argument, options->base_modules, parsing->error);
    case KEY_SINCE:
        return set_name("since", argument, &options->since, parsing->error);
    case KEY_RECORD:
        return set_name("record", argument, &options->record, parsing->error);
    case KEY_BISECT:
        options->bisect = true;
        return 0;
    case KEY_EXACT:
        options->exact = true;
        return 0;
    case KEY_PRELOAD:
        return add_word("preload", argument, options->preloads, parsing->error);
    case KEY_CFLAGS:
        options->cflags = argument;
        return 0;
    case KEY_RUSTFLAGS:
        options->rustflags = argument;
        return 0;
    case KEY_LDLIBS:
        options->ldlibs = argument;
        return 0;
    case KEY_FAIL_IF_SLOWER:
        return set_fail_if_slower(argument, options, parsing->error);
    case KEY_SETENV:
        return add_word("setenv", argument, options->variables, parsing->error);
    case ARGP_KEY_ARG:
        return set_positional(argument, parsing);
    case ARGP_KEY_END:
        return check_positional(parsing);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* argp's own messages take two lines and know no verbs: unknown options and missing values are found before it sees
 * them. -h becomes
 * --help. */
static int check_words(int argc, char **argv, const struct verb *verb, struct error *error)
{
    static char help[] = "--help";
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return 0;
        if (strcmp(argv[i], "-h") == 0)
            argv[i] = help;
        if (argv[i][0] != '-' || argv[i][1] == '\0' || strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-?") == 0 ||
            strcmp(argv[i], "--usage") == 0)
            continue;
        const size_t length = strcspn(argv[i], "=");
        size_t o = 0;
        while (o < OPTION_COUNT && !(argv[i][1] == '-' && verb_knows(verb->name, option_table[o].verbs) &&
                                     strlen(option_table[o].option.name) == length - 2 &&
                                     strncmp(option_table[o].option.name, argv[i] + 2, length - 2) == 0))
            o++;
        if (o == OPTION_COUNT)
            return error_set(error, EXIT_USAGE, "%s: unknown option \"%s\"; see `encbench %s --help`", verb->name,
                             argv[i], verb->name);
        if (option_table[o].option.arg == NULL && argv[i][length] == '=')
            return error_set(error, EXIT_USAGE, "%s: option --%s takes no value", verb->name,
                             option_table[o].option.name);
        if (option_table[o].option.arg != NULL && argv[i][length] == '\0' && ++i == argc)
            return error_set(error, EXIT_USAGE, "%s: option --%s wants %s", verb->name, option_table[o].option.name,
                             option_table[o].option.arg);
    }
    return 0;
}

/* For --help and the manual page; README.md has the same lines. */
static const struct {
    int code;
    const char *meaning;
} exit_words[] = {
    {EXIT_PASS, "done; gate: not worse than the base; ab --fail-if-slower: not slower by more"},
    {EXIT_REGRESSION, "gate: worse than the base; ab --fail-if-slower: slower by more"},
    {EXIT_USAGE, "usage or bad input; a module that fails or crashes, in whichever layout; one line says what"},
    {EXIT_UNFIT,
     "run, report, analyse, ab: run invalid, or blind where claims are decided; export: of such a run; run, "
     "report, calibrate, gate: not complete; gate: machine unfit; doctor --strict: noise; ab "
     "--fail-if-slower: that could not have been seen"},
    {EXIT_BLIND, "gate: a planted regression was missed, so that nothing else means anything"},
};

static void print_help(const struct verb *verbs)
{
    printf("encbench %s: compares variants of an implementation, and says when it cannot tell.\n\nUsage: encbench VERB "
           "[OPTION...]\n\n",
           ENCBENCH_VERSION);
    for (const struct verb *verb = verbs; verb->name; verb++) {
        char call[64];
        snprintf(call, sizeof call, "%s %s", verb->name, verb->arguments);
        printf("  %-20s %s\n", call, verb->summary);
    }
    printf("\n`encbench VERB --help` lists the options of a verb; `encbench --manual` is the page for man.\n\n"
           "Exit codes:\n");
    for (size_t i = 0; i < sizeof exit_words / sizeof exit_words[0]; i++)
        printf("  %d  %s\n", exit_words[i].code, exit_words[i].meaning);
}

/* A minus is a dash in roff unless it is escaped, a line may not begin with a dot or an apostrophe, and mandoc wants
 * short ones. */
static void print_roff(const char *text)
{
    enum { LINE_COLUMNS = 60 };
    size_t at = 0;
    for (; *text; text++, at++) {
        if (at == 0 && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        if (*text == '-' || *text == '\\')
            fputs(*text == '-' ? "\\-" : "\\e", stdout);
        else
            putchar(*text == ' ' && at > LINE_COLUMNS ? '\n' : *text);
        if (*text == ' ' && at > LINE_COLUMNS)
            at = (size_t)-1;
    }
}

static void print_manual_options(const char *verb)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct argp_option *option = &option_table[i].option;
        if (!verb_knows(verb, option_table[i].verbs))
            continue;
        printf(".TP\n\\fB\\-\\-");
        print_roff(option->name);
        printf("\\fR");
        if (option->arg)
            printf("=\\fI%s\\fR", option->arg);
        printf("\n");
        print_roff(option->doc);
        printf("\n");
    }
}

/* A page for man(1), from the same tables. Its date is a constant, or every build would have a page of its own. */
#define MANUAL_DATE "2026-11-23"
static void print_manual(const struct verb *verbs)
{
    printf(".TH ENCBENCH 1 \"%s\" \"encbench %s\" \"User Commands\"\n"
           ".SH NAME\nencbench \\- compares variants of an implementation, and says when it cannot tell\n"
           ".SH SYNOPSIS\n\\fBencbench\\fR \\fIVERB\\fR [\\fIOPTION\\fR...]\n.SH DESCRIPTION\n"
           "Times variants against each other in many processes, each with\n"
           "layouts of its own, and decides from confidence intervals;\n"
           "controls that run along say whether the run can be believed.\n.SH VERBS\n",
           MANUAL_DATE, ENCBENCH_VERSION);
    for (const struct verb *verb = verbs; verb->name; verb++) {
        printf(".SS \"%s%s%s\"\n", verb->name, *verb->arguments ? " " : "", verb->arguments);
        print_roff(verb->summary);
        printf("\n");
        print_manual_options(verb->name);
    }
    printf(".SH \"EXIT STATUS\"\n");
    for (size_t i = 0; i < sizeof exit_words / sizeof exit_words[0]; i++) {
        printf(".TP\n%d\n", exit_words[i].code);
        print_roff(exit_words[i].meaning);
        printf("\n");
    }
    printf(".SH FILES\n"
           ".TP\nresults/\nrun directories: CSV files, which list \\-\\-tables explains\n"
           ".TP\nREPORT.md\nwhat report writes\n"
           ".SH EXAMPLES\n"
           ".TP\nencbench report \\-\\-profile quick\nmeasure a little and write the report\n"
           ".TP\nencbench explain 4d\nwhere the verdict of a part comes from\n");
    printf(".SH ENVIRONMENT\n"
           ".TP\nTMPDIR\nwhere temporary files lie, and what is kept of a worker that crashed; else in /tmp\n"
           ".TP\nGITHUB_STEP_SUMMARY\nfile that gate appends its summary to\n"
           ".TP\nGITHUB_ACTIONS\nwhen set, gate annotates lines as GitHub shows them\n"
           ".TP\nSOURCE_DATE_EPOCH\ngiven to the builds of both trees of gate; else the time of the base's commit\n"
           ".TP\nNO_COLOR\nno colours when set and not empty; nor where TERM is dumb\n"
           ".TP\nENCBENCH_PYTHON\nthe Python that draws and writes reports; it must import matplotlib and jinja2\n"
           ".TP\nENCBENCH_CACHE\nwhere gate keeps what it built of other repositories; else below "
           "XDG_CACHE_HOME or HOME/.cache\n"
           ".TP\nENCBENCH_ROOT\nsource tree to take claims.csv and plots from and to write results to\n");
}

/* ---- for a shell's completion ---- */

enum { VALUES_BYTES = 256 };

/* The words that an option takes, with a space between; "" where it takes others. */
static void words_of(size_t option, char words[static VALUES_BYTES])
{
    const int key = option_table[option].option.key;
    words[0] = '\0';
    for (size_t i = 0; i < profile_count && key == KEY_PROFILE; i++)
        snprintf(words + strlen(words), VALUES_BYTES - strlen(words), "%s ", profiles[i].name);
    for (size_t i = 0; i < MEASURE_STATES && key == KEY_STATES; i++)
        snprintf(words + strlen(words), VALUES_BYTES - strlen(words), "%s ", measure_state_words[i]);
    for (size_t t = 0; t < MODULE_THREADS && key == KEY_THREADS; t++)
        snprintf(words + strlen(words), VALUES_BYTES - strlen(words), "%s%u ", t ? "" : "1 ", module_threads[t]);
    for (size_t i = 0; i < FORMATS_COUNT && key == KEY_FORMAT; i++)
        if (verb_knows(known_formats[i].verb, option_table[option].verbs))
            snprintf(words, VALUES_BYTES, "%s", known_formats[i].formats);
    for (char *comma; (comma = strchr(words, ',')) != NULL;)
        *comma = ' ';
}

static void print_completion(int count, char **words, const struct verb *verbs)
{
    struct complete_verb known_verbs[64];
    struct complete_option known_options[OPTION_COUNT];
    char values[OPTION_COUNT][VALUES_BYTES];
    size_t verb_count = 0;
    for (; verbs[verb_count].name && verb_count < sizeof known_verbs / sizeof known_verbs[0]; verb_count++)
        known_verbs[verb_count] = (struct complete_verb){verbs[verb_count].name, verbs[verb_count].arguments};
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct argp_option *option = &option_table[i].option;
        words_of(i, values[i]);
        known_options[i] =
            (struct complete_option){option_table[i].verbs, option->name, option->arg, *values[i] ? values[i] : NULL};
    }
    const struct complete_table table = {known_verbs, verb_count, known_options, OPTION_COUNT};
    complete_print(&table, (const char *const *)words, (size_t)count);
}

static void parse_verb_options(int argc, char **argv, struct parsing *parsing)
{
    struct argp_option list[OPTION_COUNT + 1] = {0};
    size_t count = 0;
    char name[64];
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (verb_knows(parsing->verb->name, option_table[i].verbs))
            list[count++] = option_table[i].option;
    const struct argp argp = {list, parse_option, parsing->verb->arguments, parsing->verb->summary, NULL, NULL, NULL};
    snprintf(name, sizeof name, "encbench %s", parsing->verb->name);
    argp_err_exit_status = EXIT_USAGE;
    argv[1] = name;
    const error_t result = argp_parse(&argp, argc - 1, argv + 1, 0, NULL, parsing);
    if (result != 0 && parsing->error->code == 0)
        error_set(parsing->error, EXIT_USAGE, "%s: %s", parsing->verb->name, strerror(result));
}

static void append(struct options *options, const char *before, const char *text, int text_bytes)
{
    const size_t length = strlen(options->command);
    snprintf(options->command + length, sizeof options->command - length, "%s%.*s", before, text_bytes, text);
}

/* The value of an option (`option`; NULL: none) or a word of its own. A cell holds no comma: each name of a list gets
 * the option of its own. Of what lies elsewhere only the name is kept: run directories are shared. */
static void keep_value(struct options *options, const char *option, bool joined, const char *value)
{
    const int option_bytes = option ? (int)strcspn(option, "=") : 0;
    const bool is_variable = option && strncmp(option, "--setenv", (size_t)option_bytes) == 0;
    char word[PATH_MAX];
    for (const char *at = value, *end; at; at = *end ? end + 1 : NULL) {
        end = option && !is_variable ? at + strcspn(at, ",") : at + strlen(at);
        snprintf(word, sizeof word, "%.*s", (int)(end - at), at);
        if (joined || at != value)
            append(options, " ", option, option_bytes);
        append(options, joined ? "=" : " ", is_variable ? word : paths_shareable(word), PATH_MAX);
    }
}

/* Words are joined by spaces: for people, not for a shell. */
static void keep_command(int argc, char **argv, struct options *options)
{
    append(options, "", "./encbench", PATH_MAX);
    for (int i = 1; i < argc; i++) {
        const bool is_option = strncmp(argv[i], "--", 2) == 0;
        const char *joined = is_option ? strchr(argv[i], '=') : NULL;
        if (joined)
            keep_value(options, argv[i], true, joined + 1);
        else if (is_option)
            append(options, " ", argv[i], PATH_MAX);
        else
            keep_value(options, i > 1 && strncmp(argv[i - 1], "--", 2) == 0 ? argv[i - 1] : NULL, false, argv[i]);
    }
}

const struct verb *options_parse(int argc, char **argv, const struct verb *verbs, struct options *options,
                                 struct error *error)
{
    *options = (struct options){0};
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
        print_help(verbs);
        return NULL;
    }
    if (strcmp(argv[1], "--version") == 0 || (argc == 3 && strcmp(argv[2], "--version") == 0)) {
        version_print();
        return NULL;
    }
    if (strcmp(argv[1], "--manual") == 0) {
        print_manual(verbs);
        return NULL;
    }
    if (strcmp(argv[1], "--complete") == 0) {
        print_completion(argc - 2, argv + 2, verbs);
        return NULL;
    }
    const struct verb *verb = verbs;
    while (verb->name && strcmp(verb->name, argv[1]) != 0)
        verb++;
    if (verb->name == NULL) {
        error_set(error, EXIT_USAGE, "unknown verb \"%s\"; `encbench --help` lists them", argv[1]);
        return NULL;
    }
    if (check_words(argc, argv, verb, error) != 0)
        return NULL;
    keep_command(argc, argv, options);
    struct parsing parsing = {.verb = verb, .options = options, .error = error};
    parse_verb_options(argc, argv, &parsing);
    return error->code == 0 ? verb : NULL;
}
