# Children: how they end, and that they do.
encbench_unit_test(process_test)
encbench_unit_test(parallel_test)
