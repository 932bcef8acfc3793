#pragma once

#include <string>
#include <utility>
#include <vector>

namespace silhouette {

// A paragraph, or lines that are shown as they stand.
struct TextBlock {
  bool is_literal = false;
  std::string text;  // a literal one's lines without their common indentation
};

// What stands at the end of a command's help, taken apart.
struct FooterText {
  std::vector<TextBlock> prose;
  std::vector<TextBlock> examples;
  std::vector<std::pair<std::string, std::string>> exit_statuses;  // "0", "done"
};

// Understands paragraphs between empty lines; indented lines, which are literal; those under
// "Examples:", "Example:" or "Start here:"; and "Exit status: 0 done; 1 failed; 2 usage."
FooterText ParseFooter(const std::string& footer);

}  // namespace silhouette
