# The search for stores to the field finds every kind of store that it promises to, and nothing else.
# usage: cmake -DSCAN=static_scan.cmake -P conformance_static_scan.cmake
set(source conformance-static-scan.i)
set(header conformance-static-scan.h)

# expect(COUNT TEXT): the search must count COUNT places in a function with this text, written as a bracket argument.
function(expect count text)
  file(WRITE ${source} "struct s { void *mmap_res; };\nvoid f(struct s *x, struct s v, void *y)\n{\n    ${text}\n}\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -DSOURCE=${source} -DFIELD=mmap_res -DOUTPUT=${header} -P ${SCAN}
                  COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${header} found)
  file(REMOVE ${source} ${header})
  if(NOT found STREQUAL "#define ENCBUF_NON_NULL_ASSIGNMENTS ${count}\n")
    message(SEND_ERROR "in \"${text}\": expected ${count}, found: ${found}")
  endif()
endfunction()

expect(0 [[x->mmap_res = ((void *)0);]])
expect(0 [[v.mmap_res=((void*)0);]])
expect(0 [[if (x->mmap_res == y && v.mmap_res != y) g(x->mmap_res);]])
expect(0 [[asm volatile("" : "+m"(x->mmap_res));]])
expect(1 [[x->mmap_res = y;]])
expect(1 [[x->mmap_res =
    y;]])
expect(1 [[v.mmap_res = y ? a[1] : ((void *)0);]])
expect(1 [[struct s w = {.mmap_res = y};]])
expect(1 [[x->mmap_res++;]])
expect(1 [[x->mmap_res += 1;]])
expect(1 [[g(&x->mmap_res);]])
expect(1 [[asm volatile("mov %1, %0" : "=m"(x->mmap_res) : "r"(y));]])
expect(2 [[x->mmap_res = y; v.mmap_res = y; x->mmap_res = ((void *)0);]])
