/*
 * Conformance of one variant, built once for every line of variants.txt from the very source that is timed (module.c),
 * with the very same axis macros. What an axis level promises is checked by the variants that have it.
 *
 * malloc and free of that source are wrapped at link time, so that live blocks, requests and exact sizes are counted
 * without asking the allocator.
 */
#include "module.c"

#include "conformance_oracle.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define INPUT_BYTES ((size_t)16 << 20)
#define KIB         ((size_t)1 << 10)
#define MIB         ((size_t)1 << 20)

/* Counting what the variant asks of malloc. */

void *__real_malloc(size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__real_aligned_alloc(size_t alignment, size_t bytes);
void *__wrap_aligned_alloc(size_t alignment, size_t bytes);
void __wrap_free(void *memory);

static _Atomic long live_blocks, requests;
static _Atomic size_t last_request_bytes;
static _Atomic int64_t requested_bytes;

static int64_t requested_bytes_so_far(void)
{
    return requested_bytes;
}

void *__wrap_malloc(size_t bytes)
{
    live_blocks++;
    requests++;
    last_request_bytes = bytes;
    requested_bytes += (int64_t)bytes;
    return __real_malloc(bytes);
}

void *__wrap_realloc(void *memory, size_t bytes)
{
    if (memory == NULL)
        live_blocks++;
    return __real_realloc(memory, bytes);
}

void *__wrap_aligned_alloc(size_t alignment, size_t bytes)
{
    live_blocks++;
    requests++;
    last_request_bytes = bytes;
    requested_bytes += (int64_t)bytes;
    return __real_aligned_alloc(alignment, bytes);
}

void __wrap_free(void *memory)
{
    if (memory != NULL)
        live_blocks--;
    __real_free(memory);
}

static unsigned char *input;
static struct encbench_host host;

/* Beside this program's directory where it stands among the modules, which may be installed anywhere; else in the build
 * tree. */
static const char *data_directory(void)
{
    static char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof "/../data");

    if (length <= 0)
        return TEST_DATA_DIRECTORY;
    path[length] = '\0';
    strcpy(strrchr(path, '/'), "/../data");
    return access(path, R_OK) == 0 ? path : TEST_DATA_DIRECTORY;
}

static int group_setup(void **state)
{
    uint32_t random = 7;

    (void)state;
    input = __real_malloc(INPUT_BYTES);
    if (input == NULL)
        return -1;
    for (size_t i = 0; i < INPUT_BYTES; i++) {
        random = random * 1664525u + 1013904223u;
        input[i] = (unsigned char)(random >> 24);
    }
    host = (struct encbench_host){
        .abi_version = ENCBENCH_ABI_VERSION,
        .host_bytes = sizeof host,
        .input = input,
        .input_bytes = INPUT_BYTES,
        .allocated_bytes = requested_bytes_so_far,
        .data_directory = data_directory(),
        .ring = input,
        .ring_stride_bytes = INPUT_BYTES,
        .thread_count = 1,
    };
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    __real_free(input);
    return 0;
}

/* Around every test: the pool is there, and afterwards no block is left. */

static int pool_setup(void **state)
{
    static long before;

    before = live_blocks;
    *state = &before;
    encbuf_pool_setup();
    return 0;
}

static int pool_teardown(void **state)
{
    encbuf_pool_teardown();
    if (live_blocks == *(long *)*state)
        return 0;
    print_error("%ld blocks before, %ld after teardown\n", *(long *)*state, (long)live_blocks);
    return -1;
}

#ifndef ENCBUF_POOL_DIRECT

static const size_t sizes[] = {
    0, 1, 2047, 2048, 8 * KIB, 8 * KIB + 1, 64 * KIB, 64 * KIB + 1, 2 * MIB, 2 * MIB + 1, 10 * MIB, 10 * MIB + 1};
#define SIZE_COUNT (sizeof sizes / sizeof sizes[0])

/* What get must give: the classes written out again, or exactly what is asked. */
static size_t expected_capacity(size_t size)
{
#ifdef ENCBUF_CLASSES_FINE
    for (size_t quarter = 16; quarter <= 2 * MIB; quarter *= 2)
        for (size_t quarters = 4; quarters < 8 && quarter * quarters <= 10 * MIB; quarters++)
            if (size <= quarter * quarters)
                return quarter * quarters;
#elif defined(ENCBUF_CLASSES_FITTED8)
    static const size_t fitted[] = {1964, 8136, 11704, 14492, 21464, 25196, 29656, 7439964};

    for (size_t i = 0; i < sizeof fitted / sizeof fitted[0]; i++)
        if (size <= fitted[i])
            return fitted[i];
#elif !defined(ENCBUF_CLASSES_NA)
#ifdef ENCBUF_CLASSES_THREE
    static const size_t kib[] = {64, 2048, 10240};
#else
    static const size_t kib[] = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 10240};
#endif

    for (size_t i = 0; i < sizeof kib / sizeof kib[0]; i++)
        if (size <= kib[i] * KIB)
            return kib[i] * KIB;
#endif
    return size;
}

static void test_get_hands_out_a_fresh_buffer(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct encbuf frame, *buffer = encbuf_get(&frame, sizes[i]);

        assert_int_equal(encbuf_refs_count(buffer), 1);
        assert_false(encbuf_refs_released(buffer));
        assert_int_equal(buffer->length, sizes[i]);
        assert_int_equal(buffer->capacity, expected_capacity(sizes[i]));
        assert_non_null(buffer->data);
        memset(buffer->data, 0x5a, buffer->capacity);
#if defined(ENCBUF_ASSIGNS_MMAP_RES)
        assert_ptr_equal(buffer->mmap_res, encbuf_source);
#elif defined(ENCBUF_HAS_MMAP_RES)
        assert_null(buffer->mmap_res);
#endif
        encbuf_put(buffer);
    }
}

static void test_every_class_boundary(void **state)
{
    static const size_t kib[] = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 10240};

    (void)state;
    for (size_t i = 0; i < sizeof kib / sizeof kib[0]; i++) {
        for (size_t size = kib[i] * KIB - 1; size <= kib[i] * KIB + 1; size++) {
            struct encbuf frame, *buffer = encbuf_get(&frame, size);

            assert_int_equal(buffer->length, size);
            assert_int_equal(buffer->capacity, expected_capacity(size));
            encbuf_put(buffer);
        }
    }
}

/* Every boundary of `fine`; the other tables must not care. */
static void test_every_quarter_of_a_doubling(void **state)
{
    (void)state;
    for (size_t quarter = 16; quarter <= 2 * MIB; quarter *= 2) {
        for (size_t size = 4 * quarter; size < 8 * quarter; size += quarter) {
            for (size_t near = size - 1; near <= size + 1; near++) {
                struct encbuf frame, *buffer = encbuf_get(&frame, near);

                assert_int_equal(buffer->capacity, expected_capacity(near));
                encbuf_put(buffer);
            }
        }
    }
}

static void test_reused_buffer_is_fresh_again(void **state)
{
    struct encbuf frame, *buffer;

    (void)state;
    for (size_t size = 100; size < 110; size++) {
        buffer = encbuf_get(&frame, size);
        assert_int_equal(encbuf_refs_count(buffer), 1);
        assert_false(encbuf_refs_released(buffer));
        assert_int_equal(buffer->length, size);
        encbuf_retain(buffer);
        encbuf_put(buffer);
        encbuf_put(buffer);
    }
}

static void mark_released(struct encbuf *buffer, bool released)
{
#ifdef ENCBUF_REFS_ONE_WORD
    buffer->refs = (buffer->refs & ~ENCBUF_REFS_DEAD) | (released ? ENCBUF_REFS_DEAD : 0);
#else
    buffer->released = released;
#endif
}

static void test_put_of_a_released_buffer_returns_at_once(void **state)
{
    struct encbuf frame, *buffer = encbuf_get(&frame, 100);
    long before = live_blocks;

    (void)state;
    mark_released(buffer, true); /* by hand: an unpooled structure is gone after its last put */
    encbuf_put(buffer);
    assert_int_equal(encbuf_refs_count(buffer), 1);
    assert_true(encbuf_refs_released(buffer));
    assert_int_equal(live_blocks, before);
    mark_released(buffer, false);
    encbuf_put(buffer);
}

static void test_retained_buffer_survives_the_first_put(void **state)
{
    struct encbuf frame, other_frame, *buffer = encbuf_get(&frame, 100), *other;

    (void)state;
    encbuf_retain(buffer);
    assert_int_equal(encbuf_refs_count(buffer), 2);
    encbuf_put(buffer);
    assert_int_equal(encbuf_refs_count(buffer), 1);
    assert_false(encbuf_refs_released(buffer));
    buffer->data[99] = 1;
    other = encbuf_get(&other_frame, 100);
    assert_ptr_not_equal(other, buffer);
    assert_ptr_not_equal(other->data, buffer->data);
    encbuf_put(other);
    encbuf_put(buffer);
}

#ifdef ENCBUF_HAS_MMAP_RES

#define PAGE_BYTES 4096

/* A page of a real file. */
static struct mapping *map_page(void)
{
    int file = mapping_file_create(PAGE_BYTES);
    struct mapping *mapping;

    assert_true(file >= 0);
    mapping = mapping_create(file, PAGE_BYTES);
    assert_non_null(mapping);
    assert_int_equal(mapping_file_mapped_bytes(file), PAGE_BYTES);
    close(file);
    return mapping;
}

static bool is_mapped(void *address, size_t bytes)
{
    return msync(address, bytes, MS_ASYNC) == 0;
}

#endif

#if defined(ENCBUF_HAS_MMAP_RES) && !defined(ENCBUF_ASSIGNS_MMAP_RES)

static void test_put_releases_the_mapping(void **state)
{
    struct encbuf frame, *buffer = encbuf_get(&frame, 100);
    struct mapping *mapping = map_page();
    void *address = mapping->address;

    (void)state;
    mapping_retain(mapping); /* one for the buffer, one for the test */
    buffer->mmap_res = mapping;
    encbuf_retain(buffer);
    encbuf_put(buffer);
    assert_int_equal(mapping->refs, 2); /* not the last reference to the buffer */
    assert_ptr_equal(buffer->mmap_res, mapping);
    encbuf_put(buffer);
    assert_int_equal(mapping->refs, 1);
    assert_true(is_mapped(address, PAGE_BYTES));
    mapping_release(mapping);
    assert_false(is_mapped(address, PAGE_BYTES));

    buffer = encbuf_get(&frame, 100);
    assert_null(buffer->mmap_res);
    buffer->mmap_res = map_page();
    address = buffer->mmap_res->address;
    encbuf_put(buffer);
    assert_false(is_mapped(address, PAGE_BYTES));
}

#endif

#ifdef ENCBUF_MMAP_RES_ASSIGNED

