/*
 * The doublings that figures by size are named after: DOUBLING(from, to), sizes above `from` up to and with `to`.
 */
#ifndef ENCBENCH_DOUBLINGS_H
#define ENCBENCH_DOUBLINGS_H

#define WORKLOAD_DOUBLINGS(DOUBLING)                                                                                   \
    DOUBLING(16, 32)                                                                                                   \
    DOUBLING(32, 64)                                                                                                   \
    DOUBLING(64, 128)                                                                                                  \
    DOUBLING(128, 256)                                                                                                 \
    DOUBLING(256, 512)                                                                                                 \
    DOUBLING(512, 1024)                                                                                                \
    DOUBLING(1024, 2048)                                                                                               \
    DOUBLING(2048, 4096)                                                                                               \
    DOUBLING(4096, 8192)                                                                                               \
    DOUBLING(8192, 16384)                                                                                              \
    DOUBLING(16384, 32768)                                                                                             \
    DOUBLING(32768, 65536)                                                                                             \
    DOUBLING(65536, 131072)                                                                                            \
    DOUBLING(131072, 262144)                                                                                           \
    DOUBLING(262144, 524288)                                                                                           \
    DOUBLING(524288, 1048576)                                                                                          \
    DOUBLING(1048576, 2097152)                                                                                         \
    DOUBLING(2097152, 4194304)                                                                                         \
    DOUBLING(4194304, 8388608)                                                                                         \
    DOUBLING(8388608, 16777216)

#endif
