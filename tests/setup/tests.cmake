# The front door against faked Debian commands; and for real, from an empty package set, and the packages in one (long: ./encbench test -L long).
encbench_script_test(front_door BESIDE 300 front_door_test.sh ${PROJECT_SOURCE_DIR})
encbench_script_test(empty_set ALONE 3600 empty_set_test.sh ${PROJECT_SOURCE_DIR})
encbench_script_test(package ALONE 3600 package_test.sh ${PROJECT_SOURCE_DIR})
set_tests_properties(empty_set package PROPERTIES LABELS long)

# CC of several words.
encbench_script_test(compiler BESIDE 120 compiler_test.sh ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER} ${CMAKE_COMMAND})

# The rooms of harness/: what each may include, and what the measured process is made of.
encbench_script_test(rooms BESIDE 60 rooms_test.py ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${CMAKE_NM})
set_tests_properties(rooms PROPERTIES LABELS unit)

# What is measured with and in compiles for aarch64 without a warning, where a cross compiler is installed (gcc-aarch64-linux-gnu,
# libc6-dev-arm64-cross): the parts of the harness that know the processor, its kernels, and every variant.
encbench_script_test(aarch64 BESIDE 300 aarch64_test.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
