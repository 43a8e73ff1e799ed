# A file of somebody's sizes: read, cut to a replay; recorded from a program; and a run of it.
encbench_unit_test(trace_test)
encbench_script_test(record_sizes BESIDE 120 record_sizes_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
encbench_script_test(own_trace ONE 300 own_trace_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
