#include "present/complete.h"

#include "base/process.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MODULES_MAX = 64 };

struct completing {
    const struct complete_table *table;
    const char *const *words; /* the verb first */
    size_t count;
    const char *begun; /* what must begin the word that is offered */
    char before[1024]; /* what stands before it in the same word: names of a list */
};

static void offer(const struct completing *completing, const char *word, size_t length)
{
    if (length > 0 && strncmp(word, completing->begun, strlen(completing->begun)) == 0 &&
        strlen(completing->begun) <= length)
        printf("%s%.*s\n", completing->before, (int)length, word);
}

static void offer_words(const struct completing *completing, const char *words)
{
    for (const char *at = words; *at; at += strspn(at, " ")) {
        const size_t length = strcspn(at, " ");
        offer(completing, at, length);
        at += length;
    }
}

static bool has_word(const char *words, const char *word)
{
    char padded[80], padded_words[160];
    snprintf(padded, sizeof padded, " %s ", word);
    snprintf(padded_words, sizeof padded_words, " %s ", words);
    return strstr(padded_words, padded) != NULL;
}

static bool is_option_of(const struct completing *completing, const struct complete_option *option)
{
    return has_word(option->verbs, completing->words[0]);
}

/* ---- asked elsewhere ---- */

/* Of this program's own list, of the modules on this command line too: the second cell of rows that begin with `kind`.
 * Of a claim's part (4d.1) the claim. */
static void offer_listed(const struct completing *completing, const char *kind, bool events)
{
    const char *command[2 * MODULES_MAX + 8] = {"/proc/self/exe", "list", "--format", "csv"};
    char program[PATH_MAX], begin[16];
    size_t count = 4;
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    command[0] = program;
    if (events)
        command[count++] = "--events";
    for (size_t i = 1; i + 2 < completing->count && !events && count < 2 * MODULES_MAX; i++)
        if (strcmp(completing->words[i], "--module") == 0) {
            command[count++] = "--module";
            command[count++] = completing->words[i + 1];
        }
    char last[64] = "", *text = process_output(command);
    if (text == NULL && !events) { /* a module that is not there yet */
        command[4] = NULL;
        text = process_output(command);
    }
    snprintf(begin, sizeof begin, "%s,", kind);
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n")) != NULL;)
        if (strncmp(line, begin, strlen(begin)) == 0) {
            const char *name = line + strlen(begin);
            const size_t name_length = strcspn(name, strcmp(kind, "claim") == 0 ? ".," : ",");
            if (name_length >= sizeof last || strncmp(last, name, name_length) != 0 || last[name_length] != '\0')
                offer(completing, name, name_length);
            snprintf(last, sizeof last, "%.*s", (int)name_length, name);
        }
    free(text);
}

static void offer_revisions(const struct completing *completing)
{
    const char *const command[] = {
        "git", "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags", NULL};
    char *text = process_output(command);
    offer(completing, "HEAD", strlen("HEAD"));
    for (char *rest = text, *line; rest && (line = strsep(&rest, "\n")) != NULL;)
        offer(completing, line, strlen(line));
    free(text);
}

/* Of this directory and of results/ in it. */
static void offer_runs(const struct completing *completing)
{
    static const char *const places[] = {".", "results"};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        DIR *stream = opendir(places[i]);
        for (struct dirent *entry; stream && (entry = readdir(stream)) != NULL;) {
            char path[PATH_MAX], file[PATH_MAX + 16];
            snprintf(path, sizeof path, "%s%s%s", i ? places[i] : "", i ? "/" : "", entry->d_name);
            snprintf(file, sizeof file, "%s/run.csv", path);
            if (entry->d_name[0] != '.' && access(file, R_OK) == 0)
                offer(completing, path, strlen(path));
        }
        if (stream)
            closedir(stream);
    }
    puts(":directories");
}

/* ---- by what --help calls it ---- */

static void offer_list(const struct completing *completing, const char *option)
{
    if (strcmp(option, "events") == 0)
        offer_listed(completing, "event", true);
    else
        offer_listed(completing, strcmp(option, "workloads") == 0 ? "workload" : "variant", false);
    puts(":nospace");
}

