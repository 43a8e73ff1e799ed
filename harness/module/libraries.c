#include "module/libraries.h"

#include "base/hash.h"
#include "base/process.h"

#include <stdlib.h>
#include <string.h>

/* The measured process has no LD_LIBRARY_PATH either. A line of what is loaded: NAME => /PATH (0xADDRESS), or
 * /PATH (0xADDRESS). */
static const char script[] =
    "loaded=$(env -i PATH=/usr/bin:/bin LC_ALL=C ldd \"$1\" 2>&1) || exit\n"
    "case $loaded in *'not found'*) exit 1 ;; esac\n"
    "printf '%s\\n' \"$loaded\" | sed -n 's|^.* => ||; s|^[^/]*\\(/.*\\) (0x[0-9a-f]*)$|\\1|p' | sort -u\n";

bool module_libraries_hash(const struct module_info *module, uint64_t *hash)
{
    const char *const command[] = {"sh", "-c", script, "sh", module->described_file, NULL};
    const bool is_shared = module->single_layout || module->layout_count > 0;
    if (!is_shared && module->object.need_count == 0 && module->object.runtime == NULL)
        return true;
    char *text = process_output(command), *rest = text;
    const bool known = text && *text;
    for (char *path; known && (path = strsep(&rest, "\n")) != NULL;)
        *hash = hash_contents(*hash, path);
    free(text);
    return known;
}
