# What is measured with and in compiles for aarch64 without a warning, where a cross compiler is installed (gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross): the parts of the harness that know the processor, its kernels, and every variant.
add_test(NAME aarch64 COMMAND sh ${CMAKE_CURRENT_SOURCE_DIR}/aarch64_test.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
set_tests_properties(aarch64 PROPERTIES TIMEOUT 300 SKIP_RETURN_CODE 77)
