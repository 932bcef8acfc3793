#pragma once

#include <cstdint>
#include <span>
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

 private:
  bool is_v2_;
  int64_t windows_ = 0;  // up to the last one with packets
  int64_t windows_and_silent_ = 0;
  int64_t two_way_ = 0;
  double packets_ = 0;
  double outbound_ = 0;
  double bytes_ = 0;
  int64_t first_ns_ = 0;
  int64_t length_ns_ = 0;  // of a window
  int64_t end_ns_ = 0;     // of the last window with packets
};

}  // namespace silhouette