static void offer_value(const struct completing *completing, const struct complete_option *option)
{
    static const char anything[] = "N K MINUTES PERCENT NAME=VALUE COMMAND WORDS";
    const char *argument = option->argument;
    if (option->values) {
        offer_words(completing, option->values);
        if (strchr(argument, ','))
            puts(":nospace");
    } else if (strcmp(argument, "FILE") == 0 || strcmp(argument, "PATH") == 0)
        puts(":files");
    else if (strcmp(argument, "DIR") == 0 || strcmp(argument, "DIR,DIR") == 0)
        offer_runs(completing);
    else if (strcmp(argument, "REV") == 0) {
        offer_revisions(completing);
        puts(":directories");
    } else if (strcmp(argument, "VARIANT") == 0)
        offer_listed(completing, "variant", false);
    else if (strcmp(argument, "A,B") == 0)
        offer_list(completing, option->name);
    else if (!has_word(anything, argument))
        printf(":unknown %s\n", argument);
}

/* The option whose value is being written; NULL where none is. */
static const struct complete_option *option_before(const struct completing *completing)
{
    const struct complete_table *table = completing->table;
    size_t at = completing->count - 1;
    const bool behind_equals = at >= 2 && strcmp(completing->words[at - 1], "=") == 0;
    const bool at_equals = strcmp(completing->words[at], "=") == 0;
    if (at < (behind_equals ? 3 : 2))
        return NULL;
    at -= behind_equals ? 2 : 1;
    for (size_t i = 0; i < table->option_count && strncmp(completing->words[at], "--", 2) == 0; i++)
        if (is_option_of(completing, &table->options[i]) &&
            strcmp(table->options[i].name, completing->words[at] + 2) == 0)
            return table->options[i].argument || behind_equals || at_equals ? &table->options[i] : NULL;
    return NULL;
}

static void offer_options(const struct completing *completing)
{
    const struct complete_table *table = completing->table;
    char word[80];
    for (size_t i = 0; i < table->option_count; i++)
        if (is_option_of(completing, &table->options[i])) {
            snprintf(word, sizeof word, "--%s", table->options[i].name);
            offer(completing, word, strlen(word));
        }
    offer(completing, "--help", strlen("--help"));
}

static void offer_arguments(const struct completing *completing, const char *arguments)
{
    size_t words_before = 0;
    for (size_t i = 1; i + 1 < completing->count; i++)
        words_before += completing->words[i][0] != '-';
    if (words_before == 0 && (has_word(arguments, "CLAIM") || has_word(arguments, "WHAT")))
        offer_listed(completing, "claim", false);
    else if (strstr(arguments, "DIR"))
        offer_runs(completing);
    else if (*arguments)
        puts(":files");
}

/* A list is completed behind its last comma. */
static void cut_list(struct completing *completing)
{
    const char *comma = strrchr(completing->begun, ',');
    if (comma == NULL || (size_t)(comma + 1 - completing->begun) >= sizeof completing->before)
        return;
    snprintf(completing->before, sizeof completing->before, "%.*s", (int)(comma + 1 - completing->begun),
             completing->begun);
    completing->begun = comma + 1;
}

void complete_print(const struct complete_table *table, const char *const *words, size_t count)
{
    struct completing completing = {.table = table, .words = words, .count = count, .begun = ""};
    size_t v = 0;
    if (count > 0)
        completing.begun = words[count - 1];
    if (count <= 1) {
        for (v = 0; v < table->verb_count; v++)
            offer(&completing, table->verbs[v].name, strlen(table->verbs[v].name));
        offer_words(&completing, "--help --version --manual");
        return;
    }
    while (v < table->verb_count && strcmp(table->verbs[v].name, words[0]) != 0)
        v++;
    if (v == table->verb_count)
        return;
    const struct complete_option *option = option_before(&completing);
    if (strcmp(completing.begun, "=") == 0)
        completing.begun = "";
    if (option && option->argument) {
        if (strchr(option->argument, ','))
            cut_list(&completing);
        offer_value(&completing, option);
    } else if (option == NULL && completing.begun[0] == '-')
        offer_options(&completing);
    else if (option == NULL)
        offer_arguments(&completing, table->verbs[v].arguments);
}
