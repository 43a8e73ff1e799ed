#include "progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void print_left(const struct progress *progress)
{
    const double spent_s = (double)(now_ns() - progress->start_ns) / 1e9;
    const double left_s = spent_s / (double)progress->done * (double)(progress->total - progress->done);
    fprintf(stderr, "%zu of %zu, %d:%02d left", progress->done, progress->total, (int)left_s / 60, (int)left_s % 60);
}

static void draw(const struct progress *progress)
{
    const size_t filled = progress->done * BAR_WIDTH / progress->total;
    fprintf(stderr, "\r\033[K%s [", progress->label);
    for (size_t i = 0; i < BAR_WIDTH; i++)
        fputc(i < filled ? '#' : '.', stderr);
    fprintf(stderr, "] %3zu %%  ", progress->done * 100 / progress->total);
    print_left(progress);
    fflush(stderr);
}

void progress_start(struct progress *progress, const char *label, size_t total, bool quiet)
{
    *progress = (struct progress){.label = label,
                                  .quiet = quiet || total == 0,
                                  .terminal = isatty(STDERR_FILENO),
                                  .total = total,
                                  .start_ns = now_ns()};
}

void progress_step(struct progress *progress)
{
    progress->done++;
    if (progress->quiet)
        return;
    if (progress->terminal) {
        draw(progress);
        return;
    }
    const size_t tenth = progress->done * 10 / progress->total;
    if (tenth == progress->last_tenth)
        return;
    progress->last_tenth = tenth;
    fprintf(stderr, "%s: %zu %%, ", progress->label, tenth * 10);
    print_left(progress);
    fputc('\n', stderr);
}

void progress_end(struct progress *progress)
{
    if (!progress->quiet && progress->terminal && progress->done > 0)
        fprintf(stderr, "\r\033[K");
    progress->done = 0;
}

void progress_say(const struct progress *progress, const char *format, ...)
{
    if (progress->quiet)
        return;
    if (progress->terminal && progress->done > 0)
        fprintf(stderr, "\r\033[K");
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}
