# The gate's exact lane: arithmetic on made-up tables; the verb on small repositories made for it.
encbench_unit_test(gate_exact_test)
if(NOT ENCBENCH_SANITIZE)
  foreach(mode quick long)
    add_test(NAME gate_${mode} COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/gate_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${mode})
    set_tests_properties(gate_${mode} PROPERTIES TIMEOUT 1800 SKIP_RETURN_CODE 77 ENVIRONMENT "ENCBENCH_PYTHON=${ENCBENCH_PYTHON}")
  endforeach()
  set_tests_properties(gate_long PROPERTIES LABELS long)
endif()

# How often it is wrong: what is committed about that, against the runs that were made.
add_test(NAME gate_campaign COMMAND ${ENCBENCH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/gate_campaign_test.py ${PROJECT_SOURCE_DIR})
