# The allocation interposer against known truths. Without builtins, or the compiler removes the allocations to be counted.
add_library(interpose_dlsym_shim MODULE ${CMAKE_CURRENT_LIST_DIR}/interpose_dlsym_shim.c)
target_include_directories(interpose_dlsym_shim PRIVATE ${PROJECT_SOURCE_DIR}/harness)
target_compile_options(interpose_dlsym_shim PRIVATE -fno-builtin)
target_link_libraries(interpose_dlsym_shim PRIVATE ${CMAKE_DL_LIBS})
encbench_unit_test(interpose_test INTERPOSER="$<TARGET_FILE:encbench_interpose>" DLSYM_SHIM="$<TARGET_FILE:interpose_dlsym_shim>")
target_compile_options(interpose_test PRIVATE -fno-builtin)
target_link_libraries(interpose_test PRIVATE ${CMAKE_DL_LIBS})
add_dependencies(interpose_test encbench_interpose interpose_dlsym_shim)
set_tests_properties(interpose_test PROPERTIES LABELS pipeline) # a process a check: 15 s
if(ENCBENCH_SANITIZE STREQUAL "address")
  # AddressSanitizer brings a malloc of its own, and insists on being loaded before any other: there is nothing to count.
  set_tests_properties(interpose_test PROPERTIES LABELS unsanitized DISABLED TRUE)
endif()

# And through the whole program; then with each of its counts broken, which the tests above must see.
if(NOT ENCBENCH_SANITIZE)
  encbench_script_test(allocations ONE 900 allocations_test.sh ${PROJECT_BINARY_DIR} ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
  encbench_script_test(interpose_mutations BESIDE 600 interpose_mutations.sh $<TARGET_FILE:interpose_test> ${PROJECT_SOURCE_DIR}
                       ${CMAKE_C_COMPILER})
endif()