static void test_get_assigns_and_the_last_put_releases(void **state)
{
    struct mapping *first = map_page(), *second = map_page();
    void *address = first->address;
    struct encbuf *buffer;

    (void)state;
    encbuf_source_set(first);
    buffer = encbuf_get(NULL, 100);
    assert_ptr_equal(buffer->mmap_res, first);
    assert_int_equal(first->refs, 2);
    encbuf_source_set(second); /* of no consequence to a buffer that is out already */
    encbuf_retain(buffer);
    encbuf_put(buffer);
    assert_int_equal(first->refs, 2);
    mapping_release(first);
    assert_true(is_mapped(address, PAGE_BYTES)); /* the buffer's reference is left */
    encbuf_put(buffer);
    assert_false(is_mapped(address, PAGE_BYTES));
    assert_null(buffer->mmap_res);

    assert_ptr_equal(encbuf_get(NULL, 100), buffer);
    assert_ptr_equal(buffer->mmap_res, second);
    encbuf_source_set(NULL);
    encbuf_put(buffer);
    assert_int_equal(second->refs, 1);
    mapping_release(second);
}

#endif

#ifdef ENCBUF_MMAP_RES_RETAINED

static void test_a_pooled_buffer_retains_its_first_mapping(void **state)
{
    struct mapping *first = map_page(), *second = map_page();
    void *address = first->address;
    struct encbuf *buffer;

    encbuf_source_set(first);
    buffer = encbuf_get(NULL, 100);
    assert_int_equal(first->refs, 2);
    mapping_release(first);
    encbuf_source_set(second);
    for (int i = 0; i < 3; i++) {
        encbuf_put(buffer);
        assert_true(is_mapped(address, PAGE_BYTES));
        assert_ptr_equal(buffer->mmap_res, first);
        assert_ptr_equal(encbuf_get(NULL, 100), buffer);
        assert_int_equal(first->refs, 1);
        assert_int_equal(second->refs, 1);
    }
    encbuf_put(buffer);
    encbuf_source_set(NULL);
    encbuf_pool_teardown(); /* or the process would leak what the pool retained */
    assert_false(is_mapped(address, PAGE_BYTES));
    mapping_release(second);
    assert_int_equal(live_blocks, *(long *)*state);
    encbuf_pool_setup();
}

static void test_a_dropped_buffer_retains_nothing(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 10 * MIB + 1);
    uint32_t refs = encbuf_source->refs;

    (void)state;
    encbuf_put(buffer);
    assert_int_equal(encbuf_source->refs, refs - 1);
}

#endif

static void test_to_string_is_exact_and_puts(void **state)
{
    (void)state;
    for (size_t size = 0; size <= 70000; size = size * 3 + 1) {
        struct encbuf frame, *buffer = encbuf_get(&frame, size);
        long before = live_blocks;
        unsigned char *string;

        memcpy(buffer->data, input, size);
        encbuf_retain(buffer); /* to see the put */
        string = encbuf_to_string(buffer);
        assert_int_equal(live_blocks, before + 1);
        assert_int_equal(last_request_bytes, size);
        assert_memory_equal(string, input, size);
        assert_int_equal(encbuf_refs_count(buffer), 1);
        free(string);
        encbuf_put(buffer);
    }
}

#endif

#if defined(ENCBUF_POOL_NONE) || defined(ENCBUF_POOL_FRAME)

#ifdef ENCBUF_POOL_NONE
#define BLOCKS_PER_BUFFER 2
#else
#define BLOCKS_PER_BUFFER 1
#endif

static void test_nothing_is_kept(void **state)
{
    long before = live_blocks;

    (void)state;
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        struct encbuf frame, *buffer = encbuf_get(&frame, sizes[i]);

        assert_int_equal(live_blocks, before + BLOCKS_PER_BUFFER);
        assert_int_equal(last_request_bytes, sizes[i]); /* the data, after the structure */
#ifdef ENCBUF_POOL_FRAME
        assert_ptr_equal(buffer, &frame);
#endif
        encbuf_put(buffer);
        assert_int_equal(live_blocks, before);
    }
}

#endif

#ifdef ENCBUF_POOL_FRAME

static void test_second_put_does_nothing(void **state)
{
    struct encbuf frame, *buffer = encbuf_get(&frame, 100);
    long before = live_blocks;

    (void)state;
    encbuf_put(buffer);
    assert_int_equal(live_blocks, before - 1);
    encbuf_put(buffer);
    assert_int_equal(live_blocks, before - 1);
    assert_int_equal(encbuf_refs_count(buffer), 0);
    assert_true(encbuf_refs_released(buffer));
}

#endif

#ifdef ENCBUF_POOLED

#define MANY 300 /* several magazines */

#if !defined(ENCBUF_RETAIN_COUNT) && !defined(ENCBUF_RETAIN_BYTES)
#define KEEPS_MANY 1 /* as long as no epoch passes */
#endif

#ifdef ENCBUF_CLASSES_FITTED8
#define LAST_CLASS ((size_t)7439964)
#else
#define LAST_CLASS (10 * MIB)
#endif

/* The class that serves 100 bytes, and another request that it serves. */
#if defined(ENCBUF_CLASSES_THREE)
#define FIRST_CLASS (64 * KIB)
#define SAME_CLASS  5000
#elif defined(ENCBUF_CLASSES_FINE)
#define FIRST_CLASS 112
#define SAME_CLASS  105
#elif defined(ENCBUF_CLASSES_FITTED8)
#define FIRST_CLASS 1964
#define SAME_CLASS  1500
#else
#define FIRST_CLASS (8 * KIB)
#define SAME_CLASS  5000
#endif

static void test_pooled_buffer_is_reused(void **state)
{
    struct encbuf *first = encbuf_get(NULL, 100), *second;
    unsigned char *data = first->data;
    long asked = requests;

    (void)state;
    encbuf_put(first); /* makes the magazine, or what else a pool keeps it in */
#ifdef ENCBUF_POOL_THREAD
    assert_int_equal(requests, asked + 1);
#else
    assert_in_range(requests, asked, asked + 1);
#endif
    asked = requests;
    second = encbuf_get(NULL, FIRST_CLASS);
    assert_ptr_equal(second, first);
    assert_ptr_equal(second->data, data);
    assert_int_equal(requests, asked);
    encbuf_put(second);
    second = encbuf_get(NULL, FIRST_CLASS + 1); /* another class */
    assert_ptr_not_equal(second, first);
    encbuf_put(second);
}

static void test_double_put_pools_once(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100), *first, *second;

    (void)state;
    encbuf_put(buffer);
    encbuf_put(buffer);
    assert_int_equal(encbuf_refs_count(buffer), 0);
    assert_true(encbuf_refs_released(buffer));
    first = encbuf_get(NULL, 100);
    second = encbuf_get(NULL, 100);
    assert_ptr_equal(first, buffer);
    assert_ptr_not_equal(first, second);
    encbuf_put(first);
    encbuf_put(second);
}

/* A put by a reference of which the buffer was put, and got again by somebody: `refs` decides whom it hurts. */
static void test_put_after_the_next_get(void **state)
{
    encbuf_ref stale = encbuf_ref_get(NULL, 100), present;
    struct encbuf *buffer = encbuf_of(stale);

    (void)state;
    encbuf_ref_put(stale);
    assert_false(encbuf_refs_held(stale));
    present = encbuf_ref_get(NULL, 100);
    assert_ptr_equal(encbuf_of(present), buffer);
    assert_true(encbuf_refs_held(present));
    encbuf_ref_put(stale);
#ifdef ENCBUF_REFS_TAGGED
    assert_false(encbuf_refs_held(stale));
    assert_int_equal(encbuf_refs_count(buffer), 1);
    assert_int_equal(encbuf_pool_count(), 0);
    encbuf_ref_put(present);
    for (uint32_t get = 3; get <= ENCBUF_REFS_GENERATION + 1; get++) {
        present = encbuf_ref_get(NULL, 100);
        assert_false(encbuf_refs_held(stale));
        encbuf_ref_put(present);
    }
    present = encbuf_ref_get(NULL, 100);
    assert_ptr_equal(present, stale); /* there are no more generations than bits */
    encbuf_ref_put(present);
#else
    assert_int_equal(encbuf_pool_count(), 1); /* though it is held */
    encbuf_ref_put(present);
#endif
    assert_int_equal(encbuf_pool_count(), 1);
}

static void test_second_reference_pools_once(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100), *first, *second;

    (void)state;
    encbuf_retain(buffer);
    encbuf_put(buffer);
    first = encbuf_get(NULL, 100);
    assert_ptr_not_equal(first, buffer);
    encbuf_put(buffer);
    second = encbuf_get(NULL, 100);
    assert_ptr_equal(second, buffer);
    encbuf_put(first);
    encbuf_put(second);
}

static void test_wrong_capacity_is_remade(void **state)
{
    static const size_t wrong[] = {0, 1, FIRST_CLASS - 1, FIRST_CLASS + 1, 2 * FIRST_CLASS};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct encbuf *buffer = encbuf_get(NULL, 100), *again;

        encbuf_put(buffer);
        buffer->capacity = wrong[i];
        again = encbuf_get(NULL, SAME_CLASS);
        assert_ptr_equal(again, buffer);
        assert_int_equal(again->capacity, FIRST_CLASS);
        assert_int_equal(again->length, SAME_CLASS);
        assert_int_equal(last_request_bytes, FIRST_CLASS);
        memset(again->data, 1, again->capacity);
        encbuf_put(again);
    }
}

static void test_wrong_capacity_is_dropped(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100), *next;
    long before;

    (void)state;
    encbuf_put(buffer); /* the magazine is there */
    buffer = encbuf_get(NULL, 100);
    before = live_blocks;
    buffer->capacity = FIRST_CLASS - 1;
    encbuf_put(buffer);
    assert_int_equal(live_blocks, before - 2);
    next = encbuf_get(NULL, 100);
    assert_int_equal(live_blocks, before);
    encbuf_put(next);
}

static void test_oversize_is_exact_and_dropped(void **state)
{
    long before = live_blocks;
    struct encbuf *buffer = encbuf_get(NULL, 10 * MIB + 1);

    (void)state;
    assert_int_equal(buffer->capacity, 10 * MIB + 1);
    assert_int_equal(last_request_bytes, 10 * MIB + 1);
    assert_int_equal(live_blocks, before + 2);
    buffer->data[10 * MIB] = 1;
    encbuf_put(buffer);
    assert_int_equal(live_blocks, before);
}

#ifdef KEEPS_MANY

static void test_oversize_remakes_a_pooled_buffer(void **state)
{
    struct encbuf *pooled = encbuf_get(NULL, LAST_CLASS), *oversize;
    long before;

    (void)state;
    assert_int_equal(pooled->capacity, LAST_CLASS);
    encbuf_put(pooled);
    before = live_blocks;
    oversize = encbuf_get(NULL, LAST_CLASS + 1);
    assert_ptr_equal(oversize, pooled);
    assert_int_equal(oversize->capacity, LAST_CLASS + 1);
    assert_int_equal(live_blocks, before);
    encbuf_put(oversize);
    assert_int_equal(live_blocks, before - 2);
}

#endif

static void get_many(struct encbuf *buffers[MANY])
{
    for (size_t i = 0; i < MANY; i++)
        buffers[i] = encbuf_get(NULL, 100);
}

static void put_many(struct encbuf *buffers[MANY])
{
    for (size_t i = 0; i < MANY; i++)
        encbuf_put(buffers[i]);
}

#ifdef KEEPS_MANY

static int compare_pointers(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

    return (x > y) - (x < y);
}

