#include "common/counter_rates.h"

#include <prometheus/metric_type.h>

#include <algorithm>

namespace silhouette {

void CounterRates::Sample(Clock::time_point now,
                          const std::vector<prometheus::MetricFamily>& families) {
  Counters& sample = samples_.emplace_back(Counters{now, {}});
  for (const prometheus::MetricFamily& family : families) {
    if (family.type != prometheus::MetricType::Counter) continue;
    for (const prometheus::ClientMetric& metric : family.metric) {
      sample.values[{family.name, metric.label}] = metric.counter.value;
    }
  }
  while (samples_.size() > 1 && samples_[1].at <= now - kSpan) samples_.pop_front();
}

double CounterRates::PerSecond(Clock::time_point now, const std::string& name,
                               const std::vector<prometheus::ClientMetric::Label>& labels,
                               double value) const {
  const Counters& then = samples_.front();
  const auto found = then.values.find({name, labels});
  const double grown = value - (found == then.values.end() ? 0 : found->second);
  const std::chrono::duration<double> passed = now - then.at;
  return grown / std::max(passed.count(), 1.0);
}

}  // namespace silhouette
