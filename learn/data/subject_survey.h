#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/call_picker.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// The subjects of one capture, and what each carried.
class SubjectSurvey {
 public:
  // Windows of presence.v1 in the order of time. `run` tells those before a jump of the clock from
  // those behind it.
  void Add(int run, const v1::WindowTable& table);

  // The subjects of these names that are there. Errors: NOT_FOUND naming the largest ones.
  absl::StatusOr<std::set<std::string>> Named(const std::vector<std::string>& names) const;
  // The one conversation that looks like a call. Errors: NOT_FOUND where none does or several do,
  // naming the largest ones.
  absl::StatusOr<std::set<std::string>> Call() const;
  // The subject with the most packets. Errors: NOT_FOUND where there is none.
  absl::StatusOr<std::set<std::string>> Largest() const;

 private:
  struct Entry {
    int run;                  // the first it came in
    ConversationMeter meter;  // of that run: a jump is no part of a conversation's span
    double packets = 0;
  };
  std::map<std::string, Entry> subjects_;
};

}  // namespace silhouette
