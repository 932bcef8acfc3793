#pragma once

#include <cstddef>
#include <string>

namespace silhouette {

// One line of stderr that says which of how many steps is done. Nothing where stderr is no
// terminal.
class StepLine {
 public:
  StepLine();
  ~StepLine() { Clear(); }

  void Show(size_t done, size_t steps, const std::string& what);
  void Clear();

 private:
  const bool is_terminal_;
  const size_t width_;
};

}  // namespace silhouette
