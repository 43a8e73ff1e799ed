/* The classes of variants/classes_fitted.h are those that waste least on the trace that they are fitted to; and what
 * every table wastes on both traces that are shipped. */
#include "classes_fitted.h"
#include "stats/fit.h"
#include "trace_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint64_t fitted4[] = {ENCBUF_FITTED4}, fitted8[] = {ENCBUF_FITTED8}, fitted16[] = {ENCBUF_FITTED16};

static int in_order(const void *a, const void *b)
{
    const uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

/* Bytes that buffers are asked for, in ascending order; malloc'ed. */
static uint32_t *sizes_of(const char *trace, size_t *count)
{
    char path[4096], message[8192] = "";
    struct trace_file file;
    snprintf(path, sizeof path, "%s/../workloads/traces/%s.csv", TEST_SOURCE_DIR, trace);
    if (trace_file_read(path, &file, message, sizeof message) != 0)
        fail_msg("%s", message);
    uint32_t *sizes = malloc(file.call_count * sizeof *sizes);
    for (size_t i = 0; i < file.call_count; i++)
        sizes[i] =
            (uint32_t)codec_encoded_bytes((enum codec_encoding)file.calls[i].encoding, file.calls[i].input_bytes);
    *count = file.call_count;
    trace_file_free(&file);
    qsort(sizes, *count, sizeof *sizes, in_order);
    return sizes;
}

/* In percent of what is asked for; of those that a class serves. */
static double waste_percent(const char *trace, const uint64_t *classes, size_t class_count, size_t *above)
{
    size_t count;
    uint32_t *sizes = sizes_of(trace, &count);
    struct fit fit = {0};
    *above = 0;
    for (size_t i = 0; i < count; i++) {
        size_t class_index = 0;
        while (class_index < class_count && classes[class_index] < sizes[i])
            class_index++;
        if (class_index == class_count) {
            (*above)++;
            continue;
        }
        fit.asked_bytes += sizes[i];
        fit.handed_out_bytes += classes[class_index];
    }
    free(sizes);
    return fit_waste_percent(&fit);
}

static void check_fitted(const uint64_t *classes, size_t k)
{
    struct fit_class best[FIT_CLASSES_MAX];
    struct fit fit;
    size_t count, above;
    uint32_t *sizes = sizes_of("webpack-build", &count);
    assert_true(fit_classes(sizes, count, k, best, &fit));
    free(sizes);
    assert_int_equal(fit.count, k);
    for (size_t i = 0; i < k; i++)
        assert_int_equal(classes[i], best[i].bytes);
    assert_float_equal(waste_percent("webpack-build", classes, k, &above), fit_waste_percent(&fit), 1e-9);
    assert_int_equal(above, 0);
}

static void tables_are_the_best(void **state)
{
    (void)state;
    check_fitted(fitted4, 4);
    check_fitted(fitted8, 8);
    check_fitted(fitted16, 16);
}

static void what_they_waste(void **state)
{
    (void)state;
    size_t above;
    assert_float_equal(waste_percent("webpack-build", fitted4, 4, &above), 2.1186, 1e-4);
    assert_float_equal(waste_percent("webpack-build", fitted8, 8, &above), 0.6128, 1e-4);
    assert_float_equal(waste_percent("webpack-build", fitted16, 16, &above), 0.1102, 1e-4);
    assert_float_equal(waste_percent("npm-install", fitted4, 4, &above), 5463.27, 1e-2); /* of the other trace */
    assert_float_equal(waste_percent("npm-install", fitted8, 8, &above), 2126.21, 1e-2);
    assert_float_equal(waste_percent("npm-install", fitted16, 16, &above), 2126.21, 1e-2);
}

/* Why none is fitted to npm-install: four sizes, and nothing of the other trace would have a class. */
static void npm_asks_for_four_sizes(void **state)
{
    (void)state;
    struct fit_class best[FIT_CLASSES_MAX];
    struct fit fit;
    size_t count, above;
    uint32_t *sizes = sizes_of("npm-install", &count);
    assert_true(fit_classes(sizes, count, 16, best, &fit));
    free(sizes);
    assert_int_equal(fit.count, 4);
    assert_true(fit_waste_percent(&fit) == 0);
    const uint64_t classes[] = {best[0].bytes, best[1].bytes, best[2].bytes, best[3].bytes};
    waste_percent("webpack-build", classes, 4, &above);
    assert_int_equal(above, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_the_best),
        cmocka_unit_test(what_they_waste),
        cmocka_unit_test(npm_asks_for_four_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
