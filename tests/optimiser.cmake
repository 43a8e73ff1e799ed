# Ops that the compiler removed, folded or hoisted. Stepping by the trap flag knows x86-64 only.
set(optimiser_modules ${CMAKE_CURRENT_BINARY_DIR}/optimiser_modules)
add_library(optimiser_cases OBJECT optimiser_module.c)
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
add_test(NAME optimiser COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/optimiser_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR}
                                ${CMAKE_C_COMPILER} $<TARGET_FILE:forbid>)
set_tests_properties(optimiser PROPERTIES RUN_SERIAL TRUE TIMEOUT 600)
if(ENCBENCH_SANITIZE STREQUAL "address")
  # It forbids sigaltstack, which AddressSanitizer asks for before every exec.
  set_tests_properties(optimiser PROPERTIES LABELS unsanitized DISABLED TRUE)
endif()
