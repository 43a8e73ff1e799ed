/* What conformance_codec_levels.c takes of cmocka, for a machine that has none: the first failure ends the program. */
#ifndef CONFORMANCE_PLAIN_CMOCKA_H
#define CONFORMANCE_PLAIN_CMOCKA_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define fail_msg(...)                    (printf("%s:%d: ", __FILE__, __LINE__), printf(__VA_ARGS__), putchar('\n'), exit(1))
#define print_message(...)               printf(__VA_ARGS__)
#define assert_true(condition)           ((condition) ? (void)0 : fail_msg("%s does not hold", #condition))
#define assert_int_equal(a, b)           assert_true((a) == (b))
#define assert_string_equal(a, b)        assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, bytes) assert_true(memcmp(a, b, bytes) == 0)

struct CMUnitTest {
    void (*run)(void **state);
};
#define cmocka_unit_test(function)                                                                                     \
    {                                                                                                                  \
        function                                                                                                       \
    }

static inline int plain_run(const struct CMUnitTest *tests, size_t count, int (*set_up)(void **state))
{
    void *state = NULL;

    if (set_up(&state) != 0)
        return 1;
    for (size_t i = 0; i < count; i++)
        tests[i].run(&state);
    return 0;
}
#define cmocka_run_group_tests(tests, set_up, tear_down) plain_run(tests, sizeof tests / sizeof tests[0], set_up)

#endif
