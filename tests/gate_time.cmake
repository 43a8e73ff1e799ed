encbench_unit_test(gate_time_test)
add_executable(gate_time_driver gate_time_driver.c)
target_link_libraries(gate_time_driver PRIVATE encbench_core)
target_compile_definitions(gate_time_driver PRIVATE _GNU_SOURCE)
add_test(NAME gate_time COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/gate_time_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}
                                ${CMAKE_C_COMPILER} $<TARGET_FILE:gate_time_driver>)
set_tests_properties(gate_time PROPERTIES RUN_SERIAL TRUE TIMEOUT 600 SKIP_RETURN_CODE 77)