static void test_magazines_overflow_and_underflow(void **state)
{
    struct encbuf *first[MANY], *again[MANY];
    long asked;

    (void)state;
    get_many(first);
    assert_int_equal(encbuf_pool_count(), 0);
    put_many(first);
    assert_int_equal(encbuf_pool_count(), MANY);
    asked = requests;
    for (int round = 0; round < 3; round++) {
        get_many(again);
        for (size_t i = 0; i < MANY; i++)
            again[i]->data[0] = 1;
        if (round < 2)
            put_many(again);
    }
    assert_int_equal(requests, asked); /* buffers and magazines are all reused */
    qsort(first, MANY, sizeof first[0], compare_pointers);
    qsort(again, MANY, sizeof again[0], compare_pointers);
    for (size_t i = 0; i < MANY; i++) {
        assert_ptr_equal(first[i], again[i]);
        assert_true(i == 0 || first[i] != first[i - 1]);
    }
    put_many(again);
}

static void test_wrong_capacity_from_the_shared_list_is_remade(void **state)
{
    struct encbuf *buffers[MANY];

    (void)state;
    get_many(buffers);
    put_many(buffers);
    for (size_t i = 0; i < MANY; i++)
        buffers[i]->capacity = 1;
    get_many(buffers);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(buffers[i]->capacity, FIRST_CLASS);
        memset(buffers[i]->data, 1, FIRST_CLASS);
    }
    put_many(buffers);
}

#endif

#ifdef ENCBUF_RETAIN_ALL

/* What the original's benchmark did: the same buffer put in again and again. Teardown frees it once. */
static void test_the_pool_may_hold_a_buffer_many_times(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100);

    (void)state;
    for (int i = 0; i < MANY; i++) {
        encbuf_refs_open(buffer);
        encbuf_put(buffer);
    }
    for (int i = 0; i < 10; i++) {
        assert_ptr_equal(encbuf_get(NULL, 100), buffer);
#ifdef ENCBUF_MMAP_RES_ASSIGNED
        mapping_release(encbuf_source); /* each alias overwrites the reference of the one before */
#endif
    }
}

#endif

static void put_one(size_t size)
{
    encbuf_put(encbuf_get(NULL, size));
}

static size_t bytes_at_rest(void)
{
    return encbuf_pool_rest().data_bytes;
}

/* A peak of many small buffers and of three large ones, at once; then nobody asks for any. What rests after it, after
 * one epoch and after two; `advise` keeps them and gives their pages back. */
static void test_what_a_peak_leaves(void **state)
{
#if defined(ENCBUF_RETAIN_COUNT)
    const size_t small = 2 * ENCBUF_RETAIN_COUNT_BUFFERS, large = 3, epoch_1 = small + large, epoch_2 = epoch_1;
#elif defined(ENCBUF_RETAIN_BYTES) && defined(ENCBUF_CLASSES_TEN)
    const size_t small = 3 * ENCBUF_MAGAZINE_BUFFERS, large = 0, epoch_1 = small, epoch_2 = small;
#elif defined(ENCBUF_RETAIN_EPOCHS) && !defined(ENCBUF_RETAIN_ADVISE)
    const size_t small = MANY, large = 3, epoch_1 = small + large, epoch_2 = 0;
#else
    const size_t small = MANY, large = 3, epoch_1 = small + large, epoch_2 = epoch_1;
#endif
    struct encbuf *many[MANY], *few[3];

    (void)state;
    get_many(many);
    put_many(many);
    assert_int_equal(encbuf_pool_count(), small);
    for (size_t i = 0; i < 3; i++)
        few[i] = encbuf_get(NULL, LAST_CLASS);
    for (size_t i = 0; i < 3; i++)
        encbuf_put(few[i]);
    assert_int_equal(encbuf_pool_count(), small + large);
    assert_int_equal(bytes_at_rest(), small * FIRST_CLASS + large * LAST_CLASS);
    encbuf_epoch();
    assert_int_equal(encbuf_pool_count(), epoch_1);
    encbuf_epoch();
    assert_int_equal(encbuf_pool_count(), epoch_2);
    for (int epoch = 0; epoch < 10; epoch++)
        encbuf_epoch();
    assert_int_equal(encbuf_pool_count(), epoch_2);
    get_many(many); /* and goes on */
    put_many(many);
    assert_int_equal(encbuf_pool_count(), small + (epoch_2 > small ? large : 0));
}

/* What is taken again in every epoch is never given up. */
static void test_what_is_used_stays(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100);

    (void)state;
    encbuf_put(buffer);
    for (int epoch = 0; epoch < 5; epoch++) {
        encbuf_epoch();
        assert_int_equal(encbuf_pool_count(), epoch == 0 ? 1 : 2); /* malloc may give the same address again */
        assert_ptr_equal(encbuf_get(NULL, 100), buffer);
        encbuf_put(buffer);
        put_one(FIRST_CLASS + 1);
    }
    assert_int_equal(encbuf_pool_count(), 2);
}

#ifdef ENCBUF_RETAIN_BYTES

/* The budget is of what rests now: what is taken makes room, and what is drained leaves all of it. */
static void test_the_budget_is_exact(void **state)
{
    struct encbuf *buffers[4];

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 4; i++)
            buffers[i] = encbuf_get(NULL, 256 * KIB);
        put_one(8 * KIB);
        assert_int_equal(bytes_at_rest(), 8 * KIB);
        for (size_t i = 0; i < 4; i++)
            encbuf_put(buffers[i]);
        assert_int_equal(bytes_at_rest(), 3 * 256 * KIB + 8 * KIB);
        buffers[0] = encbuf_get(NULL, 8 * KIB);
        buffers[1] = encbuf_get(NULL, 256 * KIB);
        encbuf_put(buffers[1]);
        put_one(256 * KIB);
        assert_int_equal(bytes_at_rest(), 3 * 256 * KIB);
        encbuf_put(buffers[0]);
        encbuf_pool_teardown();
        encbuf_pool_setup();
    }
}

#endif

#ifdef ENCBUF_RETAIN_CALIBRATED

/* Bins are doublings from 64 bytes; of 42 001 puts in one the rest are more than 5 %, or less. */
static void test_calibration_drops_what_few_ask_for(void **state)
{
    (void)state;
    assert_int_equal(encbuf_calibrated_bin(0), 0);
    assert_int_equal(encbuf_calibrated_bin(64), 0);
    assert_int_equal(encbuf_calibrated_bin(65), 1);
    assert_int_equal(encbuf_calibrated_bin(128), 1);
    assert_int_equal(encbuf_calibrated_bin(129), 2);
    assert_int_equal(encbuf_calibrated_bin((size_t)64 << 19), 19);
    assert_int_equal(encbuf_calibrated_bin((size_t)64 << 25), 19);
    for (int large = 3000; large >= 2000; large -= 1000) { /* 6.7 %, and 4.5 % */
        for (int put = 0; put < large; put++)
            put_one(100 * KIB);
        for (int put = 0; put <= ENCBUF_CALIBRATED_PUTS; put++)
            put_one(100);
        encbuf_epoch();
        encbuf_epoch();
        assert_int_equal(encbuf_pool_count(), 0);
        put_one(100);
        put_one(100 * KIB);
        assert_int_equal(bytes_at_rest(), large == 3000 ? FIRST_CLASS + 128 * KIB : FIRST_CLASS);
    }
}

#endif

#ifdef ENCBUF_RETAIN_ADVISE

static size_t resident_pages(const struct encbuf *buffer)
{
    const uintptr_t first = ((uintptr_t)buffer->data + 4095) & ~(uintptr_t)4095;
    unsigned char resident[MIB / 4096];
    size_t pages = 0;

    assert_int_equal(mincore((void *)first, sizeof resident * 4096, resident), 0);
    for (size_t i = 0; i < sizeof resident; i++)
        pages += resident[i] & 1;
    return pages;
}

static void test_advice_gives_back_what_is_idle(void **state)
{
    struct encbuf *idle = encbuf_get(NULL, 2 * MIB), *used = encbuf_get(NULL, 2 * MIB);

    (void)state;
    memset(idle->data, 1, 2 * MIB);
    memset(used->data, 1, 2 * MIB);
    encbuf_put(idle);
    encbuf_put(used);
    for (int epoch = 0; epoch < 3; epoch++) {
        encbuf_epoch();
        assert_ptr_equal(encbuf_get(NULL, 2 * MIB), used);
        encbuf_put(used);
    }
    assert_int_equal(resident_pages(used), MIB / 4096);
    assert_int_equal(resident_pages(idle), 0);
    encbuf_get(NULL, 2 * MIB);
    assert_ptr_equal(encbuf_get(NULL, 2 * MIB), idle);
    memset(idle->data, 1, 2 * MIB);
    assert_int_equal(resident_pages(idle), MIB / 4096);
    encbuf_put(idle);
    encbuf_put(used);
}

#endif

static void test_pool_survives_teardown_and_setup(void **state)
{
    struct encbuf *buffer = encbuf_get(NULL, 100);
    long before = *(long *)*state;

    encbuf_put(buffer);
    encbuf_pool_teardown();
    assert_int_equal(live_blocks, before);
    assert_int_equal(encbuf_pool_count(), 0);
    encbuf_pool_setup();
    buffer = encbuf_get(NULL, 100);
    encbuf_put(buffer);
    assert_ptr_equal(encbuf_get(NULL, 100), buffer);
    encbuf_put(buffer);
    encbuf_pool_setup(); /* a second user: the first teardown must not drain */
    encbuf_pool_teardown();
    assert_ptr_equal(encbuf_get(NULL, 100), buffer);
    encbuf_put(buffer);
}

static void *get_in_a_thread(void *buffers)
{
    get_many(buffers);
    return NULL;
}

static void *put_in_a_thread(void *buffers)
{
    put_many(buffers);
    return NULL;
}

static void in_a_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, function, argument), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* Requests of a third thread that gets as many. */
#if defined(ENCBUF_MAGAZINE_ONE64)
#define FOUND_LEAST 2 /* all but the putter's last magazine, which died with it */
#define FOUND_MOST  (2 * ENCBUF_MAGAZINE_BUFFERS)
#elif defined(ENCBUF_POOL_OWNER)
#define FOUND_LEAST (2 * MANY) /* they went back to whom they belong */
#define FOUND_MOST  (2 * MANY)
#else
#define FOUND_LEAST 0
#define FOUND_MOST  0
#endif

#ifdef KEEPS_MANY

static void test_one_thread_puts_what_another_got(void **state)
{
    struct encbuf *buffers[MANY];
    long asked;

    (void)state;
    in_a_thread(get_in_a_thread, buffers);
    in_a_thread(put_in_a_thread, buffers);
    asked = requests;
    get_many(buffers);
    assert_in_range(requests - asked, FOUND_LEAST, FOUND_MOST);
    put_many(buffers);
}

#endif

#define HANDOVERS 200000

struct handover {
    struct encbuf *_Atomic *slot;
    unsigned char mark;
    long torn;
};

