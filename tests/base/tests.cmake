# Children: how they end, and that they do.
encbench_unit_test(process_test)
encbench_unit_test(parallel_test)
# What is measured has the environment that was asked for, and of the user's nothing.
encbench_unit_test(environment_test SANITIZED=$<BOOL:${ENCBENCH_SANITIZE}>)
# Where the libraries are that layouts are linked with, here and where somebody unpacked the program.
encbench_unit_test(toolchain_test)
# A scratch directory is known for whose it is.
encbench_unit_test(scratch_test)
