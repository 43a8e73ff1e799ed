# Conformance and disassembly of the subject: the same lines of variants.txt that are timed.
get_property(variants GLOBAL PROPERTY ENCBENCH_VARIANTS)
get_property(axes GLOBAL PROPERTY ENCBENCH_VARIANT_AXES)
list(LENGTH axes axis_count)
get_property(variant_include_directories GLOBAL PROPERTY ENCBENCH_VARIANT_INCLUDE_DIRECTORIES)
# Concurrency Kit counts generations by adding 1 to a null pointer, which clang's pointer-overflow objects to.
set(sanitize -fsanitize=address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer)
set(wrap_malloc -Wl,--wrap=malloc -Wl,--wrap=realloc -Wl,--wrap=aligned_alloc -Wl,--wrap=free)

set(built_data ${PROJECT_BINARY_DIR}/modules/data)
if(ENCBENCH_PACKAGE)
  set(built_data "") # installed, it is beside them
endif()
function(encbench_conformance_test test variant codec)
  get_property(definitions GLOBAL PROPERTY ENCBENCH_VARIANT_DEFINITIONS_${variant})
  add_executable(${test} ${CMAKE_CURRENT_LIST_DIR}/conformance.c $<TARGET_OBJECTS:${codec}> $<TARGET_OBJECTS:encbench_codec_levels>)
  target_include_directories(${test} PRIVATE ${variant_include_directories})
  target_compile_definitions(${test} PRIVATE ${definitions} TEST_DATA_DIRECTORY="${built_data}"
    TEST_AXIS_COUNT=${axis_count})
  target_compile_options(${test} PRIVATE ${ARGN})
  target_link_options(${test} PRIVATE ${ARGN} ${wrap_malloc})
  target_link_libraries(${test} PRIVATE ${CMOCKA_LIBRARY} Threads::Threads)
  add_dependencies(${test} encbench_shared encbench_scan)
  add_test(NAME ${test} COMMAND ${test})
endfunction()

add_library(conformance_codec_sanitized_object OBJECT ${PROJECT_SOURCE_DIR}/workloads/codec.c)
target_include_directories(conformance_codec_sanitized_object PUBLIC ${PROJECT_SOURCE_DIR}/workloads)
target_compile_options(conformance_codec_sanitized_object PRIVATE ${sanitize})

foreach(variant IN LISTS variants)
  encbench_conformance_test(conformance_${variant} ${variant} encbench_codec)
  # Beside the modules, where a run finds it: whether a variant conforms is one of the figures that claims speak of.
  set_target_properties(conformance_${variant} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/modules/conformance OUTPUT_NAME ${variant} EXCLUDE_FROM_ALL FALSE)
  if(ENCBENCH_PACKAGE STREQUAL "tarball") # its cmocka
    set_target_properties(conformance_${variant} PROPERTIES INSTALL_RPATH "$ORIGIN/../..")
  endif()
  encbench_conformance_test(conformance_sanitized_${variant} ${variant} conformance_codec_sanitized_object ${sanitize})
endforeach()

# 100 threads over every pool that keeps buffers; and what ThreadSanitizer says of that.
add_library(stress_codec_object OBJECT ${PROJECT_SOURCE_DIR}/workloads/codec.c)
target_include_directories(stress_codec_object PUBLIC ${PROJECT_SOURCE_DIR}/workloads)
function(encbench_stress_test test variant)
  get_property(definitions GLOBAL PROPERTY ENCBENCH_VARIANT_DEFINITIONS_${variant})
  add_executable(${test} ${CMAKE_CURRENT_LIST_DIR}/stress.c $<TARGET_OBJECTS:stress_codec_object> $<TARGET_OBJECTS:encbench_codec_levels>)
  target_include_directories(${test} PRIVATE ${variant_include_directories})
  target_compile_definitions(${test} PRIVATE ${definitions})
  target_compile_options(${test} PRIVATE ${ARGN})
  target_link_options(${test} PRIVATE ${ARGN})
  target_link_libraries(${test} PRIVATE Threads::Threads)
  add_dependencies(${test} encbench_shared encbench_scan)
  add_test(NAME ${test} COMMAND ${test})
  set_tests_properties(${test} PROPERTIES LABELS long TIMEOUT 300)
endfunction()
foreach(pool thread thread+one1 thread+two8 mutex shared owner)
  encbench_stress_test(stress_null+${pool} null+${pool})
  encbench_stress_test(stress_tsan_null+${pool} null+${pool} -fsanitize=thread)
endforeach()

