// What runs when a module is loaded and when its process ends: by priority, in the order of the source, once; objects of threads, too.
#include <cstdio>
#include <pthread.h>
#include <string>
#include <unistd.h>

static char order[16];
static int loaded, thread_objects;

static void note(char letter)
{
    order[loaded++] = letter;
}

struct noted {
    std::string text; // of the heap
    char letter;
    explicit noted(char value) : text(40, value), letter(value) { note(value); }
    ~noted()
    {
        const char line[] = {letter, '\n'};
        if (write(2, line, sizeof line) < 0)
            _exit(9);
    }
};
static noted third('c'), fourth('d');
static noted second __attribute__((init_priority(200)))('b'), first __attribute__((init_priority(150)))('a');

__attribute__((constructor(65000))) static void fifth() // behind what is 0 to 64999, ahead of what has none
{
    note('e');
}

// Where other compilers list them; in which order with the others, nobody says.
static int listed;
static void of_ctors()
{
    listed++;
}
__attribute__((used, section(".ctors"))) static void (*const in_ctors)() = of_ctors;

struct of_thread {
    std::string text;
    of_thread() : text(30, 't') { thread_objects++; }
    ~of_thread() { thread_objects--; }
};
static thread_local of_thread mine;
thread_local int visible_counter = 5; // another model than a static one

static void *in_thread(void *)
{
    return reinterpret_cast<void *>(mine.text.size() + static_cast<size_t>(visible_counter++));
}

extern "C" const char *objects_op(void);
extern "C" const char *objects_op(void)
{
    static char text[80];
    pthread_t thread;
    void *size = nullptr;
    if (pthread_create(&thread, nullptr, in_thread, nullptr) == 0)
        pthread_join(thread, &size);
    const int before = mine.text.size() == 30 ? thread_objects : -1;
    std::snprintf(text, sizeof text, "%s, %d listed, %d of 35 in a thread, %d left, %zu", order, listed,
                  static_cast<int>(reinterpret_cast<size_t>(size)), before,
                  third.text.size() + fourth.text.size() + first.text.size() + second.text.size());
    return text;
}
