# Counts, in the preprocessed C of a variant (SOURCE), the places that may store anything but null in the field FIELD, and writes
# the figure to OUTPUT as a header. A place is an assignment of any kind whose right side is not the null pointer, an
# address taken of the field, or an asm statement with instructions in it that names the field. Not seen: a copy of a whole structure.
file(READ ${SOURCE} text)
# Brackets and semicolons mean something in a CMake list; afterwards a statement is a line.
string(REGEX REPLACE "[][\n\t]" " " text "${text}")
string(REPLACE ";" "\n" text "${text}")

set(count 0)
string(REGEX MATCHALL "[.>] *${FIELD} *([-+|&^*/%]?=|<<=|>>=|\\+\\+|--)[^=\n][^\n]*|[.>] *${FIELD} *(\\+\\+|--)" stores "${text}")
foreach(store IN LISTS stores)
  if(NOT store MATCHES "^[.>] *${FIELD} *= *\\( *\\( *void *\\* *\\) *0 *\\) *$")
    math(EXPR count "${count} + 1")
  endif()
endforeach()
string(REGEX MATCHALL "(\\+\\+|--) *[A-Za-z_0-9]+ *(->|[.]) *${FIELD}[^A-Za-z_0-9]" increments "${text}")
string(REGEX MATCHALL "[^&]& *[A-Za-z_0-9]+ *(->|[.]) *${FIELD}[^A-Za-z_0-9]" addresses "${text}")
string(REGEX MATCHALL "asm[a-z_]* *[a-z_]* *\\( *\"[^\"\n][^\n]*${FIELD}" assembly "${text}")
foreach(kind increments addresses assembly)
  list(LENGTH ${kind} found)
  math(EXPR count "${count} + ${found}")
endforeach()

file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define ENCBUF_NON_NULL_ASSIGNMENTS ${count}\n")