add_executable(conformance_codec ${CMAKE_CURRENT_LIST_DIR}/conformance_codec.c)
target_link_libraries(conformance_codec PRIVATE encbench_codec ${CMOCKA_LIBRARY})
add_test(NAME conformance_codec COMMAND conformance_codec)
add_executable(conformance_sanitized_codec ${CMAKE_CURRENT_LIST_DIR}/conformance_codec.c)
target_compile_options(conformance_sanitized_codec PRIVATE ${sanitize})
target_link_options(conformance_sanitized_codec PRIVATE ${sanitize})
target_link_libraries(conformance_sanitized_codec PRIVATE conformance_codec_sanitized_object ${CMOCKA_LIBRARY})
add_test(NAME conformance_sanitized_codec COMMAND conformance_sanitized_codec)

# The other levels of it: held against OpenSSL and nettle too where their headers are installed (libssl-dev, nettle-dev).
find_library(CRYPTO_LIBRARY crypto)
find_library(NETTLE_LIBRARY nettle)
find_path(CRYPTO_INCLUDE openssl/evp.h)
find_path(NETTLE_INCLUDE nettle/base64.h)
add_executable(conformance_codec_levels ${CMAKE_CURRENT_LIST_DIR}/conformance_codec_levels.c)
target_link_libraries(conformance_codec_levels PRIVATE encbench_codec_levels encbench_codec ${CMOCKA_LIBRARY})
if(CRYPTO_LIBRARY AND NETTLE_LIBRARY AND CRYPTO_INCLUDE AND NETTLE_INCLUDE)
  target_compile_definitions(conformance_codec_levels PRIVATE CODEC_ORACLES)
  target_link_libraries(conformance_codec_levels PRIVATE ${CRYPTO_LIBRARY} ${NETTLE_LIBRARY})
else()
  message(STATUS "conformance_codec_levels: no libssl-dev or no nettle-dev: the codec is not compared with theirs")
endif()
add_test(NAME conformance_codec_levels COMMAND conformance_codec_levels)
add_test(NAME conformance_codec_levels_every COMMAND conformance_codec_levels --every)
set_tests_properties(conformance_codec_levels_every PROPERTIES LABELS long TIMEOUT 1200)
encbench_script_test(conformance_codec_neon BESIDE 300 conformance_codec_neon.sh ${PROJECT_SOURCE_DIR})

add_test(NAME conformance_static_scan
         COMMAND ${CMAKE_COMMAND} -DSCAN=${PROJECT_SOURCE_DIR}/variants/static_scan.cmake
                 -P ${CMAKE_CURRENT_LIST_DIR}/conformance_static_scan.cmake)

encbench_unit_test(fitted_test)
target_include_directories(fitted_test PRIVATE ${variant_include_directories})

# Axes have no defaults: what must not compile does not.
encbench_script_test(conformance_axes BESIDE 120 conformance_axes.sh ${CMAKE_C_COMPILER} ${PROJECT_SOURCE_DIR})

# Nothing but what is measured stands in a timed loop; and the test that says so can fail.
encbench_script_test(disassembly BESIDE 300 disassembly_test.py --modules ${PROJECT_BINARY_DIR}/modules
                     --variants ${PROJECT_SOURCE_DIR}/variants/variants.txt --source ${PROJECT_SOURCE_DIR} --compiler ${CMAKE_C_COMPILER})

# The release protocols alone: their orders on aarch64, and on buffers that 100 threads share. `plain` is the planted fault: not for
# threads, which the sanitizer alone is sure to find.
encbench_script_test(refs_orders BESIDE 60 refs_orders_test.py ${PROJECT_SOURCE_DIR})
function(encbench_refs_stress test refs)
  string(TOUPPER ${refs} level)
  add_executable(${test} ${CMAKE_CURRENT_LIST_DIR}/refs_stress.c)
  target_include_directories(${test} PRIVATE ${variant_include_directories})
  target_compile_definitions(${test} PRIVATE ENCBUF_REFS_${level} ENCBUF_MMAP_RES_NULL ENCBUF_POOL_THREAD ENCBUF_CLASSES_TEN
                                             ENCBUF_MAGAZINE_ONE64 ENCBUF_RETAIN_ALL ENCBUF_PLACE_MALLOC)
  target_compile_options(${test} PRIVATE ${ARGN})
  target_link_options(${test} PRIVATE ${ARGN})
  target_link_libraries(${test} PRIVATE Threads::Threads)
  add_test(NAME ${test} COMMAND ${test})
  # An old sanitizer does not run where the kernel spreads addresses over more bits than it knows.
  set_tests_properties(${test} PROPERTIES TIMEOUT 60 SKIP_REGULAR_EXPRESSION "unexpected memory mapping")
endfunction()
foreach(refs IN ITEMS seqcst acqrel merged unique tagged)
  encbench_refs_stress(refs_stress_${refs} ${refs})
  encbench_refs_stress(refs_stress_tsan_${refs} ${refs} -fsanitize=thread)
endforeach()
encbench_refs_stress(refs_stress_tsan_plain plain -fsanitize=thread)
set_tests_properties(refs_stress_tsan_plain PROPERTIES PASS_REGULAR_EXPRESSION "ThreadSanitizer: data race")
