# What an op may not change of the process that all arms share.
encbench_unit_test(intact_test _GNU_SOURCE)