/* Swaps buffers with the other thread. A buffer that two threads hold at once loses its mark. */
static void *hand_over(void *argument)
{
    struct handover *self = argument;

    for (int i = 0; i < HANDOVERS; i++) {
        struct encbuf *mine = encbuf_get(NULL, 100 + (size_t)(i % 2) * FIRST_CLASS), *theirs;

        mine->data[0] = self->mark;
        mine->data[99] = self->mark;
        if (i % 64 == 0)
            sched_yield();
        self->torn += mine->data[0] != self->mark || mine->data[99] != self->mark;
        theirs = atomic_exchange(self->slot, mine);
        if (theirs != NULL)
            encbuf_put(theirs);
    }
    return NULL;
}

static void test_two_threads_hand_buffers_over(void **state)
{
    struct encbuf *_Atomic slot = NULL;
    struct handover sides[2] = {{.slot = &slot, .mark = 1}, {.slot = &slot, .mark = 2}};
    pthread_t threads[2];

    (void)state;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hand_over, &sides[i]), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(sides[0].torn + sides[1].torn, 0);
    encbuf_put(slot);
}

/* All buffers flow one way, through the shared list and back: a pool that loses them or grows shows in the requests. */
static void *only_get(void *slot)
{
    for (int i = 0; i < HANDOVERS; i++) {
        struct encbuf *buffer = encbuf_get(NULL, 100), *expected = NULL;

        buffer->data[0] = (unsigned char)i;
        while (!atomic_compare_exchange_weak((struct encbuf * _Atomic *)slot, &expected, buffer)) {
            expected = NULL;
            sched_yield();
        }
    }
    return NULL;
}

static void test_one_thread_only_gets_and_another_only_puts(void **state)
{
    struct encbuf *_Atomic slot = NULL;
    long asked = requests;
    pthread_t getter;

    (void)state;
    assert_int_equal(pthread_create(&getter, NULL, only_get, &slot), 0);
    for (int i = 0; i < HANDOVERS; i++) {
        struct encbuf *buffer;

        while ((buffer = atomic_exchange(&slot, NULL)) == NULL)
            sched_yield();
        if (buffer->data[0] != (unsigned char)i)
            fail_msg("buffer %d has the mark of another", i);
        encbuf_put(buffer);
    }
    assert_int_equal(pthread_join(getter, NULL), 0);
    assert_in_range(requests - asked, 1, 640);
}

#define CONTENDERS 4
#define ROUNDS     500

/* Every round overflows the magazine, so that threads exchange full and empty ones at the same time. */
static void *contend(void *argument)
{
    struct handover *self = argument;
    struct encbuf *buffers[MANY];

    for (int round = 0; round < ROUNDS; round++) {
        get_many(buffers);
        for (size_t i = 0; i < MANY; i++)
            buffers[i]->data[0] = self->mark;
        if (round % 8 == 0)
            sched_yield();
        for (size_t i = 0; i < MANY; i++)
            self->torn += buffers[i]->data[0] != self->mark;
        put_many(buffers);
    }
    return NULL;
}

static void test_threads_contend_for_the_shared_lists(void **state)
{
    struct handover sides[CONTENDERS];
    pthread_t threads[CONTENDERS];
    long torn = 0;

    (void)state;
    for (size_t i = 0; i < CONTENDERS; i++) {
        sides[i] = (struct handover){.mark = (unsigned char)(i + 1)};
        assert_int_equal(pthread_create(&threads[i], NULL, contend, &sides[i]), 0);
    }
    for (size_t i = 0; i < CONTENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        torn += sides[i].torn;
    }
    assert_int_equal(torn, 0);
}

#ifdef ENCBUF_MAGAZINE_ONE64 /* the same lists for all magazines */

#define SHELVED      4
#define SHELF_ROUNDS 3000000 /* 200000 let a list that is not atomic pass on two cores, these did not */

struct shelf_user {
    struct encbuf_shelf *shelf;
    pthread_barrier_t *start;
    long taken_twice;
};

static void *use_shelf(void *argument)
{
    struct shelf_user *self = argument;

    pthread_barrier_wait(self->start);
    for (int i = 0; i < SHELF_ROUNDS; i++) {
        struct encbuf_magazine *first = encbuf_magazine_pop(self->shelf), *second = encbuf_magazine_pop(self->shelf);

        if (first != NULL)
            self->taken_twice += __atomic_exchange_n(&first->count, 1, __ATOMIC_RELAXED) != 0;
        if (second != NULL)
            self->taken_twice += __atomic_exchange_n(&second->count, 1, __ATOMIC_RELAXED) != 0;
        if (first != NULL) {
            __atomic_store_n(&first->count, 0, __ATOMIC_RELAXED);
            encbuf_magazine_push(self->shelf, first);
        }
        if (second != NULL) {
            __atomic_store_n(&second->count, 0, __ATOMIC_RELAXED);
            encbuf_magazine_push(self->shelf, second);
        }
    }
    return NULL;
}

/* The lists alone, because through the pool a thread comes to them once in 64 times: popped in one order and pushed in
 * another, so that a list that can be fooled by a magazine that came back hands one out twice, or loses one. */
static void test_shared_list_loses_and_doubles_nothing(void **state)
{
    static struct encbuf_shelf shelf;
    static struct encbuf_magazine magazines[SHELVED];
    pthread_barrier_t start;
    struct shelf_user users[CONTENDERS];
    pthread_t threads[CONTENDERS];
    size_t left = 0;

    (void)state;
    for (size_t i = 0; i < SHELVED; i++)
        encbuf_magazine_push(&shelf, &magazines[i]);
    pthread_barrier_init(&start, NULL, CONTENDERS);
    for (size_t i = 0; i < CONTENDERS; i++) {
        users[i] = (struct shelf_user){.shelf = &shelf, .start = &start};
        assert_int_equal(pthread_create(&threads[i], NULL, use_shelf, &users[i]), 0);
    }
    for (size_t i = 0; i < CONTENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(users[i].taken_twice, 0);
    }
    pthread_barrier_destroy(&start);
    while (left <= SHELVED && encbuf_magazine_pop(&shelf) != NULL)
        left++;
    assert_int_equal(left, SHELVED);
}

#endif

/* Last, because slots of one64 are for as long as the module is loaded. */
static void test_more_threads_than_slots(void **state)
{
    struct encbuf *buffers[MANY];

    (void)state;
    for (int i = 0; i < 256; i++) {
        get_many(buffers);
        in_a_thread(put_in_a_thread, buffers);
    }
#if defined(ENCBUF_MAGAZINE_ONE64)
    assert_true(encbuf_thread_count >= ENCBUF_THREADS_MAX);
#elif defined(ENCBUF_THREADS_H)
    assert_in_range(encbuf_thread_count, 1, 2 + CONTENDERS); /* the dead ones' are taken up again */
#endif
    in_a_thread(get_in_a_thread, buffers);
    in_a_thread(put_in_a_thread, buffers);
}

#define THREADS_ALIVE 300 /* more than there are slots */

static void *get_and_put_while_all_live(void *start)
{
    struct encbuf *buffer = encbuf_get(NULL, 100);

    pthread_barrier_wait(start);
    encbuf_put(buffer);
    pthread_barrier_wait(start);
    return NULL;
}

static void test_more_threads_alive_than_slots(void **state)
{
    pthread_t threads[THREADS_ALIVE];
    pthread_barrier_t start;

    (void)state;
    pthread_barrier_init(&start, NULL, THREADS_ALIVE);
    for (size_t i = 0; i < THREADS_ALIVE; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_and_put_while_all_live, &start), 0);
    for (size_t i = 0; i < THREADS_ALIVE; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pthread_barrier_destroy(&start);
#ifdef ENCBUF_THREADS_H
    assert_int_equal(encbuf_thread_count, ENCBUF_THREADS_MAX);
#endif
}

#endif

/* What every design offers. */

static void check_string(enum codec_encoding encoding, size_t input_bytes)
{
    size_t expected_bytes, string_bytes;
    unsigned char *expected = oracle_encode(encoding, input, input_bytes, &expected_bytes);
    unsigned char *string = encode_to_string(encoding, input, input_bytes, &string_bytes);

    free(string); /* once more with the magazine there, so that the string is the last request */
    string = encode_to_string(encoding, input, input_bytes, &string_bytes);
    assert_int_equal(string_bytes, expected_bytes);
    assert_int_equal(last_request_bytes, expected_bytes); /* exactly the output's bytes, no terminator */
    assert_memory_equal(string, expected, expected_bytes);
    free(string);
    free(expected);
}

static void test_strings_equal_the_oracle(void **state)
{
    static const size_t large[] = {4095, 4096, 4097, 8 * KIB, 64 * KIB + 1, 1 * MIB + 1, 6 * MIB};

    (void)state;
    for (int encoding = CODEC_HEX; encoding <= CODEC_BASE64URL; encoding++) {
        for (size_t bytes = 0; bytes <= 300; bytes++)
            check_string((enum codec_encoding)encoding, bytes);
        for (size_t i = 0; i < sizeof large / sizeof large[0]; i++)
            check_string((enum codec_encoding)encoding, large[i]);
    }
}

static void test_requests_of_an_op(void **state)
{
#if defined(ENCBUF_POOL_NONE)
    const long expected = 3;
#elif defined(ENCBUF_POOL_FRAME)
    const long expected = 2;
#else
    const long expected = 1;
#endif
    size_t string_bytes;

    (void)state;
    for (int i = 0; i < 100; i++) {
        long asked = requests;
        unsigned char *string = encode_to_string(CODEC_HEX, input, 1024, &string_bytes);

        WORKLOAD_CONSUME(string);
        free(string);
        if (i > 0) /* the first one makes what the pool keeps */
            assert_int_equal(requests - asked, expected);
    }
}

static void test_module_describes_itself(void **state)
{
    (void)state;
    assert_int_equal(encbench_module.abi_version, ENCBENCH_ABI_VERSION);
    assert_string_equal(encbench_module.variant, ENCBUF_VARIANT);
    assert_int_equal(encbench_module.axis_count, TEST_AXIS_COUNT);
#ifdef ENCBUF_POOL_DIRECT
    assert_int_equal(encbench_module.structure_bytes, 0);
    assert_int_equal(encbench_module.field_count, 0);
#else
    assert_int_equal(encbench_module.structure_bytes, ENCBUF_BYTES);
    for (uint32_t i = 1; i < encbench_module.field_count; i++)
        assert_true(encbench_module.fields[i].offset_bytes >=
                    encbench_module.fields[i - 1].offset_bytes + encbench_module.fields[i - 1].size_bytes);
#endif
    for (uint32_t i = 0; i < encbench_module.workload_count; i++) {
        assert_int_equal(encbench_module.workloads[i].planted_cycles_per_op, 0);
#ifdef ENCBUF_ASSIGNS_MMAP_RES
        assert_int_equal(encbench_module.workloads[i].flags & ENCBENCH_TIMED, 0);
#endif
    }
}

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

static const struct encbench_workload *find_workload(const char *short_name)
{
    for (uint32_t i = 0; i < encbench_module.workload_count; i++)
        if (strcmp(encbench_module.workloads[i].short_name, short_name) == 0)
            return &encbench_module.workloads[i];
    return NULL;
}

