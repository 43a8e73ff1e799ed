// The part in C++ of bindings_module.c: what the standard makes one across objects (the body of an inline function and its static variable,
// a static member of a template), a constructor of a static object, an exception, a destructor at the end of a thread.
#include <stdexcept>
#include <string>

template <class T> struct bindings_holder {
    static T value;
};
template <class T> T bindings_holder<T>::value = BINDINGS_WORK;

// Volatile: a body that the compiler folds into its caller needs no symbol.
__attribute__((noinline)) inline int bindings_inline_body()
{
    static int calls = 0;
    volatile int work = BINDINGS_WORK;
    calls += work;
    return calls;
}

static int constructions;
struct bindings_constructed {
    std::string text;
    bindings_constructed() : text(BINDINGS_WORK + 40, 'c')
    {
        constructions++;
    }
    ~bindings_constructed()
    {
        bindings_holder<int>::value = 0;
    }
};
static bindings_constructed constructed;
static thread_local std::string of_thread(BINDINGS_WORK, 't');

extern "C" int bindings_cc(const char **wrong, int work);
extern "C" int bindings_cc(const char **wrong, int work)
{
    const int before = bindings_inline_body(), value = bindings_holder<int>::value;
    int caught = 0;
    try {
        if (work > 0)
            throw std::out_of_range(std::string(work, 'x'));
    } catch (const std::exception &exception) {
        caught = static_cast<int>(std::string(exception.what()).size());
    }
    if (bindings_inline_body() - before != work)
        *wrong = "bindings_inline_body";
    else if (value % work != 0 || value / work < 1)
        *wrong = "bindings_holder<int>::value";
    else if (constructed.text.size() != static_cast<size_t>(work + 40) || constructions != 1)
        *wrong = "bindings_constructed";
    else if (caught != work)
        *wrong = "std::exception";
    else if (of_thread.size() != static_cast<size_t>(work))
        *wrong = "of_thread";
    bindings_holder<int>::value += work;
    if (bindings_holder<int>::value != value + work)
        *wrong = "bindings_holder<int>::value";
    return caught + value;
}
