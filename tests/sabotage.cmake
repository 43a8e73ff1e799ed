# Workers and a driver with a fault built in: the live controls must find each (sabotage_test.sh). Only here, never installed.
set(sabotaged)
function(encbench_sabotage name fault)
  get_target_property(sources encbench-worker SOURCES)
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/harness/)
  add_executable(sabotage-${name} sabotage.c ${sources})
  get_target_property(libraries encbench-worker LINK_LIBRARIES)
  target_link_libraries(sabotage-${name} PRIVATE ${libraries})
  target_compile_definitions(sabotage-${name} PRIVATE _GNU_SOURCE SABOTAGE=${fault})
  list(TRANSFORM ARGN PREPEND -Wl,--wrap= OUTPUT_VARIABLE wraps)
  target_link_options(sabotage-${name} PRIVATE ${wraps})
endfunction()
encbench_sabotage(sequential SEQUENTIAL measure_block_run)
encbench_sabotage(twin TWIN module_open module_workload)
encbench_sabotage(clock CLOCK measure_clock_real)
encbench_sabotage(plant PLANT module_open module_workload)

add_executable(sabotage-layouts sabotage_layouts.c ${PROJECT_SOURCE_DIR}/harness/main.c ${PROJECT_SOURCE_DIR}/harness/options.c)
target_compile_definitions(sabotage-layouts PRIVATE _GNU_SOURCE ENCBENCH_VERSION="${PROJECT_VERSION}")
target_link_libraries(sabotage-layouts PRIVATE encbench_core)
target_link_options(sabotage-layouts PRIVATE -Wl,--wrap=plan_layout_seed)

# It times, so nothing else may run beside it.
add_test(NAME sabotage COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/sabotage_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}
                               ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(sabotage PROPERTIES RUN_SERIAL TRUE TIMEOUT 1200)
