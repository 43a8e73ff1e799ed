# How a module is built, ours and a stranger's.

# What is timed has these flags whatever the build type: a figure belongs to the code and not to a switch. Every function has a section
# of its own, so that the harness can put them in another order for every process.
set(ENCBENCH_MODULE_FLAGS -O2 -g -fno-lto -fPIC -fvisibility=hidden -ffunction-sections -fno-plt -ftls-model=initial-exec)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  # Out-of-line atomics are calls into libgcc, in the timed loop and unresolved in an object linked alone.
  list(APPEND ENCBENCH_MODULE_FLAGS -mno-outline-atomics)
endif()

# In C++ what is one across all objects of a process (the static variable of an inline function) is each module's own, in a shared object, too.
set(ENCBENCH_MODULE_CXX_FLAGS $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)

# The compiler with the flags that came with its name (CC="gcc -fno-plt"), which CMake keeps apart. A project may be in C++ alone.
set(ENCBENCH_CC ${CMAKE_CXX_COMPILER})
if(CMAKE_C_COMPILER)
  separate_arguments(ENCBENCH_CC UNIX_COMMAND "${CMAKE_C_COMPILER_ARG1}")
  list(PREPEND ENCBENCH_CC ${CMAKE_C_COMPILER})
endif()

# A library of the objects of `objects`, whose file is FILE.EXTENSION in the current binary directory.
function(encbench_link_objects target objects file extension libraries)
  add_library(${target} MODULE $<TARGET_OBJECTS:${objects}>)
  target_link_libraries(${target} PRIVATE ${libraries})
  # Files that a command of this project makes are made before.
  foreach(library ${libraries})
    if(IS_ABSOLUTE "${library}")
      target_sources(${target} PRIVATE ${library})
    endif()
  endforeach()
  # Of this directory: where another one has C++, this one has no rule for it, and CMake would link by doing nothing.
  if(CMAKE_CXX_CREATE_SHARED_MODULE)
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE CXX)
  else()
    set_target_properties(${target} PROPERTIES LINKER_LANGUAGE C)
  endif()
  set_target_properties(${target} PROPERTIES PREFIX "" OUTPUT_NAME ${file} SUFFIX ${extension} DEBUG_POSTFIX ""
                                             LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR})
endfunction()

# encbench_add_module(NAME [SHARED] SOURCE... [LIBRARIES LIBRARY...]) makes NAME.o in the current binary directory, the file for
# `encbench run --module`; with SHARED also NAME.so, which has one layout for ever and gets no verdict about time. NAME is an object
# library: give it include directories and definitions as any target. Its property ENCBENCH_MODULE is the path of NAME.o. LIBRARIES are what
# target_link_libraries takes: targets (imported ones, PkgConfig::X), paths, -lNAME. Archives become part of NAME.o, of each the members
# that are needed; shared objects are recorded in it and found again where they are. What C++ and libgcc need comes of itself.
#
# encbench_add_module(NAME SOURCE... VARIANTS VARIANT... [PLANTED CYCLES] ...) compiles sources that declare several variants (bench.h) once for
# each: the modules NAME_VARIANT, and with PLANTED also NAME_VARIANT.planted, each as above. NAME is an interface library of theirs: what all
# shall have is given to it (target_include_directories(NAME INTERFACE ...)); its property ENCBENCH_MODULE has the paths of all.
function(encbench_add_variants name)
  cmake_parse_arguments(PARSE_ARGV 1 of "" "PLANTED" "VARIANTS;LIBRARIES")
  if(NOT of_VARIANTS)
    message(FATAL_ERROR "encbench_add_module(${name}): no variant; expected encbench_add_module(NAME SOURCE... VARIANTS VARIANT...)")
  endif()
  add_library(${name} INTERFACE)
  set(libraries)
  if(of_LIBRARIES)
    set(libraries LIBRARIES ${of_LIBRARIES})
  endif()
  set(modules)
  foreach(variant ${of_VARIANTS})
    foreach(kind "" .planted)
      if(kind AND NOT DEFINED of_PLANTED)
        continue()
      endif()
      set(module ${name}_${variant}${kind})
      encbench_add_module(${module} ${of_UNPARSED_ARGUMENTS} ${libraries})
      target_link_libraries(${module} PRIVATE ${name})
      target_compile_definitions(${module} PRIVATE ENCBENCH_SELECT ENCBENCH_SELECT_${variant} $<$<STREQUAL:${kind},.planted>:ENCBENCH_PLANTED=${of_PLANTED}>)
      get_target_property(file ${module} ENCBENCH_MODULE)
      list(APPEND modules ${file})
    endforeach()
  endforeach()
  set_target_properties(${name} PROPERTIES ENCBENCH_MODULE "${modules}")
endfunction()

function(encbench_add_module name)
  if("VARIANTS" IN_LIST ARGN)
    encbench_add_variants(${name} ${ARGN})
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 module "SHARED" "" "LIBRARIES")
  if(NOT module_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "encbench_add_module(${name}): no source file; expected "
                        "encbench_add_module(NAME [SHARED] SOURCE... [LIBRARIES LIBRARY...])")
  endif()
  add_library(${name} OBJECT ${module_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE encbench::module ${module_LIBRARIES})
  encbench_link_objects(${name}_object ${name} ${name} .o "${module_LIBRARIES}")
  # Beside this file in the sources, with the program where it is installed.
  set(link_module ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/link_module.sh)
  if(NOT EXISTS ${link_module})
    get_filename_component(link_module ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../encbench/harness/link_module.sh ABSOLUTE)
  endif()
  set_target_properties(${name}_object PROPERTIES RULE_LAUNCH_LINK "sh \"${link_module}\"")
  set(files ${name}_object)
  if(module_SHARED)
    encbench_link_objects(${name}_shared ${name} ${name} .so "${module_LIBRARIES}")
    target_link_options(${name}_shared PRIVATE -Wl,-z,now,-Bsymbolic)
    list(APPEND files ${name}_shared)
  endif()
  add_custom_target(${name}_module ALL DEPENDS ${files})
  set_target_properties(${name} PROPERTIES ENCBENCH_MODULE ${CMAKE_CURRENT_BINARY_DIR}/${name}.o)
endfunction()
