# Links OBJECT into DIRECTORY/libencbench_codec-HASH.so, the only codec there, and touches STAMP.
file(SHA256 ${OBJECT} hash)
string(SUBSTRING ${hash} 0 16 hash)
set(name libencbench_codec-${hash}.so)
file(MAKE_DIRECTORY ${DIRECTORY})
execute_process(
  COMMAND ${COMPILER} -shared -Wl,-soname,${name} -Wl,-z,now ${OBJECT} -o ${DIRECTORY}/${name}.partial
  COMMAND_ERROR_IS_FATAL ANY)
file(GLOB stale ${DIRECTORY}/libencbench_codec-*.so)
list(REMOVE_ITEM stale ${DIRECTORY}/${name})
file(RENAME ${DIRECTORY}/${name}.partial ${DIRECTORY}/${name})
if(stale)
  file(REMOVE ${stale})
endif()
file(TOUCH ${STAMP})
