# The exact lane: arithmetic on made-up tables; the verb on small repositories made for it.
encbench_unit_test(gate_exact_test)
if(NOT ENCBENCH_SANITIZE)
  foreach(mode quick long)
    encbench_script_test(gate_${mode} ONE 1800 gate_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${mode})
  endforeach()
  set_tests_properties(gate_long PROPERTIES LABELS long)
endif()

# What is compared, and by which revisions: without a worker. An installed program in a repository that is not ours.
encbench_unit_test(gate_project_test)
encbench_unit_test(gate_tell_test)
if(NOT ENCBENCH_SANITIZE)
  foreach(mode quick long)
    encbench_script_test(gate_anywhere_${mode} ONE 600 gate_anywhere_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${mode})
  endforeach()
  set_tests_properties(gate_anywhere_long PROPERTIES LABELS long)
endif()

# How often it is wrong: what is committed about that, against the runs that were made.
encbench_script_test(gate_campaign BESIDE 300 gate_campaign_test.py ${PROJECT_SOURCE_DIR})

# The trend, of figures that were lost.
encbench_script_test(trend BESIDE 60 trend_test.py ${PROJECT_SOURCE_DIR})
set_tests_properties(trend PROPERTIES SKIP_RETURN_CODE 77)

# The timing lane: decisions on samples of known truth, and two builds that differ in their codec.
encbench_unit_test(gate_time_test)
add_executable(gate_time_driver ${CMAKE_CURRENT_LIST_DIR}/gate_time_driver.c)
target_link_libraries(gate_time_driver PRIVATE encbench_core)
target_compile_definitions(gate_time_driver PRIVATE _GNU_SOURCE)
encbench_script_test(gate_time ALONE 600 gate_time_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
                     $<TARGET_FILE:gate_time_driver>)

# What examples/ci has of shell, in a container-like environment.
if(NOT ENCBENCH_SANITIZE)
  encbench_script_test(ci_examples ONE 300 ci_examples_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} $<TARGET_FILE:forbid>)
  set_tests_properties(ci_examples PROPERTIES LABELS long)
endif()
