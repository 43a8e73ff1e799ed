# find_package(encbench): the target encbench::module (module.h and the flags of what is timed) and encbench_add_module (module.cmake).
include(${CMAKE_CURRENT_LIST_DIR}/encbenchTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/module.cmake)
