# What keeps modules from being linked, in one line with its cause.
encbench_unit_test(link_test _GNU_SOURCE)
# What a linked module loads, as the loader finds it.
encbench_unit_test(libraries_test)
target_compile_definitions(libraries_test PRIVATE LIBRARIES_TEST_CC="${CMAKE_C_COMPILER}")
# Metrics that no module may take.
encbench_script_test(names_test BESIDE 60 names_test.py ${PROJECT_SOURCE_DIR})
set_tests_properties(names_test PROPERTIES LABELS unit)
# Which revision a run directory names.
encbench_unit_test(provenance_test)
set_tests_properties(provenance_test PROPERTIES SKIP_RETURN_CODE 77)
# Object files of every kind: what is in them works in fresh layouts, and what is none is refused by what it is.
add_executable(objects_probe ${CMAKE_CURRENT_LIST_DIR}/objects_probe.c)
target_link_libraries(objects_probe PRIVATE encbench_core)
target_compile_definitions(objects_probe PRIVATE _GNU_SOURCE)
# As the worker is: no variable of the C library is copied into it.
target_compile_options(objects_probe PRIVATE -fPIC)
encbench_script_test(objects BESIDE 300 objects_test.sh $<TARGET_FILE:objects_probe> ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
set_tests_properties(objects PROPERTIES LABELS unit)
# Modules of a project in C++, built against an installed encbench.
encbench_script_test(project BESIDE 300 project_test.sh ${PROJECT_BINARY_DIR} $<TARGET_FILE:objects_probe> ${PROJECT_SOURCE_DIR} ${CMAKE_COMMAND})
set_tests_properties(project PROPERTIES LABELS unit)
# What strangers do: install, build a module of their own against it, compare. It times as well.
encbench_script_test(modules ALONE 900 modules_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_COMMAND})

# Modules bind to their own symbols, and the control of every process sees it where they do not.
encbench_script_test(bindings ONE 900 bindings_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})

# bench.h, and the examples that are made of it; the long one has every compiler and standard, and runs them all.
encbench_script_test(bench ONE 600 bench_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_COMMAND})
encbench_script_test(bench_all ONE 1200 bench_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_COMMAND} all)
set_tests_properties(bench_all PROPERTIES LABELS long)

# What a machine lacks for a workload.
encbench_script_test(lacks ONE 120 lacks_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
