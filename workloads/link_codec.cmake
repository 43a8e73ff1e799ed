# Links OBJECT into DIRECTORY/LIBRARY-HASH.so, the only one of that name there, puts OBJECT beside it as LIBRARY-HASH.o, so that the gate
# can lay it out afresh, and touches STAMP.
file(SHA256 ${OBJECT} hash)
string(SUBSTRING ${hash} 0 16 hash)
set(name ${LIBRARY}-${hash})
file(MAKE_DIRECTORY ${DIRECTORY})
execute_process(
  COMMAND ${COMPILER} -shared -Wl,-soname,${name}.so -Wl,-z,now ${OBJECT} -o ${DIRECTORY}/${name}.so.partial
  COMMAND_ERROR_IS_FATAL ANY)
file(GLOB stale ${DIRECTORY}/${LIBRARY}-*.so ${DIRECTORY}/${LIBRARY}-*.o)
list(REMOVE_ITEM stale ${DIRECTORY}/${name}.so ${DIRECTORY}/${name}.o)
file(COPY_FILE ${OBJECT} ${DIRECTORY}/${name}.o)
file(RENAME ${DIRECTORY}/${name}.so.partial ${DIRECTORY}/${name}.so)
if(stale)
  file(REMOVE ${stale})
endif()
file(TOUCH ${STAMP})
