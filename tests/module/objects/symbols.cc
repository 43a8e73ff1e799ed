// Kinds of symbols: inline variables and statics of inline functions (one in the process, by the standard; each module's own, here), an
// indirect function, a weak one that nobody has, what libgcc has.
#include <cstdio>
#include <typeinfo>

template <class T> struct holder {
    static int value;
};
template <class T> int holder<T>::value = 3;

inline int *of_inline()
{
    static int calls;
    calls++;
    return &calls;
}

struct base {
    virtual ~base() {}
    virtual int number() const { return 1; }
};
struct derived : base {
    int number() const override { return 4; }
};

extern "C" {
static int chosen(void) { return 6; }
int (*choose(void))(void);
int (*choose(void))(void) { return chosen; }
int indirect(void) __attribute__((ifunc("choose")));
extern int nobody_has_this(void) __attribute__((weak));
}

__attribute__((noinline, section(".text.startup.own"))) static int at_start() { return 8; }
__attribute__((noinline, section(".text.unlikely.own"))) static int unlikely() { return 9; }

extern "C" const char *objects_op(void);
extern "C" const char *objects_op(void)
{
    static char text[80];
    const base *object = new derived;
    const bool typed = typeid(*object) == typeid(derived);
    volatile unsigned __int128 big = static_cast<unsigned __int128>(7) << 100;
    volatile unsigned __int128 divisor = static_cast<unsigned __int128>(1) << 97;
    const int before = *of_inline();
    std::snprintf(text, sizeof text, "%d %d %d %d %d %d %d %d", holder<int>::value, *of_inline() - before, object->number(), typed,
                  indirect(), nobody_has_this ? 1 : 0, static_cast<int>(big / divisor), at_start() + unlikely());
    delete object;
    return text;
}
