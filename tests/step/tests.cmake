# Exact instruction counts: ops of known length in modules of their own, with a shared object. The stepper knows x86-64 only.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  set(step_modules ${CMAKE_CURRENT_BINARY_DIR}/step_modules)
  set(step_files)
  foreach(module plain:0 seven:7)
    string(REPLACE ":" ";" module ${module})
    list(GET module 0 name)
    list(GET module 1 extra)
    add_library(step_${name} OBJECT ${CMAKE_CURRENT_LIST_DIR}/step_module.c)
    target_include_directories(step_${name} PRIVATE ${PROJECT_SOURCE_DIR}/harness)
    target_compile_definitions(step_${name} PRIVATE STEP_EXTRA=${extra} STEP_VARIANT="${name}")
    target_compile_options(step_${name} PRIVATE -O2 -g -fno-lto -fPIC -fvisibility=hidden -ffunction-sections)
    add_custom_command(OUTPUT ${step_modules}/${name}.o
      COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:step_${name}> ${step_modules}/${name}.o
      DEPENDS $<TARGET_OBJECTS:step_${name}> VERBATIM)
    list(APPEND step_files ${step_modules}/${name}.o)
  endforeach()
  add_library(step_shared SHARED ${CMAKE_CURRENT_LIST_DIR}/step_shared.c)
  set_target_properties(step_shared PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${step_modules}/shared)
  add_custom_target(step_test_modules ALL DEPENDS ${step_files})

  encbench_unit_test(step_test)
  target_link_libraries(step_test PRIVATE ${CMAKE_DL_LIBS})
  target_compile_definitions(step_test PRIVATE _GNU_SOURCE STEP_WORKER="$<TARGET_FILE:encbench-worker>"
    STEP_MODULES="${step_modules}" STEP_REAL_MODULES="${PROJECT_BINARY_DIR}/modules")
  add_dependencies(step_test encbench-worker step_test_modules step_shared encbench_modules)
  set_tests_properties(step_test PROPERTIES TIMEOUT 300 LABELS pipeline)
endif()
