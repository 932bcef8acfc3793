// Any bytes as a model file. What is whole ends with the brace of its object: it stays whole with
// bytes behind it, and no shorter beginning of it is.

#include <cstdlib>
#include <string_view>
#include <vector>

#include "classify-svc/ubjson.h"

namespace silhouette {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

// From a buffer that ends where the bytes do, so that a sanitizer sees what reads on.
bool IsWhole(std::string_view bytes) {
  const std::vector<char> copy(bytes.begin(), bytes.end());
  return IsWholeUbjson({copy.data(), copy.size()});
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using silhouette::IsWhole;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const bool is_whole = IsWhole(bytes);
  // Whether a beginning is whole never changes back with its length.
  size_t shortest = 0, longest = size;
  while (shortest < longest) {
    const size_t middle = (shortest + longest) / 2;
    if (IsWhole(bytes.substr(0, middle))) {
      silhouette::Require(is_whole);
      longest = middle;
    } else {
      shortest = middle + 1;
    }
  }
  if (is_whole) silhouette::Require(shortest > 1 && bytes[shortest - 1] == '}');
  return 0;
}
