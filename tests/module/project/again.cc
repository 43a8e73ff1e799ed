// A second source of a module.
#include <string>

std::string again();
std::string again()
{
    return "again";
}
