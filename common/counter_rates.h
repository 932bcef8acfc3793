#pragma once

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace silhouette {

// How fast counters grow: over the last ten seconds, or since the start while that is less.
// Counters begin at 0, those that appear later too. Not thread-safe.
class CounterRates {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kSpan{10};

  explicit CounterRates(Clock::time_point start) { samples_.push_back({start, {}}); }

  // Remembers the counters among `families`; about once a second, in the order of time.
  void Sample(Clock::time_point now, const std::vector<prometheus::MetricFamily>& families);

  // Of a counter that says `value` by now. What grew in a first second counts as of a whole one.
  double PerSecond(Clock::time_point now, const std::string& name,
                   const std::vector<prometheus::ClientMetric::Label>& labels, double value) const;

 private:
  using Key = std::pair<std::string, std::vector<prometheus::ClientMetric::Label>>;
  struct Counters {
    Clock::time_point at;
    std::map<Key, double> values;
  };
  std::deque<Counters> samples_;  // never empty; the first is a span old, or from the start
};

}  // namespace silhouette
