#include "present/version.h"

#include "module/provenance.h"

#include <stdio.h>
#include <string.h>

void version_print(void)
{
    struct paths paths;
    struct error error = {0};
    struct provenance_revision revision;
    printf("encbench %s", ENCBENCH_VERSION);
    if (paths_find(&paths, &error) == 0) {
        provenance_find_revision(&paths, &revision);
        if (*revision.commit)
            printf(", revision %.12s%s", revision.commit,
                   strcmp(revision.dirty, "yes") == 0 ? " and changes to it" : "");
        if (paths.installed)
            printf(", %s%sin %s", revision.how, *revision.how ? " " : "installed ", paths.root);
        else
            printf(", built in %s", paths.build);
    }
    puts("");
}