static void test_workloads_are_offered_where_they_make_sense(void **state)
{
    static const char *const of_everybody[] = {"to_string_1k",
                                               "base64_1k",
                                               "base64url_1k",
                                               "to_string_16",
                                               "to_string_64",
                                               "to_string_256",
                                               "to_string_4k",
                                               "to_string_16k",
                                               "to_string_64k",
                                               "to_string_256k",
                                               "to_string_1m",
                                               "to_string_4m",
                                               "to_string_16m",
                                               "trace:npm-install",
                                               "trace:webpack-build",
                                               "trace:own",
                                               "mmap_source",
                                               "nop",
                                               "locked",
                                               "burst",
                                               "burst_once"};
    static const char *const best_codec[] = {"hex_1k_best", "base64_1k_best", "trace:npm-install_best",
                                             "trace:webpack-build_best"};
    static const char *const of_buffers[] = {"get_put", "put", "mixed", "static_scan"};
    static const char *const of_handed_on[] = {"handoff_0",  "handoff_1",   "handoff_10",
                                               "handoff_50", "handoff_100", "handoff"};
    static const char *const of_pools[] = {"mappings_at_rest", "class_sweep"};
    static const char *const of_pools_that_keep_all[] = {"reput", "footprint_1000"};
    size_t count = sizeof of_everybody / sizeof of_everybody[0];

    (void)state;
    for (size_t i = 0; i < sizeof of_everybody / sizeof of_everybody[0]; i++)
        assert_non_null(find_workload(of_everybody[i]));
#ifndef ENCBUF_POOL_DIRECT
    count += sizeof of_buffers / sizeof of_buffers[0];
    for (size_t i = 0; i < sizeof of_buffers / sizeof of_buffers[0]; i++)
        assert_non_null(find_workload(of_buffers[i]));
#endif
#ifdef ENCBUF_POOL_THREAD
    count += sizeof of_pools / sizeof of_pools[0];
    for (size_t i = 0; i < sizeof of_pools / sizeof of_pools[0]; i++)
        assert_non_null(find_workload(of_pools[i]));
#endif
#if defined(ENCBUF_POOL_THREAD) && !defined(ENCBUF_ASSIGNS_MMAP_RES)
    count++;
    assert_int_equal(find_workload("misuse")->flags, ENCBENCH_COUNTED);
#endif
#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)
    count += sizeof of_pools_that_keep_all / sizeof of_pools_that_keep_all[0];
    for (size_t i = 0; i < sizeof of_pools_that_keep_all / sizeof of_pools_that_keep_all[0]; i++)
        assert_non_null(find_workload(of_pools_that_keep_all[i]));
#endif
#if defined(ENCBUF_POOLED) || defined(ENCBUF_POOL_NONE)
    count += sizeof of_handed_on / sizeof of_handed_on[0];
    for (size_t i = 0; i < sizeof of_handed_on / sizeof of_handed_on[0]; i++)
        assert_non_null(find_workload(of_handed_on[i]));
#endif
#ifdef ENCBUF_POOLED
    count++;
    assert_non_null(find_workload("churn"));
#endif
#if defined(ENCBUF_POOL_THREAD) || defined(ENCBUF_POOL_NONE)
    count++;
    assert_int_equal(find_workload("held_64")->flags, ENCBENCH_HEAP);
#endif
    count += sizeof best_codec / sizeof best_codec[0];
    for (size_t i = 0; i < sizeof best_codec / sizeof best_codec[0]; i++)
        assert_non_null(find_workload(best_codec[i]));
#if defined(ENCBUF_POOL_DIRECT) || defined(ENCBUF_POOL_FRAME)
    for (uint32_t i = 0; i < encbench_module.workload_count; i++)
        count += strncmp(encbench_module.workloads[i].short_name, "encode_", strlen("encode_")) == 0;
    assert_non_null(find_workload("encode_hex_1k_table16"));
    assert_non_null(find_workload("encode_base64_32_store16"));
    assert_non_null(find_workload("encode_base64url_1k_best"));
#endif
#ifdef ENCBUF_POOL_DIRECT
    for (size_t level = 1; codec_level(level) != NULL; level++) { /* every codec of this architecture */
        char short_name[64];

        snprintf(short_name, sizeof short_name, "hex_1k_%s", codec_level(level)->level);
        if (codec_level(level)->encode[CODEC_HEX] == NULL || strncmp(codec_level(level)->level, "store", 5) == 0)
            continue;
        assert_non_null(find_workload(short_name));
        count++;
    }
#endif
    (void)of_buffers;
    (void)of_pools;
    (void)of_pools_that_keep_all;
    (void)of_handed_on;
    if (encbench_module.workload_count != count)
        fail_msg("%u workloads, %zu in the lists above: name a new one in the list of those that offer it",
                 encbench_module.workload_count, count);
}

#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)
/* What is live is asked of the allocator here, block by block; a harness has its interposer. */
static int64_t live_bytes_of_1000(void)
{
    static bool again;

    again = !again;
    return again ? 0 : 1234;
}

static void test_footprint(void **state)
{
    const struct encbench_workload *workload = find_workload("footprint_1000");
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    void *structure = malloc(ENCBUF_BYTES), *data = malloc(expected_capacity(2048));

    (void)state;
    assert_int_equal(workload->metrics(&host, 1, metrics), 3);
    assert_true(metrics[0].value == 1000.0 * ENCBUF_BYTES);
    assert_true(metrics[1].value == 1000.0 * (double)malloc_usable_size(structure));
    assert_true(metrics[2].value == 1000.0 * (double)malloc_usable_size(data));
    host.live_bytes = live_bytes_of_1000;
    assert_int_equal(workload->metrics(&host, 1, metrics), 4);
    host.live_bytes = NULL;
    assert_true(metrics[3].value == 1234);
    free(structure);
    free(data);
}
#endif

/* As the harness runs a batch. */
static uint64_t run_rounds(const struct encbench_workload *workload, void *opaque, uint64_t n)
{
    const uint64_t most = workload->batch_max_ops == 0 ? n : workload->batch_max_ops;
    uint64_t bytes = 0;

    for (uint64_t left = n, now; left > 0; left -= now) {
        now = left < most ? left : most;
        if (workload->before != NULL)
            workload->before(opaque, now);
        bytes += workload->run(opaque, 0, now);
        if (workload->after != NULL)
            workload->after(opaque, now);
    }
    return bytes;
}

/* What this CPU lacks is refused by set-up with the same words, and has no output. */
static bool is_lacking(const struct encbench_workload *workload)
{
    char reason[256] = "", message[256] = "";
    void *opaque;

    if (workload->lacks == NULL || workload->lacks(reason, sizeof reason) == 0)
        return false;
    assert_non_null(strstr(reason, "this CPU lacks"));
    assert_int_not_equal(workload->setup(&host, 1, &opaque, message, sizeof message), 0);
    assert_string_equal(message, reason);
    return true;
}

static void test_workloads_produce_and_clean_up(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < encbench_module.workload_count; i++) {
        const struct encbench_workload *workload = &encbench_module.workloads[i];
        char message[256] = "";
        long before = live_blocks;
        void *opaque = NULL;

        if (workload->describe != NULL || is_lacking(workload)) /* not without its data file */
            continue;
        assert_int_not_equal(workload->digest(&host, 1), 0);
        assert_int_equal(workload->digest(&host, 1), workload->digest(&host, 1));
        assert_int_equal(workload->setup(&host, 1, &opaque, message, sizeof message), 0);
        for (uint64_t n = 0; n <= (workload->bytes_per_op > MIB ? 1 : 600); n = n * 3 + 1)
            assert_int_equal(run_rounds(workload, opaque, n), n * workload->bytes_per_op);
        workload->teardown(opaque);
        assert_int_equal(live_blocks, before);
    }
}

/* Figures that a workload counts, in a set-up of its own; leaves no block. */
static double counted(const char *short_name, const char *metric)
{
    const struct encbench_workload *workload = find_workload(short_name);
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    long before = live_blocks;
    size_t count = workload->metrics(&host, 1, metrics);

    assert_int_equal(live_blocks, before);
    for (size_t i = 0; i < count; i++)
        if (strcmp(metrics[i].name, metric) == 0)
            return metrics[i].value;
    fail_msg("%s has no %s", short_name, metric);
    return -1;
}

/* In a process of its own, as the harness does: slots of one64 are for as long as the module is loaded. */
static size_t count_apart(const struct encbench_workload *workload, struct encbench_metric *metrics)
{
    const size_t bytes = (ENCBENCH_METRICS_MAX + 1) * sizeof *metrics;
    struct encbench_metric *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    size_t count;
    int status;
    pid_t child;

    assert_true(shared != MAP_FAILED);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        shared[ENCBENCH_METRICS_MAX].value = (double)workload->metrics(&host, 1, shared);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    count = (size_t)shared[ENCBENCH_METRICS_MAX].value;
    memcpy(metrics, shared, count * sizeof *metrics); /* the names are at the same addresses here */
    munmap(shared, bytes);
    return count;
}

static void test_the_same_is_counted_twice(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < encbench_module.workload_count; i++) {
        const struct encbench_workload *workload = &encbench_module.workloads[i];
        struct encbench_metric first[ENCBENCH_METRICS_MAX], second[ENCBENCH_METRICS_MAX];
        size_t count;

        assert_int_equal(workload->metrics != NULL, (workload->flags & ENCBENCH_COUNTED) != 0);
        if (workload->metrics == NULL || workload->describe != NULL) /* which needs a data file */
            continue;
        count = count_apart(workload, first);
        assert_in_range(count, 1, ENCBENCH_METRICS_MAX);
        assert_int_equal(count_apart(workload, second), count);
        for (size_t j = 0; j < count; j++) {
            assert_string_equal(first[j].name, second[j].name);
            if (first[j].value != second[j].value)
                fail_msg("%s: %s is %g and then %g", workload->short_name, first[j].name, first[j].value,
                         second[j].value);
        }
    }
}

/* The controls show that search and counts are not blind. */
static void test_the_field_is_counted_where_it_is_assigned(void **state)
{
#ifdef ENCBUF_MMAP_RES_RETAINED
    const double kept = 64, mapped = WORKLOAD_SOURCE_BYTES;
#else
    const double kept = 0, mapped = 0;
#endif
#ifdef ENCBUF_ASSIGNS_MMAP_RES
    const double assignments = 1, sightings = 100;
#else
    const double assignments = 0, sightings = 0;
#endif

    (void)state;
#ifndef ENCBUF_POOL_DIRECT
    assert_true(counted("static_scan", "non_null_assignments") == assignments);
#endif
    assert_true(counted("mmap_source", "mapped_bytes_after_minus_before") == mapped);
#ifdef ENCBUF_POOL_THREAD
    assert_true(counted("mappings_at_rest", "mappings_kept_alive") == kept);
#ifdef ENCBUF_HAS_MMAP_RES
    assert_true(counted("to_string_1k", "non_null_sightings") == sightings);
#endif
#endif
    (void)assignments;
    (void)kept;
    (void)sightings;
}

#ifndef ENCBUF_POOL_DIRECT

static void test_mixed_has_its_shares(void **state)
{
    size_t small = 0, middle = 0, large = 0;
    struct workload_mixed mixed;

    (void)state;
    workload_mixed_fill(&mixed);
    for (size_t i = 0; i < WORKLOAD_MIXED_GETS; i++) {
        small += mixed.sizes[i] >= KIB && mixed.sizes[i] <= 64 * KIB;
        middle += mixed.sizes[i] > 64 * KIB && mixed.sizes[i] <= 2 * MIB;
        large += mixed.sizes[i] > 2 * MIB && mixed.sizes[i] <= 10 * MIB;
    }
    assert_int_equal(small, 80);
    assert_int_equal(middle, 15);
    assert_int_equal(large, 5);
}

