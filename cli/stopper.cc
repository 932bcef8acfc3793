#include "cli/stopper.h"

#include "absl/strings/str_cat.h"

namespace silhouette {

Stopper::Stopper(StopSignal* signal, std::function<void()> stop, absl::Duration duration)
    : signal_(signal), waiting_([this, stop = std::move(stop), duration] {
        signal_->WaitFor(absl::ToChronoMilliseconds(duration));
        stop();
        signal_->LetTheNextOneKill();
        signal_->Wait();  // until the run is over
      }) {}

Stopper::~Stopper() {
  signal_->Request();
  waiting_.join();
}

absl::StatusOr<absl::Duration> ParseDurationFlag(const std::string& text) {
  if (text.empty()) return absl::InfiniteDuration();
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration()) return duration;
  return absl::InvalidArgumentError(
      absl::StrCat("--duration: \"", text, "\" is no duration; write it as 30s or 10m"));
}

}  // namespace silhouette
