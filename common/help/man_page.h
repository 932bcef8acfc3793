#pragma once

#include <string>

#include "common/help/command_text.h"

namespace silhouette {

// The manual page of a command, in roff with the macros of man(7). `program` is the program that it
// is part of, or the same.
std::string ManPage(const CommandText& command, const CommandText& program);

// "silhouette-run.1".
std::string ManPageName(const CommandText& command);

}  // namespace silhouette
