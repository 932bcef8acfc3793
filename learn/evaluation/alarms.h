#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "learn/data/dataset.h"

namespace silhouette {

// Windows of one class and one sequence that lie so near to each other that they are one: an alarm
// when a model said the class, an event when it was so.
struct Stretch {
  size_t class_index = 0;
  size_t source = 0;
  size_t sequence = 0;
  // Numbers of the first and last window on their grid.
  int64_t first = 0;
  int64_t last = 0;
  size_t windows = 0;
};

// Which windows make one alarm.
struct AlarmRule {
  int64_t quiet = 0;                        // windows between those of it, at the most
  std::map<size_t, size_t> least_of_class;  // fewer of its class are none

  size_t Least(size_t class_index) const {
    const auto found = least_of_class.find(class_index);
    return found == least_of_class.end() ? 1 : found->second;
  }
};

// `class_of` is of each of `rows` (ascending). Windows that are at most `quiet` others apart are
// one stretch. Class 0 (benign, idle) and those from `classes` on (unknown) make none. Sorted by
// sequence, first, class.
std::vector<Stretch> FindStretches(const Dataset& data, std::span<const size_t> rows,
                                   std::span<const size_t> class_of, size_t classes, int64_t quiet);

// For each of `rows`, whether it lies in an event of its sequence or at most `quiet` windows away.
std::vector<bool> AreNearEvents(const Dataset& data, std::span<const size_t> rows, int64_t quiet);

// An event, and what was said of it.
struct JudgedEvent {
  Stretch event;
  // Windows from its first to the one rightly named that made the alarm; below 0: not found.
  int64_t delay = -1;
  // Other classes that alarms said of it, by name.
  std::vector<std::string> misnamed;
};

// How long a source was watched, and its false alarms.
struct JudgedSource {
  size_t source = 0;
  uint64_t windows = 0;
  // From the first to the last window of each sequence, added up: what a rate of alarms is per.
  double device_hours = 0;
  // Alarms that no event of the sequence, of whatever class, explains.
  uint64_t false_alarms = 0;
};

struct JudgedAlarms {
  std::vector<JudgedEvent> events;    // as FindStretches sorts them
  std::vector<JudgedSource> sources;  // those that have rows, ascending
};

// Holds what was said against what was so. An alarm goes with an event that it is at most
// `rule.quiet` windows away from.
JudgedAlarms JudgeAlarms(const Dataset& data, std::span<const size_t> rows,
                         std::span<const size_t> said, const AlarmRule& rule);

}  // namespace silhouette
