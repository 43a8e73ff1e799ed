# Counters: groups and reasons with a fake kernel, and the real software events of the whole program; in sandboxes, too.
encbench_unit_test(counter_test)
add_executable(forbid ${CMAKE_CURRENT_LIST_DIR}/forbid.c)
encbench_script_test(counters ONE 900 counters_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
                     $<TARGET_FILE:forbid>)

# Structures: layout.csv against debugging information, what allocators give, the footprint of pooled buffers.
encbench_script_test(layout ONE 600 layout_test.py ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
                     ${CMAKE_CURRENT_BINARY_DIR}/whole_run/run)
set_tests_properties(layout PROPERTIES FIXTURES_REQUIRED whole_run)

# Identical code: one source, compiled once for each thing that can be changed in it.
set(identical_modules ${CMAKE_CURRENT_BINARY_DIR}/identical_modules)
set(identical_files)
foreach(change base same:LONGER="_with_a_longer_name" constant:CONSTANT=4 callee:CALLEE=6 table:TABLE=8 string:STRING="in_luck" setup:SETUP=1
               rewarm:REWARM=9 external:EXTERNAL=perror unused:UNUSED=2)
  string(REPLACE ":" ";" change ${change})
  list(POP_FRONT change name)
  add_library(identical_${name} OBJECT ${CMAKE_CURRENT_LIST_DIR}/identical_module.c)
  target_include_directories(identical_${name} PRIVATE ${PROJECT_SOURCE_DIR}/harness)
  target_compile_definitions(identical_${name} PRIVATE VARIANT="identical_test_${name}" ${change})
  target_compile_options(identical_${name} PRIVATE -O2 -g -fno-lto -fPIC -fno-plt -fvisibility=hidden -ffunction-sections
                                                   -Wno-format-security)
  add_custom_command(OUTPUT ${identical_modules}/${name}.o
    COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:identical_${name}> ${identical_modules}/${name}.o
    DEPENDS $<TARGET_OBJECTS:identical_${name}> VERBATIM)
  list(APPEND identical_files ${identical_modules}/${name}.o)
endforeach()
add_custom_target(identical_test_modules ALL DEPENDS ${identical_files})
encbench_unit_test(identical_test)
target_compile_definitions(identical_test PRIVATE IDENTICAL_MODULES="${identical_modules}"
                                                  IDENTICAL_REAL_MODULES="${PROJECT_BINARY_DIR}/modules")
add_dependencies(identical_test identical_test_modules encbench_modules)

# The same modules in whole runs where counting is forbidden.
encbench_script_test(forbidden ONE 600 forbidden_test.sh ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR})
if(ENCBENCH_SANITIZE STREQUAL "address")
  # AddressSanitizer asks for its stack before every exec and ends a process that may not have one.
  set_tests_properties(forbidden PROPERTIES LABELS unsanitized DISABLED TRUE)
endif()

# Ops that the compiler removed, folded or hoisted. Stepping by the trap flag knows x86-64 only.
set(optimiser_modules ${CMAKE_CURRENT_BINARY_DIR}/optimiser_modules)
add_library(optimiser_cases OBJECT ${CMAKE_CURRENT_LIST_DIR}/optimiser_module.c)
target_include_directories(optimiser_cases PRIVATE ${PROJECT_SOURCE_DIR}/harness)
# At -O2 whatever the build: it is the optimiser that is tested.
target_compile_options(optimiser_cases PRIVATE -O2 -g -fno-lto -fPIC -fvisibility=hidden -ffunction-sections -ftree-vectorize)
add_custom_command(OUTPUT ${optimiser_modules}/cases.o
  COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:optimiser_cases> ${optimiser_modules}/cases.o
  DEPENDS $<TARGET_OBJECTS:optimiser_cases> VERBATIM)
add_custom_target(optimiser_test_modules ALL DEPENDS ${optimiser_modules}/cases.o)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  encbench_unit_test(optimiser_test)
  target_compile_definitions(optimiser_test PRIVATE _GNU_SOURCE OPTIMISER_WORKER="$<TARGET_FILE:encbench-worker>"
    OPTIMISER_MODULES="${optimiser_modules}" OPTIMISER_KERNELS="${PROJECT_BINARY_DIR}/kernels")
  add_dependencies(optimiser_test encbench-worker optimiser_test_modules encbench_kernels)
  set_tests_properties(optimiser_test PROPERTIES TIMEOUT 300 LABELS pipeline)
endif()
# Through the whole program, with modules of version 1 and of a later header.
encbench_script_test(optimiser ONE 600 optimiser_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER}
                     $<TARGET_FILE:forbid>)
if(ENCBENCH_SANITIZE STREQUAL "address")
  # It forbids sigaltstack, which AddressSanitizer asks for before every exec.
  set_tests_properties(optimiser PROPERTIES LABELS unsanitized DISABLED TRUE)
endif()

# An op of more functions than there are rows for.
encbench_script_test(symbols ONE 300 symbols_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