#endif

#ifdef ENCBUF_POOLED

static double metric_of(const struct encbench_metric *metrics, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return metrics[i].value;
    fail_msg("no metric %s", name);
    return -1;
}

/* Of a sequence that can be counted by hand: the first get of each class is a miss, and one buffer of each rests. */
static void test_pool_metrics_count(void **state)
{
    static const size_t asked[] = {100, 200, FIRST_CLASS + 1, 100, FIRST_CLASS + 1, 10 * MIB + 1};
#if defined(ENCBUF_CLASSES_THREE)
    const double hits = 3, rest = 2, data_bytes = 64 * KIB + 2 * MIB;
#elif defined(ENCBUF_CLASSES_FINE)
    const double hits = 2, rest = 3, data_bytes = 112 + 224 + 128;
#elif defined(ENCBUF_CLASSES_FITTED8)
    const double hits = 3, rest = 2, data_bytes = 1964 + 8136;
#else
    const double hits = 3, rest = 2, data_bytes = 8 * KIB + 16 * KIB;
#endif
#if defined(ENCBUF_POOL_THREAD)
    const double own = rest * sizeof(struct encbuf_magazine); /* one a class */
#elif defined(ENCBUF_POOL_SHARED)
    const double own = rest * sizeof(struct encbuf_link); /* one a buffer */
#else
    const double own = rest * 64 * sizeof(struct encbuf *); /* the first array of a class */
#endif
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    struct workload_pool_count count = {0};
    size_t filled;

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        workload_pool_visit(&count, asked[i]);
    filled = workload_pool_report(&count, metrics);
    assert_true(metric_of(metrics, filled, "pool_hits_per_get") == hits / 6.0);
    assert_true(metric_of(metrics, filled, "buffers_at_rest") == rest);
    assert_true(metric_of(metrics, filled, "structure_bytes_at_rest") == rest * ENCBUF_STRUCTURE_ASKED_BYTES);
    assert_true(metric_of(metrics, filled, "data_bytes_at_rest") == data_bytes);
    assert_true(metric_of(metrics, filled, "pool_bytes_at_rest") ==
                data_bytes + rest * ENCBUF_STRUCTURE_ASKED_BYTES + own);
    assert_true(metric_of(metrics, filled, "requests_above_last_class") == 1);
    assert_true(metric_of(metrics, filled, "class_requested_bytes") == 100 + 200 + 100 + 2 * (FIRST_CLASS + 1));
}

static double figure(const struct encbench_metric *metrics, size_t count, const char *name)
{
    const double value = metric_of(metrics, count, name);

    print_message("%s %g\n", name, value);
    return value;
}

/* A dead thread's buffers are found by the next one in every pool but one64's, where none is served a cache any more
 * once 256 have been born. */
static void test_churn_strands_nothing(void **state)
{
    const struct encbench_workload *workload = find_workload("churn");
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    const size_t count = count_apart(workload, metrics);
    const double stranded = figure(metrics, count, "bytes_stranded_per_birth");

    (void)state;
#ifdef ENCBUF_MAGAZINE_ONE64
    const double buffers = 4.0 * (double)(expected_capacity(2048) + sizeof(struct encbuf));

    assert_true(stranded == buffers + sizeof(struct encbuf_magazine));
    assert_true(figure(metrics, count, "bytes_asked_per_birth_after_64") == stranded);
    assert_true(figure(metrics, count, "bytes_asked_per_birth_after_320") == buffers);
#else
    assert_true(stranded == 0);
    assert_true(figure(metrics, count, "bytes_asked_per_birth_after_64") == 0);
    assert_true(figure(metrics, count, "bytes_asked_per_birth_after_320") == 0);
#endif
}

/* No share of hand-offs makes a pool ask for memory once it is warm, and none grows. One that keeps four buffers of a
 * class drops what comes back beyond them, and asks for it again. */
static void test_handoff_asks_for_nothing(void **state)
{
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    const size_t count = count_apart(find_workload("handoff"), metrics);

    (void)state;
    assert_int_equal(count, 20);
    for (size_t i = 0; i < count; i++) {
        const double value = figure(metrics, count, metrics[i].name);

#ifdef ENCBUF_RETAIN_COUNT
        const bool may_ask = strstr(metrics[i].name, "_share_0_") == NULL;
#else
        const bool may_ask = false;
#endif
        if (value != 0 && !may_ask && strstr(metrics[i].name, "_bytes_per_op") != NULL)
            fail_msg("%s is %g", metrics[i].name, value);
    }
}

static void test_nothing_served_has_no_waste(void **state)
{
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    struct workload_pool_count count = {0};
    size_t filled;

    (void)state;
    workload_pool_visit(&count, 10 * MIB + 1);
    filled = workload_pool_report(&count, metrics);
    for (size_t i = 0; i < filled; i++)
        assert_string_not_equal(metrics[i].name, "class_waste_percent");
    assert_true(metric_of(metrics, filled, "requests_above_last_class") == 1);
    assert_true(metric_of(metrics, filled, "pool_bytes_at_rest") == 0);
}

/* A trace made up of three calls: strings of 100, 9000 and 66560 bytes (65 KiB), together 75660. By hand:
 * three: 65536 + 65536 + 2097152 = 2228224; ten: 8192 + 16384 + 131072 = 155648; fine: 112 + 10240 + 81920 = 92272;
 * fitted8: 1964 + 11704 + 7439964 = 7453632. */
#if defined(ENCBUF_CLASSES_THREE)
#define KEPT_OF_THREE_CALLS (65536.0 + 65536 + 65536 + 2097152)
#elif defined(ENCBUF_CLASSES_FINE)
#define KEPT_OF_THREE_CALLS (3 * 112.0 + 2 * 10240 + 81920)
#elif defined(ENCBUF_CLASSES_FITTED8)
#define KEPT_OF_THREE_CALLS (3 * 1964.0 + 2 * 11704 + 7439964)
#else
#define KEPT_OF_THREE_CALLS (3 * 8192.0 + 2 * 16384 + 131072)
#endif

static void test_waste_of_a_trace_by_hand(void **state)
{
#if defined(ENCBUF_CLASSES_THREE)
    const double class_bytes = 2228224, rest = 2, percent = 96.604470, of_65_kib = 96.826172;
#elif defined(ENCBUF_CLASSES_FINE)
    const double class_bytes = 92272, rest = 3, percent = 18.003294, of_65_kib = 18.75;
#elif defined(ENCBUF_CLASSES_FITTED8)
    const double class_bytes = 7453632, rest = 3, percent = 98.984924, of_65_kib = 99.105372;
#else
    const double class_bytes = 155648, rest = 3, percent = 51.390317, of_65_kib = 49.21875;
#endif
    static const struct workload_trace_spec spec = {"three-calls.csv", 3, 33280, 75660, 1};
    char directory[] = "conformance-data-XXXXXX", path[128];
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    struct encbench_host other = host;
    size_t filled;

    (void)state;
    assert_non_null(mkdtemp(directory));
    other.data_directory = directory;
    snprintf(path, sizeof path, "%s/%s", directory, spec.file);
    write_file(path, "encoding,input_bytes\nhex,50\nbase64,6750\nhex,33280\n");
    filled = workload_trace_metrics(&other, &spec, metrics);
    unlink(path);
    rmdir(directory);
    assert_true(metric_of(metrics, filled, "byte_operations_kept_per_get") == KEPT_OF_THREE_CALLS / 3.0);
    assert_true(metric_of(metrics, filled, "class_requested_bytes") == 75660);
    assert_true(metric_of(metrics, filled, "class_bytes") == class_bytes);
    assert_true(metric_of(metrics, filled, "buffers_at_rest") == rest);
    assert_float_equal(metric_of(metrics, filled, "class_waste_percent"), percent, 1e-5);
#ifdef ENCBUF_POOL_THREAD
    assert_float_equal(counted("class_sweep", "class_waste_percent_of_66560"), of_65_kib, 1e-5);
#endif
    (void)of_65_kib;
}

static double sum_of(const struct encbench_metric *metrics, size_t count, const char *start)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += strncmp(metrics[i].name, start, strlen(start)) == 0 ? metrics[i].value : 0;
    return sum;
}

/* Both ends of a doubling, and sizes below the first; the traces that are shipped lose no call and no byte. */
static void test_sizes_of_a_trace(void **state)
{
    static struct trace_call calls[] = {
        {.input_bytes = 1}, {.input_bytes = 32}, {.input_bytes = 33}, {.input_bytes = 64}};
    static const struct {
        const char *workload;
        double calls, input_bytes;
    } shipped[] = {{"trace:npm-install", 2167, 102288}, {"trace:webpack-build", 40, 6030453}};
    const struct trace_file file = {.calls = calls, .call_count = 4};
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];

    (void)state;
    assert_int_equal(workload_trace_sizes(&file, metrics, ENCBENCH_METRICS_MAX), 4);
    assert_true(metric_of(metrics, 4, "trace_calls_to_32") == 2);
    assert_true(metric_of(metrics, 4, "trace_input_bytes_to_32") == 33);
    assert_true(metric_of(metrics, 4, "trace_calls_to_64") == 2);
    assert_true(metric_of(metrics, 4, "trace_input_bytes_to_64") == 97);
    assert_int_equal(workload_trace_sizes(&file, metrics, 3), 2);
    for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
        size_t count = find_workload(shipped[i].workload)->metrics(&host, 1, metrics);

        assert_true(sum_of(metrics, count, "trace_calls_to_") == shipped[i].calls);
        assert_true(sum_of(metrics, count, "trace_input_bytes_to_") == shipped[i].input_bytes);
    }
}

#ifdef ENCBUF_POOL_THREAD

/* 16 requests from 68 to 128 KiB, together 1568 KiB: three gives 2 MiB to each, ten 128 KiB, fine 80, 96, 112 and 128
 * KiB to four each. Of the last doubling the four up to 10 MiB are served; the first beyond takes the buffer of the
 * last class, and put drops it, so that all classes but the last rest. Of fitted8 the last class has 7.1 MiB: none of
 * the last doubling is served, and four of the one before are not. */
