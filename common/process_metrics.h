#pragma once

#include <prometheus/collectable.h>

#include <string>
#include <vector>

namespace silhouette {

// Which version runs since when, and what it takes of the machine.
class ProcessMetrics : public prometheus::Collectable {
 public:
  // `service` is "feature", as in the names. The process counts as begun now.
  explicit ProcessMetrics(std::string service);

  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const std::string service_;
  const double began_s_;  // wall clock
};

}  // namespace silhouette
