# What is recorded of a process; the loop of a run with a launcher that is made up; the whole program on a tiny run, which the tests share that look at one.
encbench_unit_test(record_test)
encbench_unit_test(timing_test)
set(whole_run ${CMAKE_CURRENT_BINARY_DIR}/whole_run)
encbench_script_test(whole_run ONE 600 whole_run.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${whole_run})
set_tests_properties(whole_run PROPERTIES FIXTURES_SETUP whole_run)
encbench_script_test(end_to_end ONE 1800 end_to_end_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${whole_run})
set_tests_properties(end_to_end PROPERTIES FIXTURES_REQUIRED whole_run)
encbench_script_test(resume ONE 600 resume_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR})
# A run of modules that are somebody's.
encbench_script_test(own_module ONE 600 own_module_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
# Ops at several threads.
encbench_script_test(threads ONE 300 threads_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
