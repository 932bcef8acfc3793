#include "classify-svc/ubjson.h"

#include <cstddef>
#include <cstdint>

namespace silhouette {
namespace {

// As XGBoost 1.7 reads it: lengths are all of 64 bits, and typed arrays of fixed-size numbers.
class Walker {
 public:
  explicit Walker(std::string_view bytes) : rest_(bytes) {}

  bool Value(int depth = 0) {
    constexpr int kDeepest = 64;  // models have about eight levels
    if (depth > kDeepest || rest_.empty()) return false;
    const char marker = rest_.front();
    rest_.remove_prefix(1);
    if (marker == '{') return Object(depth);
    if (marker == '[') return Array(depth);
    if (marker == 'S') return Text();
    const size_t size = SizeOf(marker);
    return size > 0 && Skip(size, 1);
  }

 private:
  // Of a number; 0 for what is none.
  static size_t SizeOf(char marker) {
    switch (marker) {
      case 'i':
      case 'U':
        return 1;
      case 'I':
        return 2;
      case 'l':
      case 'd':
        return 4;
      case 'L':
        return 8;
      default:
        return 0;
    }
  }

  bool Skip(size_t size, uint64_t count) {
    if (count > rest_.size() / size) return false;
    rest_.remove_prefix(size * count);
    return true;
  }
  bool Take(char marker) {
    if (rest_.empty() || rest_.front() != marker) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool Length(uint64_t* length) {
    if (!Take('L') || rest_.size() < 8) return false;
    *length = 0;
    for (size_t i = 0; i < 8; ++i) *length = *length << 8 | static_cast<uint8_t>(rest_[i]);
    rest_.remove_prefix(8);
    return true;
  }
  bool Text() {
    uint64_t length = 0;
    return Length(&length) && Skip(1, length);
  }

  bool Object(int depth) {
    while (!Take('}')) {
      if (!Text() || !Value(depth + 1)) return false;
    }
    return true;
  }

  bool Array(int depth) {
    uint64_t length = 0;
    if (Take('$')) {
      if (rest_.empty() || SizeOf(rest_.front()) == 0) return false;
      const size_t size = SizeOf(rest_.front());
      rest_.remove_prefix(1);
      return Take('#') && Length(&length) && Skip(size, length);
    }
    if (Take('#')) {
      if (!Length(&length)) return false;
      for (; length > 0; --length) {
        if (!Value(depth + 1)) return false;
      }
      return true;
    }
    while (!Take(']')) {
      if (!Value(depth + 1)) return false;
    }
    return true;
  }

  std::string_view rest_;
};

}  // namespace

bool IsWholeUbjson(std::string_view bytes) {
  return bytes.starts_with('{') && Walker(bytes).Value();
}

}  // namespace silhouette
