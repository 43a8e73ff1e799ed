# Identical code: one source, compiled once for each thing that can be changed in it.
set(identical_modules ${CMAKE_CURRENT_BINARY_DIR}/identical_modules)
set(identical_files)
foreach(change base same:LONGER="_with_a_longer_name" constant:CONSTANT=4 callee:CALLEE=6 table:TABLE=8 string:STRING="in_luck" setup:SETUP=1
               rewarm:REWARM=9 external:EXTERNAL=perror unused:UNUSED=2)
  string(REPLACE ":" ";" change ${change})
  list(POP_FRONT change name)
  add_library(identical_${name} OBJECT identical_module.c)
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
add_test(NAME forbidden COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/forbidden_test.sh ${PROJECT_BINARY_DIR} ${CMAKE_CURRENT_BINARY_DIR})
set_tests_properties(forbidden PROPERTIES RUN_SERIAL TRUE TIMEOUT 600 SKIP_RETURN_CODE 77)
if(ENCBENCH_SANITIZE STREQUAL "address")
  # AddressSanitizer asks for its stack before every exec and ends a process that may not have one.
  set_tests_properties(forbidden PROPERTIES LABELS unsanitized DISABLED TRUE)
endif()
