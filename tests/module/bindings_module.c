/*
 * A module with functions and variables that others have too, all visible by default. Chosen at compile time:
 * BINDINGS_VARIANT its name; BINDINGS_WORK what its bodies do, so that two modules have different ones; BINDINGS_CRC32,
 * _STRLEN, _QSORT, _ENVIRON, _FLOOR, _BOTH, _THREAD which symbols it has; BINDINGS_CC a second part in C++
 * (bindings_module.cc), linked with this one; BINDINGS_NEEDS a library it names as needed, and BINDINGS_LOADED the file
 * of a library that has to be there; BINDINGS_LACKS and BINDINGS_LENDS a symbol of others. Its figures say which body
 * ran, in passes of one arm; a set-up that meets another's body fails, in every process.
 */
#define _GNU_SOURCE
#include "../test_module.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef BINDINGS_WORK
#define BINDINGS_WORK 1
#endif

#ifdef BINDINGS_NEEDS
__asm__(".pushsection .encbench.needs,\"\",%progbits\n" BINDINGS_NEEDS "\n\t.popsection");
#endif

#ifdef BINDINGS_CRC32
unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length);
unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length)
{
    for (int round = 0; round < BINDINGS_WORK; round++)
        for (unsigned i = 0; i < length; i++)
            crc += bytes[i];
    return crc;
}
#else
static unsigned long crc32(unsigned long crc, const unsigned char *bytes, unsigned length)
{
    return crc + BINDINGS_WORK + (bytes[length - 1] - 1);
}
#endif

#ifdef BINDINGS_STRLEN
size_t strlen(const char *text)
{
    return 4242 * BINDINGS_WORK + (*text == '\0');
}
#endif

#ifdef BINDINGS_QSORT
static int sorts;
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    (void)base, (void)count, (void)size, (void)compare;
    sorts += BINDINGS_WORK;
}
static int compare_nothing(const void *a, const void *b)
{
    (void)a, (void)b;
    return 0;
}
#endif

#ifdef BINDINGS_ENVIRON
static char *own_environment[] = {"OWN=" ENCBENCH_STRING(BINDINGS_WORK), NULL};
char **environ = own_environment;
#endif

#ifdef BINDINGS_FLOOR
double floor(double value);
double floor(double value)
{
    return value + BINDINGS_WORK;
}
#endif

#ifdef BINDINGS_BOTH
extern int bindings_both;
int bindings_both = BINDINGS_WORK;
#endif

#ifdef BINDINGS_THREAD
extern __thread int bindings_thread;
__thread int bindings_thread = BINDINGS_WORK;
#endif

#ifdef BINDINGS_CC
extern int bindings_cc(const char **wrong, int work);
#endif

#ifdef BINDINGS_LACKS
extern int bindings_lent __attribute__((weak));
#endif

#ifdef BINDINGS_LENDS
extern int bindings_lent;
int bindings_lent = BINDINGS_WORK;
__attribute__((constructor)) static void lend(void)
{
    Dl_info info;
    if (dladdr(&bindings_lent, &info))
        dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
}
#endif

/* The first that is not its own; NULL: none. */
static const char *somebody_elses(void)
{
    static const unsigned char ones[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
#ifdef BINDINGS_CRC32
    if (crc32(0, ones, sizeof ones) != 10 * BINDINGS_WORK)
        return "crc32";
#else
    (void)ones;
#endif
#ifdef BINDINGS_STRLEN
    if (strlen("abc") != 4242 * BINDINGS_WORK)
        return "strlen";
#endif
#ifdef BINDINGS_QSORT
    sorts = 0;
    qsort(NULL, 0, 1, compare_nothing);
    if (sorts != BINDINGS_WORK)
        return "qsort";
#endif
#ifdef BINDINGS_ENVIRON
    if (environ != own_environment)
        return "environ";
#endif
#ifdef BINDINGS_FLOOR
    if (floor(0) != BINDINGS_WORK)
        return "floor";
#endif
#ifdef BINDINGS_BOTH
    if (bindings_both != BINDINGS_WORK)
        return "bindings_both";
#endif
#ifdef BINDINGS_THREAD
    if (bindings_thread != BINDINGS_WORK)
        return "bindings_thread";
#endif
#ifdef BINDINGS_LACKS
    if (&bindings_lent)
        return "bindings_lent";
#endif
#ifdef BINDINGS_LOADED
    if (dlopen(BINDINGS_LOADED, RTLD_NOW | RTLD_NOLOAD) == NULL)
        return BINDINGS_LOADED;
#endif
#ifdef BINDINGS_CC
    const char *wrong = NULL;
    bindings_cc(&wrong, BINDINGS_WORK);
    return wrong;
#endif
    return NULL;
}

static int set_up(struct encbench_host *host, uint64_t seed, void **state, char *message, size_t message_bytes)
{
    const char *wrong = somebody_elses();
    (void)seed;
    *state = host;
    if (wrong)
        snprintf(message, message_bytes, "%s is somebody else's", wrong);
    return wrong != NULL;
}

static uint64_t run(void *state, unsigned thread, uint64_t n)
{
    uint64_t value = thread;
    (void)state;
    for (uint64_t i = 0; i < n; i++)
        ENCBENCH_DEPENDENT_ADDS(value, 40);
    return n;
}

static size_t metrics(struct encbench_host *host, uint64_t seed, struct encbench_metric *found)
{
    static const unsigned char one = 1;
    size_t count = 0;
    (void)host, (void)seed;
    found[count++] = (struct encbench_metric){"crc32_of_one", (double)crc32(0, &one, 1)};
    found[count++] = (struct encbench_metric){"others_count", somebody_elses() != NULL};
#ifdef BINDINGS_CC
    const char *wrong = NULL;
    found[count++] = (struct encbench_metric){"cc_sum", bindings_cc(&wrong, BINDINGS_WORK)};
#endif
    return count;
}

static const struct encbench_workload workloads[] = {{
    .name = "bound:adds=40",
    .short_name = "bound",
    .op = "40 dependent additions",
    .bytes_per_op = 1,
    .batch_multiple_ops = 1,
    .rewarm_ops = 2,
    .threads_max = 1,
    .flags = ENCBENCH_TIMED | ENCBENCH_EXACT | ENCBENCH_COUNTED,
    .digest = digest_of_seed,
    .setup = set_up,
    .run = run,
    .teardown = tear_down_nothing,
    .metrics = metrics,
}};

TEST_MODULE(BINDINGS_VARIANT);
