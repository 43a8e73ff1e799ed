#include "stats/growth.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

bool growth_is_metric(const char *metric)
{
    return strcmp(metric, GROWTH_METRIC_STEADY) == 0 || strcmp(metric, GROWTH_METRIC_LAST) == 0;
}

size_t growth_checkpoints(uint64_t limit, uint64_t multiple, int64_t operations[static GROWTH_POINTS_MAX])
{
    static const uint64_t planned[GROWTH_POINTS_MAX - 1] = {0,     100,    1000,   3000,           GROWTH_STEADY_OPS,
                                                            30000, 100000, 300000, GROWTH_LAST_OPS};
    const uint64_t step = multiple ? multiple : 1;
    size_t count = 0;
    operations[count++] = -(int64_t)((GROWTH_WARM_UP_OPS + step - 1) / step * step);
    for (size_t i = 0; i < GROWTH_POINTS_MAX - 1 && planned[i] <= limit; i++) {
        const int64_t wanted = (int64_t)((planned[i] + step - 1) / step * step);
        if (wanted > operations[count - 1])
            operations[count++] = wanted;
    }
    return count;
}

const char *growth_class_name(enum growth_class class)
{
    static const char *const names[] = {"bounded", "retaining", "growing", "not available"};
    return names[class];
}

/* Checkpoints that were reached: nothing is known beyond the first that was not. */
static size_t reached(const struct growth_point *points, size_t count)
{
    size_t seen = 0;
    while (seen < count && !isnan(points[seen].live_bytes))
        seen++;
    return seen;
}

/* Index of the first of the last checkpoints among those reached. */
static size_t first_of_last(const struct growth_point *points, size_t seen)
{
    const int64_t decade = points[seen - 1].operations / 10;
    size_t first = 0;
    while (first < seen && (points[first].operations < GROWTH_STEADY_OPS || points[first].operations < decade))
        first++;
    return first;
}

/* One quantity over the last checkpoints. */
struct course {
    double first, last, range, per_1000_ops;
};

static struct course course_of(const struct growth_point *points, size_t first, size_t seen, bool mapped)
{
    double least = INFINITY, most = -INFINITY;
    bool known = true;
    for (size_t i = first; i < seen; i++) {
        const double value = mapped ? points[i].mapped_bytes : points[i].live_bytes;
        known = known && !isnan(value);
        least = fmin(least, value);
        most = fmax(most, value);
    }
    if (!known)
        return (struct course){NAN, NAN, NAN, NAN};
    const struct growth_point *from = &points[first], *to = &points[seen - 1];
    struct course course = {mapped ? from->mapped_bytes : from->live_bytes, mapped ? to->mapped_bytes : to->live_bytes,
                            most - least, NAN};
    course.per_1000_ops = 1000 * (course.last - course.first) / (double)(to->operations - from->operations);
    return course;
}

static enum growth_class classify(struct course live, struct course mapped, double live_at_rest, double mapped_at_rest)
{
    if (live.per_1000_ops > 0 || mapped.per_1000_ops > 0)
        return GROWTH_GROWING;
    if (!(live.range == 0 && mapped.range == 0))
        return GROWTH_NOT_AVAILABLE;
    return live_at_rest > 0 || mapped_at_rest > 0 ? GROWTH_RETAINING : GROWTH_BOUNDED;
}

static void say_course(char *text, size_t bytes, const char *what, struct course course)
{
    if (isnan(course.range))
        snprintf(text, bytes, "%s not counted", what);
    else if (course.range == 0)
        snprintf(text, bytes, "%s %.0f at each", what, course.last);
    else
        snprintf(text, bytes, "%s from %.0f to %.0f within a range of %.0f", what, course.first, course.last,
                 course.range);
}

static void explain(struct growth *growth, const struct growth_point *points, size_t first, size_t seen, size_t count,
                    struct course live, struct course mapped)
{
    char live_text[96], mapped_text[96], stopped[64] = "";
    say_course(live_text, sizeof live_text, "live bytes", live);
    say_course(mapped_text, sizeof mapped_text, "mapped bytes", mapped);
    if (seen < count)
        snprintf(stopped, sizeof stopped, "; stopped for time before %" PRId64, points[seen].operations);
    snprintf(growth->reason, sizeof growth->reason, "%zu checkpoints from %" PRId64 " to %" PRId64 " ops: %s; %s%s",
             seen - first, points[first].operations, points[seen - 1].operations, live_text, mapped_text, stopped);
}

void growth_judge(struct growth *growth, const struct growth_point *points, size_t count)
{
    const size_t seen = reached(points, count);
    *growth = (struct growth){GROWTH_NOT_AVAILABLE, NAN, NAN, NAN, NAN, ""};
    if (seen == 0) {
        snprintf(growth->reason, sizeof growth->reason, "nothing was counted: the interposer could not be preloaded");
        return;
    }
    const size_t first = first_of_last(points, seen);
    if (seen - first < 2) {
        snprintf(growth->reason, sizeof growth->reason,
                 "too few checkpoints: %zu from %d ops on; the pass came to %" PRId64 " ops in its time", seen - first,
                 GROWTH_STEADY_OPS, points[seen - 1].operations);
        return;
    }
    const struct course live = course_of(points, first, seen, false), mapped = course_of(points, first, seen, true);
    growth->live_bytes_per_1000_ops = live.per_1000_ops;
    growth->mapped_bytes_per_1000_ops = mapped.per_1000_ops;
    growth->live_bytes_at_rest = live.last - points[0].live_bytes;
    growth->mapped_bytes_at_rest = mapped.last - points[0].mapped_bytes;
    growth->class = classify(live, mapped, growth->live_bytes_at_rest, growth->mapped_bytes_at_rest);
    explain(growth, points, first, seen, count, live, mapped);
}

/* The first checkpoint of so many operations since the warm-up; NULL when it was not reached. */
static const struct growth_point *point_at(const struct growth_point *points, size_t count, int64_t operations)
{
    const size_t seen = reached(points, count);
    for (size_t i = 0; i < seen; i++)
        if (points[i].operations >= operations)
            return &points[i];
    return NULL;
}

double growth_steady_bytes(const struct growth_point *points, size_t count)
{
    const struct growth_point *warm = point_at(points, count, 0), *steady = point_at(points, count, GROWTH_STEADY_OPS);
    return steady ? steady->live_bytes - warm->live_bytes : NAN;
}

double growth_last_range_bytes(const struct growth_point *points, size_t count)
{
    if (point_at(points, count, GROWTH_LAST_OPS) == NULL)
        return NAN;
    const size_t seen = reached(points, count);
    return course_of(points, first_of_last(points, seen), seen, false).range;
}
