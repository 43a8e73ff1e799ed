# How a module is built, ours and a stranger's.

# What is timed has these flags whatever the build type: a figure belongs to the code and not to a switch. Every function has a section
# of its own, so that the harness can put them in another order for every process.
set(ENCBENCH_MODULE_FLAGS -O2 -g -fno-lto -fPIC -fvisibility=hidden -ffunction-sections -fno-plt -ftls-model=initial-exec)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  # Out-of-line atomics are calls into libgcc, in the timed loop and unresolved in an object linked alone.
  list(APPEND ENCBENCH_MODULE_FLAGS -mno-outline-atomics)
endif()

# The compiler with the flags that came with its name (CC="gcc -fno-plt"), which CMake keeps apart.
separate_arguments(ENCBENCH_CC UNIX_COMMAND "${CMAKE_C_COMPILER_ARG1}")
list(PREPEND ENCBENCH_CC ${CMAKE_C_COMPILER})

# encbench_add_module(NAME [SHARED] SOURCE...) makes NAME.o in the current binary directory, the file for `encbench run --module`; with
# SHARED also NAME.so, which has one layout for ever and gets no verdict about time. NAME is an object library: give it include
# directories and definitions as any target. Its property ENCBENCH_MODULE is the path of NAME.o.
function(encbench_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 module "SHARED" "" "")
  if(NOT module_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "encbench_add_module(${name}): no source file; expected encbench_add_module(NAME [SHARED] SOURCE...)")
  endif()
  add_library(${name} OBJECT ${module_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE encbench::module)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
  list(LENGTH module_UNPARSED_ARGUMENTS source_count)
  set(make_object ${CMAKE_COMMAND} -E copy $<TARGET_OBJECTS:${name}> ${object})
  if(source_count GREATER 1)
    set(make_object ${CMAKE_LINKER} -r -o ${object} $<TARGET_OBJECTS:${name}>)
  endif()
  add_custom_command(OUTPUT ${object} COMMAND ${make_object} DEPENDS $<TARGET_OBJECTS:${name}> COMMAND_EXPAND_LISTS VERBATIM)
  set(files ${object})
  if(module_SHARED)
    set(shared ${CMAKE_CURRENT_BINARY_DIR}/${name}.so)
    add_custom_command(OUTPUT ${shared} COMMAND ${ENCBENCH_CC} -shared -Wl,-z,now,-Bsymbolic ${object} -o ${shared} DEPENDS ${object} VERBATIM)
    list(APPEND files ${shared})
  endif()
  add_custom_target(${name}_module ALL DEPENDS ${files})
  set_target_properties(${name} PROPERTIES ENCBENCH_MODULE ${object})
endfunction()
