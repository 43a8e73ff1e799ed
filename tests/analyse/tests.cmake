# The decision stage on synthetic runs with known truths.
encbench_unit_test(analyse_test)
encbench_unit_test(forecast_test)

# The live controls on recorded runs that are drawn again and made noisier.
add_executable(controls_simulate ${CMAKE_CURRENT_LIST_DIR}/controls_simulate.c)
target_link_libraries(controls_simulate PRIVATE encbench_core)
add_test(NAME controls_simulate COMMAND controls_simulate ${PROJECT_SOURCE_DIR}/results/reference 100 1)
set_tests_properties(controls_simulate PROPERTIES TIMEOUT 300)
add_test(NAME controls_simulate_long COMMAND controls_simulate ${PROJECT_SOURCE_DIR}/results/reference 1000)
set_tests_properties(controls_simulate_long PROPERTIES LABELS long TIMEOUT 14400)

# Workers and a driver with a fault built in: the live controls must find each (sabotage_test.sh). Only here, never installed.
function(encbench_sabotage name fault)
  get_target_property(sources encbench-worker SOURCES)
  list(TRANSFORM sources PREPEND ${PROJECT_SOURCE_DIR}/harness/)
  add_executable(sabotage-${name} ${CMAKE_CURRENT_LIST_DIR}/sabotage.c ${sources})
  get_target_property(libraries encbench-worker LINK_LIBRARIES)
  set_target_properties(sabotage-${name} PROPERTIES ENCBENCH_WORKER TRUE)
  target_link_libraries(sabotage-${name} PRIVATE ${libraries})
  target_compile_definitions(sabotage-${name} PRIVATE _GNU_SOURCE SABOTAGE=${fault})
  list(TRANSFORM ARGN PREPEND -Wl,--wrap= OUTPUT_VARIABLE wraps)
  get_target_property(compile_options encbench-worker COMPILE_OPTIONS)
  get_target_property(link_options encbench-worker LINK_OPTIONS)
  target_compile_options(sabotage-${name} PRIVATE ${compile_options})
  target_link_options(sabotage-${name} PRIVATE ${link_options} ${wraps})
endfunction()
encbench_sabotage(sequential SEQUENTIAL measure_block_run_threads)
encbench_sabotage(twin TWIN module_open module_workload)
encbench_sabotage(clock CLOCK measure_clock_real)
encbench_sabotage(plant PLANT module_open module_workload)

add_executable(sabotage-layouts ${CMAKE_CURRENT_LIST_DIR}/sabotage_layouts.c
               ${PROJECT_SOURCE_DIR}/harness/main.c ${PROJECT_SOURCE_DIR}/harness/options.c)
target_compile_definitions(sabotage-layouts PRIVATE _GNU_SOURCE ENCBENCH_VERSION="${PROJECT_VERSION}")
target_link_libraries(sabotage-layouts PRIVATE encbench_core)
target_link_options(sabotage-layouts PRIVATE -Wl,--wrap=plan_layout_seed)

encbench_script_test(sabotage ALONE 1200 sabotage_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_BINARY_DIR})
