/*
 * Whether a file is still the one that was read.
 */
#ifndef ENCBENCH_CHECKSUM_H
#define ENCBENCH_CHECKSUM_H

#include "base/error.h"

#include <stdint.h>

/* A CRC-32, and that of a file, as eight hexadecimal digits. */
enum { CHECKSUM_CRC32_BYTES = 9 };
void checksum_words(uint32_t sum, char crc[static CHECKSUM_CRC32_BYTES]);
int checksum_crc32(const char *path, char crc[static CHECKSUM_CRC32_BYTES], struct error *error);

#endif
