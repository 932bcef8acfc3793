#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "silhouette/v1/timeline.pb.h"

namespace silhouette {

// Measures one conversation, window by window in their order.
class ConversationMeter {
 public:
  // Of windows of presence.v1 or presence.v2.
  explicit ConversationMeter(std::string_view schema = "presence.v1")
      : is_v2_(schema == "presence.v2") {}
  // That windows of this schema say enough.
  static bool Measures(std::string_view schema) {
    return schema == "presence.v1" || schema == "presence.v2";
  }

  // `features` are the schema's.
  void Add(int64_t start_ns, int64_t end_ns, std::span<const double> features);
  // Call after one Add at least.
  v1::ConversationShape Finish() const;

  // What it has measured so far as bytes, and back, to go on later; nothing for bytes that are not
  // its own.
  std::string Save() const;
  static std::optional<ConversationMeter> Load(std::string_view schema, std::string_view saved);

 private:
  struct Measured {
    int64_t windows = 0;  // up to the last one with packets
    int64_t windows_and_silent = 0;
    int64_t two_way = 0;
    double packets = 0;
    double outbound = 0;
    double bytes = 0;
    int64_t first_ns = 0;
    int64_t length_ns = 0;  // of a window
    int64_t end_ns = 0;     // of the last window with packets
  };

  bool is_v2_;
  Measured sums_;
};

}  // namespace silhouette
