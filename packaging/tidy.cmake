# After the archive was made, in which files stand as the directories of this machine have them: the same in order of name.
foreach(archive IN LISTS CPACK_PACKAGE_FILES)
  get_filename_component(parent ${CPACK_TEMPORARY_DIRECTORY} DIRECTORY)
  get_filename_component(top ${CPACK_TEMPORARY_DIRECTORY} NAME)
  execute_process(
    COMMAND tar --create --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --directory ${parent} ${top}
    COMMAND gzip -9n OUTPUT_FILE ${archive} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
