/* What is compared: three encoders that give the same bytes. None of them knows of encbench. */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline size_t base64_bytes(size_t bytes)
{
    return (bytes + 2) / 3 * 4;
}

static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The last one or two bytes; returns where the output ends. */
static inline char *base64_tail(const unsigned char *in, size_t bytes, char *out)
{
    const uint32_t word = (uint32_t)in[0] << 16 | (bytes > 1 ? (uint32_t)in[1] << 8 : 0);
    out[0] = base64_alphabet[word >> 18];
    out[1] = base64_alphabet[word >> 12 & 63];
    out[2] = '=';
    if (bytes > 1)
        out[2] = base64_alphabet[word >> 6 & 63];
    out[3] = '=';
    return out + 4;
}

/* A character at a time. */
static inline size_t base64_plain(const unsigned char *in, size_t bytes, char *out)
{
    char *at = out;
    for (; bytes >= 3; in += 3, bytes -= 3, at += 4) {
        const uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        at[0] = base64_alphabet[word >> 18];
        at[1] = base64_alphabet[word >> 12 & 63];
        at[2] = base64_alphabet[word >> 6 & 63];
        at[3] = base64_alphabet[word & 63];
    }
    if (bytes > 0)
        at = base64_tail(in, bytes, at);
    return (size_t)(at - out);
}

/* Two characters at a time, from a table of 8 KiB that the first call fills. */
static inline size_t base64_pairs(const unsigned char *in, size_t bytes, char *out)
{
    static char table[4096][2];
    char *at = out;
    if (table[0][0] == '\0')
        for (unsigned i = 0; i < 4096; i++) {
            table[i][0] = base64_alphabet[i >> 6];
            table[i][1] = base64_alphabet[i & 63];
        }
    for (; bytes >= 3; in += 3, bytes -= 3, at += 4) {
        const uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        memcpy(at, table[word >> 12], 2);
        memcpy(at + 2, table[word & 4095], 2);
    }
    if (bytes > 0)
        at = base64_tail(in, bytes, at);
    return (size_t)(at - out);
}

/* Without a table: a sum of what each range of the alphabet is ahead of the one before. */
static inline char base64_sum(uint32_t value)
{
    int sum = (int)value + 'A';
    sum += value > 25 ? 'a' - 'Z' - 1 : 0;
    sum += value > 51 ? '0' - 'z' - 1 : 0;
    sum += value > 61 ? '+' - '9' - 1 : 0;
    sum += value > 62 ? '/' - '+' - 1 : 0;
    return (char)sum;
}

static inline size_t base64_sums(const unsigned char *in, size_t bytes, char *out)
{
    char *at = out;
    for (; bytes >= 3; in += 3, bytes -= 3, at += 4) {
        const uint32_t word = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        for (int i = 0; i < 4; i++)
            at[i] = base64_sum(word >> (18 - 6 * i) & 63);
    }
    if (bytes > 0)
        at = base64_tail(in, bytes, at);
    return (size_t)(at - out);
}

#endif