static void test_sweep_by_hand(void **state)
{
    const double kib = 1568;
#if defined(ENCBUF_CLASSES_THREE)
    const double given_kib = 16 * 2048, first = 100 * (65536 - 24.5) / 65536;
    const double last = 100 * (40 - 37) / 40.0, rest = 2;
#elif defined(ENCBUF_CLASSES_FINE)
    const double given_kib = 4 * (80 + 96 + 112 + 128), first = 100 * (64 - 24.5) / 64;
    const double last = 100 * (40 - 37) / 40.0, rest = 69;
#elif defined(ENCBUF_CLASSES_FITTED8)
    const double given_kib = 16 * 7439964 / 1024.0, first = 100 * (1964 - 24.5) / 1964;
    const double last = 0, rest = 7;
#else
    const double given_kib = 16 * 128, first = 100 * (8192 - 24.5) / 8192;
    const double last = 100 * (40 - 37) / 40.0;
#ifdef ENCBUF_RETAIN_BYTES
    const double rest = 7; /* 8 to 512 KiB are 1016 */
#else
    const double rest = 9;
#endif
#endif

    (void)state;
    assert_float_equal(counted("class_sweep", "class_waste_percent_to_131072"), 100 * (given_kib - kib) / given_kib,
                       1e-4);
    assert_float_equal(counted("class_sweep", "class_waste_percent_to_32"), first, 1e-4);
    assert_float_equal(counted("class_sweep", "class_waste_percent_to_16777216"), last, 1e-4);
#ifdef ENCBUF_CLASSES_FITTED8
    assert_true(counted("class_sweep", "requests_above_last_class") == 20);
#else
    assert_true(counted("class_sweep", "requests_above_last_class") == 12);
#endif
    assert_true(counted("class_sweep", "buffers_at_rest") == rest);
}

#if defined(ENCBUF_POOL_THREAD) && !defined(ENCBUF_ASSIGNS_MMAP_RES)

/* Of each kind: caught, silent, harmful; and orders where two race. */
#define ALL_CAUGHT                                                                                                     \
    {                                                                                                                  \
        1000, 0, 0, 0                                                                                                  \
    }
#define ALL_HARMFUL                                                                                                    \
    {                                                                                                                  \
        0, 0, 1000, 0                                                                                                  \
    }

static const struct misuse {
    const char *kind;
    double counts[4];
} misuses[] = {
    {"double_put", ALL_CAUGHT},
#if defined(ENCBUF_REFS_SEQCST) || defined(ENCBUF_REFS_ACQREL)
    {"double_put_racing", {182, 818, 0, 22}},
    {"stale_put_racing", {267, 679, 54, 150}},
#elif defined(ENCBUF_REFS_MERGED)
    {"double_put_racing", {1000, 0, 0, 12}},
    {"stale_put_racing", {910, 0, 90, 68}},
#elif defined(ENCBUF_REFS_UNIQUE)
    {"double_put_racing", {333, 0, 667, 18}},
    {"stale_put_racing", {249, 0, 751, 120}},
#elif defined(ENCBUF_REFS_TAGGED)
    {"double_put_racing", {1000, 0, 0, 12}},
    {"stale_put_racing", {1000, 0, 0, 68}},
#endif
#ifdef ENCBUF_REFS_TAGGED
    {"stale_put", ALL_CAUGHT},
    {"use_after_get", ALL_CAUGHT},
#else
    {"stale_put", ALL_HARMFUL},
    {"use_after_get", ALL_HARMFUL},
#endif
    {"stale_put_of_16", ALL_HARMFUL},
    {"use_after_put", ALL_CAUGHT},
    {"lost_reference", ALL_HARMFUL},
};
#define MISUSE_COUNT (sizeof misuses / sizeof misuses[0])

static void test_misuse_is_counted_exactly(void **state)
{
    static const char *const outcomes[] = {"caught", "silent", "harmful", "orders"};
    struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
    const size_t count = find_workload("misuse")->metrics(&host, 1, metrics);
    size_t expected = 0;

    (void)state;
    for (size_t i = 0; i < MISUSE_COUNT; i++) {
        const bool races = misuses[i].counts[3] != 0;

        for (size_t outcome = 0; outcome < 3 + (size_t)races; outcome++, expected++) {
            char name[64];
            double value;

            snprintf(name, sizeof name, "misuse_%s_%s_count", misuses[i].kind, outcomes[outcome]);
            value = metric_of(metrics, count, name);
            if (value != misuses[i].counts[outcome])
                fail_msg("%s is %g, expected %g", name, value, misuses[i].counts[outcome]);
        }
    }
    assert_int_equal(count, expected);
}

#endif

#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)

static void test_reput_grows_the_pool_by_pointers(void **state)
{
    const double per_op = sizeof(struct encbuf_magazine) / (double)ENCBUF_MAGAZINE_BUFFERS;
    const double few = counted("reput", "bytes_per_op_at_10_6"), many = counted("reput", "bytes_per_op_at_2_22");

    (void)state;
    assert_true(few >= per_op && few < per_op * 1.001);
    assert_true(counted("reput", "bytes_per_op_at_2_22_minus_at_10_6") == many - few);
}

#endif

#endif

#endif

/* Of each level what its policy says of a peak of four buffers of 10 MiB; only `three` and `ten` have that class,
 * `fine` has 7 MiB and 8. */
static void test_burst_by_level(void **state)
{
#if defined(ENCBUF_CLASSES_FINE)
    const double peak = 4 * 8 * (double)MIB;
#elif defined(ENCBUF_CLASSES_FITTED8)
    const double peak = 4 * (double)LAST_CLASS;
#elif defined(ENCBUF_CLASSES_NA)
    const double peak = 4 * (double)WORKLOAD_BURST_BYTES;
#else
    const double peak = 4 * 10 * (double)MIB;
#endif
#if !defined(ENCBUF_POOLED)
    const double kept_0 = 0, kept_2 = 0, in_new_pool = 0, resident_2 = 0;
#elif defined(ENCBUF_RETAIN_BYTES)
    const double kept_0 = 0, kept_2 = 0, in_new_pool = 0, resident_2 = 0;
#elif defined(ENCBUF_RETAIN_CALIBRATED)
    const double kept_0 = 0, kept_2 = 0, in_new_pool = 0, resident_2 = 0;
#elif defined(ENCBUF_RETAIN_VICTIM) || defined(ENCBUF_RETAIN_DECAY)
    const double kept_0 = peak, kept_2 = 0, in_new_pool = 0, resident_2 = 0;
#elif defined(ENCBUF_RETAIN_ADVISE)
    const double kept_0 = peak, kept_2 = peak, in_new_pool = peak, resident_2 = 0;
#else
    const double kept_0 = peak, kept_2 = peak, in_new_pool = peak, resident_2 = 1;
#endif

    (void)state;
    assert_true(counted("burst", "burst_peak_bytes") == peak);
    assert_true(counted("burst", "burst_kept_after_0_epochs_bytes") == kept_0);
    assert_true(counted("burst", "burst_kept_after_2_epochs_bytes") == kept_2);
    assert_true(counted("burst", "burst_kept_for_ever_bytes") == kept_2);
    assert_true(counted("burst", "burst_kept_after_2_epochs_in_new_pool_bytes") >= in_new_pool);
    assert_true(counted("burst", "burst_kept_after_2_epochs_in_new_pool_bytes") <= in_new_pool + 64 * KIB);
    assert_true((counted("burst", "burst_resident_after_2_epochs_bytes") > 4 * 6 * (double)MIB) == (resident_2 > 0));
}

#if defined(ENCBUF_POOL_THREAD) || defined(ENCBUF_POOL_NONE)

/* After any number of ops as much is live as after any other, and only `retained` keeps mappings. */
static void test_held_buffers_are_steady(void **state)
{
#ifdef ENCBUF_MMAP_RES_RETAINED
    const int64_t mappings = 128;
#else
    const int64_t mappings = 64;
#endif
    const struct encbench_workload *workload = find_workload("held_64");
    const struct workload_held *self;
    char message[256];
    void *opaque;
    long live;

    (void)state;
    assert_int_equal(workload->setup(&host, 1, &opaque, message, sizeof message), 0);
    self = opaque;
    assert_int_equal(mapping_file_mapped_bytes(self->file), 64 * WORKLOAD_SOURCE_BYTES);
    run_rounds(workload, opaque, 1024);
    live = live_blocks;
    for (uint64_t n = 0; n < 200; n += 7) {
        run_rounds(workload, opaque, n);
        assert_int_equal(mapping_file_mapped_bytes(self->file), mappings * WORKLOAD_SOURCE_BYTES);
        assert_int_equal(live_blocks, live);
    }
    workload->teardown(opaque);
}

#endif

static void test_plain_counts_are_refused_to_threads(void **state)
{
#ifdef ENCBUF_REFS_PLAIN
    const int expected = 1;
#else
    const int expected = 0;
#endif
    struct encbench_host of_two = host;
    char message[256] = "";

    (void)state;
    assert_int_equal(workload_refuses_threads(&host, "one", message, sizeof message), 0);
    of_two.thread_count = 2;
    assert_int_equal(workload_refuses_threads(&of_two, "two", message, sizeof message), expected);
    assert_int_equal(strstr(message, "two: 2 threads share buffers and refs plain") != NULL, expected);
    for (uint32_t i = 0; i < encbench_module.workload_count; i++) {
        const struct encbench_workload *workload = &encbench_module.workloads[i];
        void *opaque;

        if (workload->threads_min > 1 && expected == 1 && /* the others share no buffer */
            workload->setup(&of_two, 1, &opaque, message, sizeof message) == 0)
            fail_msg("%s is set up for two threads: expected what workload_refuses_threads says of shared buffers",
                     workload->short_name);
    }
}

/* The digest is of the output: the oracle's strings give the same, other input gives another. */
static void test_digest_is_of_the_output(void **state)
{
    uint64_t hash = WORKLOAD_HASH_START;
    struct encbench_host shifted = host;

    (void)state;
    for (size_t bytes = 1022; bytes <= 1024; bytes++) {
        size_t expected_bytes;
        unsigned char *expected = oracle_encode(CODEC_HEX, input, bytes, &expected_bytes);

        hash = workload_hash(hash, &expected_bytes, sizeof expected_bytes);
        hash = workload_hash(hash, expected, expected_bytes);
        free(expected);
    }
    assert_int_not_equal(workload_mmap_source_digest(&host, 1), workload_mmap_source_digest(&host, 2));
    assert_int_equal(workload_to_string_digest(&host, 1), hash);
    shifted.input++;
    assert_int_not_equal(workload_to_string_digest(&shifted, 1), hash);
    assert_int_not_equal(workload_trace_npm_digest(&host, 1), workload_trace_npm_digest(&shifted, 1));
#ifndef ENCBUF_POOL_DIRECT
    assert_int_not_equal(workload_get_put_digest(&host, 1), workload_get_put_digest(&host, 2));
    assert_int_not_equal(workload_put_digest(&host, 1), workload_put_digest(&host, 2));
    assert_int_not_equal(workload_mixed_digest(&host, 1), workload_mixed_digest(&host, 2));
#endif
}

static void test_host_with_too_little_input_is_refused(void **state)
{
    struct encbench_host small = host;

    (void)state;
    for (uint32_t i = 0; i < encbench_module.workload_count; i++) {
        const struct encbench_workload *workload = &encbench_module.workloads[i];
        char message[256] = "";
        void *opaque;

        if (workload->input_bytes == 0 || is_lacking(workload))
            continue;
        small.input_bytes = workload->input_bytes - 1;
        assert_int_not_equal(workload->setup(&small, 1, &opaque, message, sizeof message), 0);
        assert_non_null(strstr(message, "expected at least"));
    }
}

/* Strict reading of a trace. */

