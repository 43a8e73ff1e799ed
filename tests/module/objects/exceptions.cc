// Exceptions within a module: thrown in one function and caught in another, through one that has to clean up, rethrown, of a class with a
// base, by a function that is cold; and a backtrace through all of them.
#include <cstdio>
#include <stdexcept>
#include <unwind.h>

static int cleaned;

struct cleaner {
    ~cleaner() { cleaned++; }
};
struct own : std::runtime_error {
    int number;
    explicit own(int value) : std::runtime_error("own"), number(value) {}
};

static _Unwind_Reason_Code count(struct _Unwind_Context *, void *frames)
{
    ++*static_cast<int *>(frames);
    return _URC_NO_REASON;
}

__attribute__((noinline, cold)) static void thrower(int value, int *frames)
{
    _Unwind_Backtrace(count, frames);
    throw own(value);
}

__attribute__((noinline)) static void passer(int value, int *frames)
{
    cleaner clean;
    try {
        thrower(value, frames);
    } catch (const std::logic_error &) {
        std::puts("the wrong one");
    }
}

__attribute__((noinline)) static void again(int value, int *frames)
{
    try {
        passer(value, frames);
    } catch (...) {
        cleaned++;
        throw;
    }
}

extern "C" const char *objects_op(void);
extern "C" const char *objects_op(void)
{
    static char text[80];
    int caught = 0, frames = 0;
    cleaned = 0;
    for (int i = 1; i <= 3; i++) {
        try {
            again(i, &frames);
        } catch (const std::runtime_error &error) {
            caught += dynamic_cast<const own &>(error).number;
        }
    }
    std::snprintf(text, sizeof text, "caught %d, cleaned %d, %s", caught, cleaned, frames > 15 ? "traced" : "lost");
    return text;
}
