#include "learn/evaluation/alarms.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace silhouette {
namespace {

constexpr double kNsPerHour = 3.6e12;

bool AreNear(const Stretch& a, const Stretch& b, int64_t quiet) {
  return a.sequence == b.sequence && a.first <= b.last + quiet + 1 && b.first <= a.last + quiet + 1;
}

std::vector<size_t> TruthOf(const Dataset& data, std::span<const size_t> rows) {
  std::vector<size_t> truth;
  for (size_t row : rows) truth.push_back(static_cast<size_t>(data.label[row]));
  return truth;
}

// The window of the event in which its class was said often enough; below 0: none.
int64_t DelayOf(const Dataset& data, std::span<const size_t> rows, std::span<const size_t> said,
                const Stretch& event, const AlarmRule& rule) {
  size_t joined = 0;
  int64_t last = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t window = data.window[rows[i]];
    if (data.sequence[rows[i]] != event.sequence || said[i] != event.class_index) continue;
    if (window < event.first || window > event.last + rule.quiet) continue;
    joined = joined > 0 && window <= last + rule.quiet + 1 ? joined + 1 : 1;
    last = window;
    if (joined == rule.Least(event.class_index)) return window - event.first;
  }
  return -1;
}

// Sequences from their first to their last window, by source.
std::vector<JudgedSource> WatchedSources(const Dataset& data, std::span<const size_t> rows) {
  std::map<size_t, JudgedSource> sources;
  std::map<size_t, std::pair<size_t, size_t>> ends;  // rows, by sequence
  for (size_t row : rows) {
    JudgedSource& source = sources[data.source[row]];
    source.source = data.source[row];
    ++source.windows;
    ends.try_emplace(data.sequence[row], row, row).first->second.second = row;
  }
  for (const auto& [sequence, rows_of] : ends) {
    const auto [first, last] = rows_of;
    sources[data.source[first]].device_hours +=
        static_cast<double>((data.window[last] - data.window[first] + 1) * data.hop_ns) /
        kNsPerHour;
  }
  std::vector<JudgedSource> list;
  for (const auto& [number, source] : sources) list.push_back(source);
  return list;
}

}  // namespace

std::vector<Stretch> FindStretches(const Dataset& data, std::span<const size_t> rows,
                                   std::span<const size_t> class_of, size_t classes,
                                   int64_t quiet) {
  std::vector<Stretch> stretches;
  std::map<std::pair<size_t, size_t>, size_t> newest;  // by sequence and class
  for (size_t i = 0; i < rows.size(); ++i) {
    if (class_of[i] == 0 || class_of[i] >= classes) continue;
    const size_t row = rows[i];
    const Stretch here{class_of[i],      data.source[row], data.sequence[row],
                       data.window[row], data.window[row], 1};
    const auto before = newest.find({here.sequence, here.class_index});
    if (before != newest.end() && AreNear(stretches[before->second], here, quiet)) {
      stretches[before->second].last = here.last;
      ++stretches[before->second].windows;
      continue;
    }
    newest[{here.sequence, here.class_index}] = stretches.size();
    stretches.push_back(here);
  }
  std::sort(stretches.begin(), stretches.end(), [](const Stretch& a, const Stretch& b) {
    return std::tie(a.sequence, a.first, a.class_index) <
           std::tie(b.sequence, b.first, b.class_index);
  });
  return stretches;
}

std::vector<bool> AreNearEvents(const Dataset& data, std::span<const size_t> rows, int64_t quiet) {
  const std::vector<Stretch> events =
      FindStretches(data, rows, TruthOf(data, rows), data.classes.size(), quiet);
  std::vector<bool> near;
  for (size_t row : rows) {
    const Stretch here{0, data.source[row], data.sequence[row], data.window[row], data.window[row],
                       1};
    near.push_back(std::any_of(events.begin(), events.end(),
                               [&](const Stretch& event) { return AreNear(here, event, quiet); }));
  }
  return near;
}

JudgedAlarms JudgeAlarms(const Dataset& data, std::span<const size_t> rows,
                         std::span<const size_t> said, const AlarmRule& rule) {
  const size_t classes = data.classes.size();
  const int64_t quiet = rule.quiet;
  std::vector<Stretch> alarms = FindStretches(data, rows, said, classes, quiet);
  std::erase_if(
      alarms, [&](const Stretch& alarm) { return alarm.windows < rule.Least(alarm.class_index); });
  JudgedAlarms judged;
  judged.sources = WatchedSources(data, rows);
  for (const Stretch& event : FindStretches(data, rows, TruthOf(data, rows), classes, quiet)) {
    JudgedEvent& of = judged.events.emplace_back(JudgedEvent{event, -1, {}});
    of.delay = DelayOf(data, rows, said, event, rule);
    for (const Stretch& alarm : alarms) {
      if (alarm.class_index == event.class_index || !AreNear(alarm, event, quiet)) continue;
      of.misnamed.push_back(data.classes[alarm.class_index]);
    }
  }
  for (const Stretch& alarm : alarms) {
    const bool explained = std::any_of(judged.events.begin(), judged.events.end(),
                                       [&](auto& of) { return AreNear(alarm, of.event, quiet); });
    if (explained) continue;
    const auto source = std::find_if(judged.sources.begin(), judged.sources.end(),
                                     [&](auto& watched) { return watched.source == alarm.source; });
    ++source->false_alarms;
  }
  return judged;
}

}  // namespace silhouette
