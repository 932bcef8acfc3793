#include "common/source_lag.h"

namespace silhouette {

void SourceLag::Set(const std::string& source, double seconds) {
  std::lock_guard lock(mutex_);
  sources_[source] = {seconds, now_()};
}

void SourceLag::Remove(const std::string& source) {
  std::lock_guard lock(mutex_);
  sources_.erase(source);
}

std::vector<prometheus::MetricFamily> SourceLag::Collect() const {
  auto family = FamilyOf(service_, info_);
  const Clock::time_point now = now_();
  std::lock_guard lock(mutex_);
  for (const auto& [source, lag] : sources_) {
    if (now - lag.heard < kRemembered) AddValue(lag.seconds, &family, {{"source", source}});
  }
  return {std::move(family)};
}

}  // namespace silhouette
