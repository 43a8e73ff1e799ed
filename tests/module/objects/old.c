/* What C has had since long ago: common symbols, nested commons of another size, a string shared with others. */
#include <stdio.h>

int objects_common;
char objects_common_bytes[100];

extern const char *objects_op(void);
const char *objects_op(void)
{
    static char text[80];
    objects_common = 3;
    objects_common_bytes[99] = 'x';
    snprintf(text, sizeof text, "%d%c", objects_common, objects_common_bytes[99]);
    return text;
}
