encbench_unit_test(stats_test)
encbench_unit_test(growth_test)
encbench_unit_test(variance_test)
encbench_unit_test(fit_test)
encbench_unit_test(verdict_test)

# The statistics on differences of known truth; with many more trials: ctest -L long.
encbench_unit_test(simulate_test)
target_sources(simulate_test PRIVATE ${CMAKE_CURRENT_LIST_DIR}/simulate.c)
add_test(NAME simulate_long COMMAND simulate_test long)
set_tests_properties(simulate_long PROPERTIES LABELS long TIMEOUT 3600)
