# With made-up modules and a fake clock; and the size of a batch and the state of an op through the whole program.
encbench_unit_test(measure_test)
encbench_unit_test(crew_test)
encbench_script_test(batches ALONE 600 batches_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
