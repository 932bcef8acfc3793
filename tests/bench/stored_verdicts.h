#pragma once

#include <cstdint>
#include <string>

#include "silhouette/v1/verdict.pb.h"

namespace silhouette::bench {

// Verdicts on some subjects, one a subject and half-second window, in batches of about a thousand,
// as classify-svc sends them.
class StoredVerdicts {
 public:
  static constexpr int64_t kWindowNs = 500'000'000;
  static constexpr int64_t kStartNs = 1'700'000'000'000'000'000;
  static constexpr int64_t kDayNs = 86'400'000'000'000;

  explicit StoredVerdicts(int subjects) : subjects_(subjects) {}

  static std::string Subject(int number);
  // The next ones; at least one window of all subjects.
  const v1::VerdictBatch& Next();
  int64_t next_start_ns() const { return kStartNs + window_ * kWindowNs; }

 private:
  const int subjects_;
  int64_t window_ = 0;
  v1::VerdictBatch batch_;
};

}  // namespace silhouette::bench
