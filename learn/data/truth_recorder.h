#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "learn/data/truth.h"

namespace silhouette {

// Makes a truth of what somebody who watches says is so, at the moment when it changes. Times are
// ns since the Unix epoch, from a clock that the caller reads.
class TruthRecorder {
 public:
  // The number of the class that is so; nothing while nothing is known.
  using State = std::optional<size_t>;

  explicit TruthRecorder(std::vector<std::string> classes) : classes_(std::move(classes)) {}

  // The clock shows `time_ns`. Returns by how much it went back since the last call, 0 if it did
  // not. Time itself never goes back: until the clock has caught up, it stands still.
  int64_t Advance(int64_t time_ns);

  // What the following are about is now.

  // `state` begins. False, and nothing changes, when it is so already.
  bool Change(State state);
  // The last change never was: what was so before it goes on. False when there is none.
  bool Undo();

  // Nothing has changed yet, or all of it was undone.
  bool empty() const { return changes_.empty(); }
  State state() const { return changes_.empty() ? State() : changes_.back().state; }
  // When the state began; now, before the first change.
  int64_t since_ns() const { return changes_.empty() ? now_ns_ : changes_.back().time_ns; }
  int64_t now_ns() const { return now_ns_; }
  // What is known up to now, the present state included; without empty intervals.
  std::vector<TruthInterval> Intervals() const;

 private:
  struct ChangeOfState {
    int64_t time_ns;
    State state;
  };

  const std::vector<std::string> classes_;
  std::vector<ChangeOfState> changes_;  // in order of time
  int64_t now_ns_ = 0;
  int64_t clock_ns_ = 0;  // as it was read last
};

}  // namespace silhouette
