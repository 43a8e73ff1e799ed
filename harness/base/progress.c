#include "base/progress.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 30 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void left_words(const struct progress *progress, char *words, size_t bytes)
{
    const double spent_s = (double)(now_ns() - progress->start_ns) / 1e9;
    const double left_s = spent_s / (double)progress->done * (double)(progress->total - progress->done);
    snprintf(words, bytes, "%zu of %zu, %d:%02d left", progress->done, progress->total, (int)left_s / 60,
             (int)left_s % 60);
}

/* Never as wide as the terminal: a line that wraps cannot be drawn over. */
static void draw(const struct progress *progress)
{
    char bar[BAR_WIDTH + 1] = "", left[64], text[256];
    const size_t filled = progress->done * BAR_WIDTH / progress->total;
    const int columns = text_terminal_columns(STDERR_FILENO);
    for (size_t i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    left_words(progress, left, sizeof left);
    snprintf(text, sizeof text, "%s [%s] %3zu %%  %s", progress->label, bar, progress->done * 100 / progress->total,
             left);
    if (columns > 0 && strlen(text) >= (size_t)columns)
        snprintf(text, sizeof text, "%s %zu %%, %s", progress->label, progress->done * 100 / progress->total, left);
    fprintf(stderr, "\r\033[K%.*s", columns > 0 ? columns - 1 : (int)sizeof text, text);
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
    char left[64];
    left_words(progress, left, sizeof left);
    fprintf(stderr, "%s: %zu %%, %s\n", progress->label, tenth * 10, left);
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
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    text_print_words(stderr, text ? text : "(out of memory)", 0, 2, text_terminal_columns(STDERR_FILENO));
    free(text);
}
