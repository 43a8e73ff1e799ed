/*
 * Which revision a run directory names: that of the sources, or none.
 */
#include "module/provenance.h"

#include "base/environment.h"
#include "base/process.h"
#include "base/scratch.h"
#include "schema.h"
#include "store/run_directory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char scratch[PATH_MAX], revision[64];

/* Two repositories; beneath one a directory that is not in it. */
static const char make[] =
    "cd \"$1\" && export GIT_CONFIG_NOSYSTEM=1 HOME=\"$1\" && for name in ours others; do mkdir $name && "
    "(cd $name && git init -q && mkdir sub && echo x >CMakeLists.txt && echo $name >text && git add . && "
    "git -c user.name=t -c user.email=t@example.org commit -qm $name) || exit 1; done && "
    "mkdir others/unpacked && echo x >others/unpacked/CMakeLists.txt && git -C ours rev-parse HEAD";

static int set_up(void **state)
{
    (void)state;
    struct error error = {0};
    unsetenv("GIT_DIR");
    if (scratch_make(scratch, &error) != 0)
        return -1;
    const char *const command[] = {"sh", "-c", make, "sh", scratch, NULL};
    char *text = process_output(command);
    snprintf(revision, sizeof revision, "%s", text ? text : "");
    free(text);
    return strlen(revision) == 40 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    scratch_remove(scratch);
    return 0;
}

/* run.csv's facts about the sources in a directory below the scratch directory. */
static void expect(const char *directory, const char *wanted_revision, const char *wanted_dirty)
{
    static char *no_shared[] = {NULL};
    const struct module_set set = {.shared = no_shared};
    struct paths paths = {0};
    struct csv_writer *writer;
    struct csv_data run = {0};
    struct error error = {0};
    char path[PATH_MAX];
    snprintf(paths.root, sizeof paths.root, "%.3900s/%s", scratch, directory);
    snprintf(path, sizeof path, "%.3900s/run.csv", scratch);
    assert_int_equal(csv_writer_open(&writer, path, &schema_run, CSV_REPLACE, &error), 0);
    provenance_write(writer, &paths, &set);
    assert_int_equal(csv_writer_close(writer, &error), 0);
    assert_int_equal(csv_read(path, &schema_run, &run, &error), 0);
    assert_string_equal(run_directory_fact(&run, "git_revision"), wanted_revision);
    assert_string_equal(run_directory_fact(&run, "git_dirty"), wanted_dirty);
    csv_free(&run);
}

static void the_sources_have_a_revision(void **state)
{
    (void)state;
    expect("ours", revision, "no");
}

static void a_hook_of_another_repository_does_not_lend_its_own(void **state)
{
    (void)state;
    char other[PATH_MAX];
    snprintf(other, sizeof other, "%.3900s/others/.git", scratch);
    setenv("GIT_DIR", other, 1);
    setenv("GIT_INDEX_FILE", "/no/such/index", 1);
    struct error error = {0};
    assert_int_equal(environment_begin(&error), 0);
    expect("ours", revision, "no");
}

static void what_was_unpacked_in_a_repository_is_not_of_it(void **state)
{
    (void)state;
    expect("others/unpacked", "", "");
}

/* Written down beside it when it was installed; in a repository or not. */
static void an_installed_program_is_of_what_it_was_installed_from(void **state)
{
    (void)state;
    struct paths paths = {.installed = true};
    struct provenance_revision found;
    char path[PATH_MAX + 32];
    snprintf(paths.root, sizeof paths.root, "%.3900s/ours", scratch);
    provenance_find_revision(&paths, &found);
    assert_string_equal(found.commit, "");
    assert_string_equal(found.dirty, "");
    snprintf(path, sizeof path, "%s/installed.csv", paths.root);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs("key,value\nhow,Debian package\nrevision,0123456789abcdef\ndirty,yes\n", stream);
    fclose(stream);
    provenance_find_revision(&paths, &found);
    unlink(path);
    assert_string_equal(found.how, "Debian package");
    assert_string_equal(found.commit, "0123456789abcdef");
    assert_string_equal(found.dirty, "yes");
}

static void a_foreign_owner_is_named_with_its_remedy(void **state)
{
    (void)state;
    char complaint[PROVENANCE_COMPLAINT_BYTES], directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%.3900s/ours", scratch);
    provenance_git_complaint(directory, complaint);
    assert_string_equal(complaint, "");
    setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", 1); /* git's own, for its tests */
    expect("ours", "", "");
    provenance_git_complaint(directory, complaint);
    unsetenv("GIT_TEST_ASSUME_DIFFERENT_OWNER");
    assert_non_null(strstr(complaint, "dubious ownership"));
    assert_non_null(strstr(complaint, "; git config --global --add safe.directory "));
    assert_null(strchr(complaint, '\n'));
}

/* What a run directory says is asked for again, unless the command line asked for something. */
static void an_environment_comes_back_from_a_run_directory(void **state)
{
    (void)state;
    const char *const variables[] = {"A=1,\"2\" %", "EMPTY=", NULL}, *const other[] = {"B=1", NULL};
    static char *no_shared[] = {NULL};
    const struct module_set set = {.shared = no_shared};
    struct paths paths = {.installed = true};
    struct csv_writer *writer;
    struct csv_data run = {0};
    struct error error = {0};
    char path[PATH_MAX], words[ENVIRONMENT_WORDS_BYTES];
    snprintf(path, sizeof path, "%.3900s/run.csv", scratch);
    assert_int_equal(environment_ask(NULL, variables, &error), 0);
    snprintf(words, sizeof words, "%s", environment_words());
    assert_int_equal(csv_writer_open(&writer, path, &schema_run, CSV_REPLACE, &error), 0);
    provenance_write(writer, &paths, &set);
    assert_int_equal(csv_writer_close(writer, &error), 0);
    assert_int_equal(csv_read(path, &schema_run, &run, &error), 0);
    assert_int_equal(environment_ask(NULL, NULL, &error), 0);
    assert_int_equal(provenance_ask_environment(&run, &error), 0);
    assert_string_equal(environment_words(), words);
    assert_memory_equal(environment_asked()->variables, "A=1,\"2\" %\0EMPTY=\0", sizeof "A=1,\"2\" %\0EMPTY=\0");
    assert_int_equal(environment_ask(NULL, other, &error), 0);
    assert_int_equal(provenance_ask_environment(&run, &error), 0);
    assert_string_equal(environment_words(), "setenv=B=1");
    assert_int_equal(environment_ask(NULL, NULL, &error), 0);
    csv_free(&run);
}

int main(void)
{
    const char *const version[] = {"git", "--version", NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sources_have_a_revision),
        cmocka_unit_test(a_hook_of_another_repository_does_not_lend_its_own),
        cmocka_unit_test(what_was_unpacked_in_a_repository_is_not_of_it),
        cmocka_unit_test(an_environment_comes_back_from_a_run_directory),
        cmocka_unit_test(an_installed_program_is_of_what_it_was_installed_from),
        cmocka_unit_test(a_foreign_owner_is_named_with_its_remedy),
    };
    char *found = process_output(version);
    free(found);
    if (found == NULL)
        return 77;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
