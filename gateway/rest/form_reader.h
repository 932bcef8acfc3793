#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace silhouette {

// Reads a body of multipart/form-data (RFC 7578) as it comes. What it keeps of it is bounded: the
// head of a part, and as much as may begin a boundary.
class FormReader {
 public:
  static constexpr size_t kMostHeadBytes = 16'384;  // of a part

  struct Part {
    std::string name;      // empty: it has none
    std::string filename;  // empty: it is no file
  };
  using Begin = std::function<bool(const Part& part)>;
  using Add = std::function<bool(const char* bytes, size_t size)>;

  // `begin` is told of each part, then `add` of its bytes, in pieces. Both may say false, which is
  // the end of it.
  FormReader(const std::string& boundary, Begin begin, Add add);

  // The next bytes of the body. False: the form is malformed or was ended; do not go on.
  bool Read(std::string_view bytes);

  // The boundary behind the last part was there.
  bool is_whole() const { return state_ == State::kEnd; }

 private:
  enum class State { kBeforeParts, kBoundary, kHead, kContent, kEnd };
  enum class Step { kDone, kNeedsMore, kWrong };

  Step ReadOn();
  Step ReadContent();
  Step ReadEndOfBoundary();
  Step ReadPartHead();

  const std::string delimiter_;
  const Begin begin_;
  const Add add_;
  State state_ = State::kBeforeParts;
  std::string buffer_;  // came, and is not read
};

// The boundary in a Content-Type of a form; empty: it has none that will do. None: it is no form's.
std::optional<std::string> FormBoundary(std::string_view content_type);

}  // namespace silhouette
