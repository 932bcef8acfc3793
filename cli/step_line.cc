#include "cli/step_line.h"

#include <unistd.h>

#include <iostream>

#include "absl/strings/str_cat.h"
#include "cli/terminal.h"

namespace silhouette {

StepLine::StepLine()
    : is_terminal_(DescribeTerminal(STDERR_FILENO).is_terminal),
      width_(DescribeTerminal(STDERR_FILENO).width) {}

void StepLine::Show(size_t done, size_t steps, const std::string& what) {
  if (!is_terminal_) return;
  const std::string line = absl::StrCat(100 * done / steps, " %  ", what);
  std::cerr << "\r\033[K" << line.substr(0, width_ - 1) << std::flush;
}

void StepLine::Clear() {
  if (is_terminal_) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace silhouette
