#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/terminal.h"

namespace silhouette {

// A stretch of time in one class.
struct StripPiece {
  int64_t from_ns;
  int64_t to_ns;
  std::string class_name;
};

// Draws classes over time as a line of blocks, one colour and one shade a class.
class Strip {
 public:
  // All lines share `columns` cells over [from_ns, to_ns) and the classes' order.
  Strip(const Terminal& terminal, size_t columns, int64_t from_ns, int64_t to_ns,
        std::vector<std::string> classes);

  // Each cell shows the class that fills most of it; a blank where none is known.
  std::string Draw(const std::vector<StripPiece>& pieces) const;
  // "█ person  ░ background".
  std::string Legend() const;
  // The start's and the end's time, at the line's ends.
  std::string Axis(int64_t zero_ns) const;

 private:
  std::string Cell(size_t class_index) const;

  const Terminal terminal_;
  const size_t columns_;
  const int64_t from_ns_;
  const int64_t to_ns_;
  const std::vector<std::string> classes_;
};

}  // namespace silhouette
