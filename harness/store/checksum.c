#include "store/checksum.h"

#include "base/paths.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

void checksum_words(uint32_t sum, char crc[static CHECKSUM_CRC32_BYTES])
{
    snprintf(crc, CHECKSUM_CRC32_BYTES, "%08" PRIx32, sum);
}

int checksum_crc32(const char *path, char crc[static CHECKSUM_CRC32_BYTES], struct error *error)
{
    unsigned char bytes[1 << 14];
    uLong sum = crc32(0, NULL, 0);
    const int fd = paths_open_file(path, "the bytes that were measured", error);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (fd >= 0 && file == NULL)
        close(fd);
    for (size_t count; file && (count = fread(bytes, 1, sizeof bytes, file)) > 0;)
        sum = crc32(sum, bytes, (uInt)count);
    if (error->code == 0 && (file == NULL || ferror(file)))
        error_set(error, EXIT_USAGE, "%s: cannot be read: %s", path, strerror(errno));
    if (file)
        fclose(file);
    checksum_words((uint32_t)sum, crc);
    return error->code;
}
