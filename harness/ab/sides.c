#include "ab/sides.h"

#include "module/names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the ending of a file says that it is. */
static const struct {
    const char *ending;
    enum ab_language language;
} endings[] = {{".c", AB_C},   {".cc", AB_CXX},  {".cpp", AB_CXX}, {".cxx", AB_CXX},
               {".C", AB_CXX}, {".rs", AB_RUST}, {".o", AB_BUILT}, {".so", AB_BUILT}};

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static int find_language(struct ab_side *side, const struct stat *status, struct error *error)
{
    side->language = AB_BUILT;
    if (S_ISDIR(status->st_mode)) /* of layouts, or of objects */
        return 0;
    if (ends_in(side->file, ".a"))
        return error_set(error, EXIT_USAGE,
                         "%s: is an archive, which has no variant of its own; name the object or the source that has "
                         "it, and the archive with --ldlibs",
                         side->file);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (ends_in(side->file, endings[i].ending)) {
            side->language = endings[i].language;
            return 0;
        }
    return error_set(error, EXIT_USAGE,
                     "%s: expected a source (.c .cc .cpp .cxx .rs), an object (.o), a shared object (.so) or a "
                     "directory of its layouts",
                     side->file);
}

static int read_side(struct ab_side *side, const char *word, struct error *error)
{
    struct stat status;
    struct shell_words words = {0};
    *side = (struct ab_side){0};
    if (stat(word, &status) != 0 && shell_words_split(&words, word, "ab", error) != 0)
        return error->code;
    const char *file = words.count ? words.word[0] : word;
    if (*file == '\0' || snprintf(side->file, sizeof side->file, "%s", file) >= (int)sizeof side->file)
        error_set(error, EXIT_USAGE, "ab: \"%.200s\" is not the name of a file", file);
    else if (stat(file, &status) != 0)
        error_set(error, EXIT_USAGE, "%s: %s; expected a source, an object or a module", file, strerror(errno));
    else
        find_language(side, &status, error);
    for (size_t i = 1; i < words.count && error->code == 0; i++)
        shell_words_add(&side->flags, words.word[i], error);
    if (error->code == 0 && side->language == AB_BUILT && side->flags.count > 0)
        error_set(error, EXIT_USAGE, "%s: is built already, so %s says nothing of it; flags go with a source", file,
                  side->flags.word[0]);
    shell_words_free(&words);
    return error->code;
}

static int too_many(struct error *error)
{
    return error_set(error, EXIT_USAGE, "ab: more than %d sides; compare fewer at once", AB_SIDES_MAX);
}

int ab_sides_read(struct ab_sides *sides, const char *const *words, struct error *error)
{
    *sides = (struct ab_sides){0};
    for (size_t i = 0; words[i] && error->code == 0; i++) {
        if (sides->count == AB_SIDES_MAX)
            return too_many(error);
        read_side(&sides->side[sides->count++], words[i], error);
    }
    return error->code;
}

void ab_sides_free(struct ab_sides *sides)
{
    for (size_t i = 0; i < sides->count; i++)
        shell_words_free(&sides->side[i].flags);
    sides->count = 0;
}

int ab_sides_insert(struct ab_sides *sides, size_t of, const char *select, struct error *error)
{
    if (sides->count == AB_SIDES_MAX)
        return too_many(error);
    memmove(&sides->side[of + 2], &sides->side[of + 1], (sides->count - of - 1) * sizeof sides->side[0]);
    sides->count++;
    struct ab_side *side = &sides->side[of + 1];
    *side = sides->side[of];
    side->flags = (struct shell_words){0};
    snprintf(side->select, sizeof side->select, "%s", select);
    return shell_words_append(&side->flags, &sides->side[of].flags, error);
}

bool ab_sides_same(const struct ab_side *a, const struct ab_side *b)
{
    bool same = strcmp(a->file, b->file) == 0 && strcmp(a->select, b->select) == 0 && a->flags.count == b->flags.count;
    for (size_t i = 0; same && i < a->flags.count; i++)
        same = strcmp(a->flags.word[i], b->flags.word[i]) == 0;
    return same;
}

/* ---- labels ---- */

/* Bytes of the paths up to the last slash before which all are alike. */
static size_t common_bytes(const struct ab_sides *sides)
{
    const char *first = sides->side[0].file;
    size_t common = 0;
    for (size_t at = 0; first[at]; at++) {
        for (size_t i = 1; i < sides->count; i++)
            if (sides->side[i].file[at] != first[at])
                return common;
        common = first[at] == '/' ? at + 1 : common;
    }
    return common;
}

enum { BY_VARIANT, BY_STEM, BY_STEM_AND_VARIANT, BY_PATH, BY_PATH_AND_VARIANT, BY_FLAGS, BY_NUMBER };

/* Where a label is too long or not legal: the next way. */
static void name_side(const struct ab_sides *sides, size_t index, int way, char label[static 2 * PATH_MAX])
{
    const struct ab_side *side = &sides->side[index];
    const char *slash = strrchr(side->file, '/');
    const char *path = way >= BY_PATH && way <= BY_PATH_AND_VARIANT ? side->file + common_bytes(sides)
                       : slash && slash[1]                          ? slash + 1
                                                                    : side->file;
    const char *dot = strrchr(path, '.');
    const int stem = dot && dot != path && dot[-1] != '/' && !strchr(dot, '/') ? (int)(dot - path) : (int)strlen(path);
    const bool with_variant =
        way == BY_STEM_AND_VARIANT || way == BY_PATH_AND_VARIANT || (way > BY_PATH && *side->select);
    size_t used = way == BY_VARIANT ? (size_t)snprintf(label, 2 * PATH_MAX, "%s", side->variant)
                                    : (size_t)snprintf(label, 2 * PATH_MAX, "%.*s%s%s", stem, path,
                                                       with_variant ? ":" : "", with_variant ? side->variant : "");
    for (size_t i = 0; way >= BY_FLAGS && i < side->flags.count && used < ENCBENCH_NAME_BYTES; i++)
        used += (size_t)snprintf(label + used, 2 * PATH_MAX - used, "%s", side->flags.word[i]);
    if (way == BY_NUMBER)
        snprintf(label + strnlen(label, ENCBENCH_NAME_BYTES - 8), 32, ":%zu", index + 1);
    for (char *at = label; *at; at++) {
        const char one[2] = {*at == '/' ? ':' : *at, '\0'};
        *at = names_is_legal(one) ? one[0] : '_';
    }
}

/* Whether a way names every side legally and differently. */
static bool label_by(struct ab_sides *sides, int way)
{
    char label[2 * PATH_MAX];
    for (size_t i = 0; i < sides->count; i++) {
        name_side(sides, i, way, label);
        if (!names_is_legal(label) || names_variant_is_reserved(label))
            return false;
        snprintf(sides->side[i].label, sizeof sides->side[i].label, "%.*s", ENCBENCH_NAME_BYTES - 1, label);
        for (size_t before = 0; before < i; before++)
            if (strcmp(sides->side[before].label, sides->side[i].label) == 0)
                return false;
    }
    return true;
}

void ab_sides_label(struct ab_sides *sides)
{
    int way = BY_VARIANT;
    while (!label_by(sides, way) && way < BY_NUMBER)
        way++;
}