static void check_bad_trace(const char *text, size_t bytes, const char *expected)
{
    char path[] = "conformance-trace-XXXXXX", message[512] = "";
    struct trace_file trace;
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, bytes), (ssize_t)bytes);
    close(file);
    assert_int_equal(trace_file_read(path, &trace, message, sizeof message), expected == NULL ? 0 : -1);
    unlink(path);
    if (expected == NULL) {
        trace_file_free(&trace);
        return;
    }
    if (strstr(message, path) == NULL || strstr(message, expected) == NULL)
        fail_msg("message \"%s\" does not name the file and %s", message, expected);
}

static void test_traces_are_read_strictly(void **state)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"encoding,input_bytes\nhex,1\nbase64,0\nbase64url,1073741824\n", NULL},
        {"", ":1: header"},
        {"encoding,bytes\nhex,1\n", ":1: header is \"encoding,bytes\""},
        {"encoding,input_bytes\n", ":1: no call"},
        {"encoding,input_bytes\r\nhex,1\r\n", ":1: header"},
        {"encoding,input_bytes\nhex,1\nhex,2", ":3: \"hex,2\""},
        {"encoding,input_bytes\nhex,1\n\nhex,2\n", ":3: \"\""},
        {"encoding,input_bytes\nhex\n", ":2: \"hex\""},
        {"encoding,input_bytes\nhex,\n", ":2: \"hex,\""},
        {"encoding,input_bytes\nhex,1,2\n", ":2: \"hex,1,2\""},
        {"encoding,input_bytes\nhex,-1\n", ":2: \"hex,-1\""},
        {"encoding,input_bytes\nhex, 1\n", ":2: \"hex, 1\""},
        {"encoding,input_bytes\nhex,1 \n", ":2: \"hex,1 \""},
        {"encoding,input_bytes\nHEX,1\n", ":2: \"HEX,1\""},
        {"encoding,input_bytes\nbase6,1\n", ":2: \"base6,1\""},
        {"encoding,input_bytes\nhex,1073741825\n", ":2: \"hex,1073741825\""},
        {"encoding,input_bytes\nhex,18446744073709551617\n", ":2: \"hex,18446744073709551617\""},
        {"encoding,input_bytes\nhex,00000000000000000000000000000000000000000000000000000000000000000001\n", ":2: "},
    };
    static const char with_nul[] = "encoding,input_bytes\nhex,1\0\n";

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_bad_trace(cases[i].text, strlen(cases[i].text), cases[i].expected);
    check_bad_trace(with_nul, sizeof with_nul - 1, ":2: \"hex,1\"");
}

static void test_another_trace_is_refused(void **state)
{
    char directory[] = "conformance-data-XXXXXX", path[128], message[256] = "";
    struct encbench_host other = host;
    void *opaque;
    int file;

    (void)state;
    assert_non_null(mkdtemp(directory));
    other.data_directory = directory;
    assert_int_not_equal(workload_trace_npm_setup(&other, 1, &opaque, message, sizeof message), 0);
    assert_non_null(strstr(message, "npm-install.csv: No such file"));
    assert_int_equal(workload_trace_npm_digest(&other, 1), 0);
    snprintf(path, sizeof path, "%s/npm-install.csv", directory);
    file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, "encoding,input_bytes\nhex,20\n", 28), 28);
    close(file);
    assert_int_not_equal(workload_trace_npm_setup(&other, 1, &opaque, message, sizeof message), 0);
    assert_non_null(strstr(message, "1 calls, 40 output bytes"));
    unlink(path);
    rmdir(directory);
}

/* A trace of a user: described from its file, or not there. By hand: hex of 0, 50 and 1000 bytes. */
static void test_own_trace(void **state)
{
    struct encbench_workload row = *find_workload("trace:own");
    char directory[] = "conformance-data-XXXXXX", path[128], message[256] = "";
    struct encbench_host other = host;
    void *opaque;

    (void)state;
    assert_non_null(mkdtemp(directory));
    other.data_directory = directory;
    assert_int_equal(row.describe(directory, &row, message, sizeof message), ENCBENCH_NOT_HERE);
    snprintf(path, sizeof path, "%s/" ENCBENCH_TRACE_FILE, directory);
    write_file(path, "size_bytes\n0\n50\n1000\n");
    assert_int_equal(row.describe(directory, &row, message, sizeof message), 0);
    assert_string_equal(row.op, "3 calls of 0 to 1000 bytes encoded to hex into fresh strings that are freed");
    assert_int_equal(row.input_bytes, 1000);
    assert_int_equal(row.bytes_per_op, 2100);
    assert_int_equal(row.planted_cycles_per_op, 0);
    assert_int_equal(row.setup(&other, 1, &opaque, message, sizeof message), 0);
    assert_int_equal(row.run(opaque, 0, 7), 7 * 2100);
    row.teardown(opaque);
    assert_true(row.digest(&other, 1) != 0);
#ifdef ENCBUF_POOL_THREAD
    {
        struct encbench_metric metrics[ENCBENCH_METRICS_MAX];
        size_t count = row.metrics(&other, 1, metrics);

        assert_true(metric_of(metrics, count, "class_requested_bytes") == 2100);
        assert_float_equal(metric_of(metrics, count, "class_waste_of_asked_percent"),
                           100 * (metric_of(metrics, count, "class_bytes") - 2100) / 2100, 1e-9);
        assert_true(sum_of(metrics, count, "trace_calls_to_") == 3); /* that of no byte in the first doubling */
    }
#endif
    unlink(path);
    write_file(path, "size_bytes\n-1\n");
    assert_int_equal(row.describe(directory, &row, message, sizeof message), -1);
    assert_non_null(strstr(message, ":2: \"-1\" is not a call, expected 0 to "));
    unlink(path);
    rmdir(directory);
}

#define POOL_TEST(function) cmocka_unit_test_setup_teardown(function, pool_setup, pool_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef ENCBUF_POOL_DIRECT
        POOL_TEST(test_get_hands_out_a_fresh_buffer),
        POOL_TEST(test_every_class_boundary),
        POOL_TEST(test_every_quarter_of_a_doubling),
        POOL_TEST(test_reused_buffer_is_fresh_again),
        POOL_TEST(test_put_of_a_released_buffer_returns_at_once),
        POOL_TEST(test_retained_buffer_survives_the_first_put),
        POOL_TEST(test_to_string_is_exact_and_puts),
#if defined(ENCBUF_HAS_MMAP_RES) && !defined(ENCBUF_ASSIGNS_MMAP_RES)
        POOL_TEST(test_put_releases_the_mapping),
#endif
#ifdef ENCBUF_MMAP_RES_ASSIGNED
        POOL_TEST(test_get_assigns_and_the_last_put_releases),
#endif
#ifdef ENCBUF_MMAP_RES_RETAINED
        POOL_TEST(test_a_pooled_buffer_retains_its_first_mapping),
        POOL_TEST(test_a_dropped_buffer_retains_nothing),
#endif
#endif
#if defined(ENCBUF_POOL_NONE) || defined(ENCBUF_POOL_FRAME)
        POOL_TEST(test_nothing_is_kept),
#endif
#ifdef ENCBUF_POOL_FRAME
        POOL_TEST(test_second_put_does_nothing),
#endif
#ifdef ENCBUF_POOLED
        POOL_TEST(test_pooled_buffer_is_reused),
        POOL_TEST(test_double_put_pools_once),
        POOL_TEST(test_put_after_the_next_get),
        POOL_TEST(test_second_reference_pools_once),
        POOL_TEST(test_wrong_capacity_is_remade),
        POOL_TEST(test_wrong_capacity_is_dropped),
        POOL_TEST(test_oversize_is_exact_and_dropped),
#ifdef KEEPS_MANY
        POOL_TEST(test_oversize_remakes_a_pooled_buffer),
        POOL_TEST(test_magazines_overflow_and_underflow),
        POOL_TEST(test_wrong_capacity_from_the_shared_list_is_remade),
        POOL_TEST(test_one_thread_puts_what_another_got),
#endif
#ifdef ENCBUF_RETAIN_ALL
        POOL_TEST(test_the_pool_may_hold_a_buffer_many_times),
#endif
#if defined(ENCBUF_POOL_THREAD) && defined(ENCBUF_RETAIN_ALL)
        cmocka_unit_test(test_footprint),
        cmocka_unit_test(test_reput_grows_the_pool_by_pointers),
#endif
        POOL_TEST(test_what_a_peak_leaves),
        POOL_TEST(test_what_is_used_stays),
#ifdef ENCBUF_RETAIN_BYTES
        POOL_TEST(test_the_budget_is_exact),
#endif
#ifdef ENCBUF_RETAIN_CALIBRATED
        POOL_TEST(test_calibration_drops_what_few_ask_for),
#endif
#ifdef ENCBUF_RETAIN_ADVISE
        POOL_TEST(test_advice_gives_back_what_is_idle),
#endif
        POOL_TEST(test_pool_survives_teardown_and_setup),
        POOL_TEST(test_two_threads_hand_buffers_over),
        POOL_TEST(test_one_thread_only_gets_and_another_only_puts),
        POOL_TEST(test_threads_contend_for_the_shared_lists),
#endif
#ifdef ENCBUF_MAGAZINE_ONE64
        POOL_TEST(test_shared_list_loses_and_doubles_nothing),
#endif
        cmocka_unit_test(test_burst_by_level),
        POOL_TEST(test_strings_equal_the_oracle),
        POOL_TEST(test_requests_of_an_op),
        cmocka_unit_test(test_module_describes_itself),
        cmocka_unit_test(test_workloads_are_offered_where_they_make_sense),
        cmocka_unit_test(test_workloads_produce_and_clean_up),
        cmocka_unit_test(test_the_same_is_counted_twice),
        cmocka_unit_test(test_the_field_is_counted_where_it_is_assigned),
#ifndef ENCBUF_POOL_DIRECT
        cmocka_unit_test(test_mixed_has_its_shares),
#endif
#ifdef ENCBUF_POOLED
        POOL_TEST(test_pool_metrics_count),
        POOL_TEST(test_nothing_served_has_no_waste),
        cmocka_unit_test(test_churn_strands_nothing),
        cmocka_unit_test(test_handoff_asks_for_nothing),
        cmocka_unit_test(test_waste_of_a_trace_by_hand),
        cmocka_unit_test(test_sizes_of_a_trace),
#endif
#ifdef ENCBUF_POOL_THREAD
        cmocka_unit_test(test_sweep_by_hand),
#ifndef ENCBUF_ASSIGNS_MMAP_RES
        cmocka_unit_test(test_misuse_is_counted_exactly),
#endif
#endif
#if defined(ENCBUF_POOL_THREAD) || defined(ENCBUF_POOL_NONE)
        cmocka_unit_test(test_held_buffers_are_steady),
#endif
        cmocka_unit_test(test_plain_counts_are_refused_to_threads),
        cmocka_unit_test(test_digest_is_of_the_output),
        cmocka_unit_test(test_host_with_too_little_input_is_refused),
        cmocka_unit_test(test_traces_are_read_strictly),
        cmocka_unit_test(test_own_trace),
        cmocka_unit_test(test_another_trace_is_refused),
#ifdef ENCBUF_POOLED
        POOL_TEST(test_more_threads_than_slots),
        POOL_TEST(test_more_threads_alive_than_slots),
#endif
    };

    return cmocka_run_group_tests_name(ENCBUF_VARIANT, tests, group_setup, group_teardown);
}
