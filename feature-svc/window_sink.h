#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace silhouette {

// Takes closed windows.
class WindowSink {
 public:
  virtual ~WindowSink() = default;

  // A row for the features of one window of subject number `id`; the caller fills it before the
  // next call.
  virtual double* Add(uint32_t id, std::string_view subject, int64_t start_ns, bool partial) = 0;
};

}  // namespace silhouette
