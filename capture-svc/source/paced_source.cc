#include "capture-svc/source/paced_source.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

constexpr int64_t kLongestWaitNs = 100'000'000;

// `start` and `more`, which is not negative, no later than the latest time that there is.
int64_t Add(int64_t start, double more) {
  // The largest double below 2^63.
  constexpr double kMost = 9223372036854774784.0;
  int64_t sum;
  const bool too_much =
      __builtin_add_overflow(start, static_cast<int64_t>(std::min(more, kMost)), &sum);
  return too_much ? std::numeric_limits<int64_t>::max() : sum;
}

}  // namespace

absl::StatusOr<double> ParseSpeed(const std::string& text) {
  if (text == "max") return std::numeric_limits<double>::infinity();
  const std::string number = text.ends_with('x') ? text.substr(0, text.size() - 1) : text;
  // No "inf", "nan" or blanks, which the conversion takes.
  const bool plain = number.find_first_not_of("0123456789.") == std::string::npos;
  double speed = 0;
  if (plain && absl::SimpleAtod(number, &speed) && std::isfinite(speed) && speed > 0) return speed;
  return absl::InvalidArgumentError(
      absl::StrCat("speed \"", text,
                   "\" is not understood; right are 1x (as it was captured), 10x, "
                   "0.5x and the like, above 0, and max"));
}

PacedSource::Clock PacedSource::SteadyClock() {
  using std::chrono::nanoseconds;
  return {[] {
            return std::chrono::duration_cast<nanoseconds>(
                       std::chrono::steady_clock::now().time_since_epoch())
                .count();
          },
          [](int64_t ns) { std::this_thread::sleep_for(nanoseconds(ns)); }};
}

absl::StatusOr<PacketBlock> PacedSource::Read() {
  if (next_ == block_.packets.size()) {
    if (block_.end) return block_ = PacketBlock{{}, true};
    absl::StatusOr<PacketBlock> block = source_->Read();
    if (!block.ok()) return block;
    block_ = *block;
    next_ = 0;
    if (block_.packets.empty()) return block;
    if (!start_.has_value()) start_ = {block_.packets[0].time_ns, clock_.now_ns()};
  }
  const PacketBlock due = TakeDue();
  if (!due.packets.empty()) return due;
  clock_.wait(WaitFor(block_.packets[next_].time_ns));
  return TakeDue();
}

PacketBlock PacedSource::TakeDue() {
  const int64_t now_ns = ReplayedNs();
  const size_t first = next_;
  while (next_ < block_.packets.size() && block_.packets[next_].time_ns <= now_ns) ++next_;
  if (next_ < block_.packets.size()) {
    quiet_until_ns_ = std::min(now_ns, block_.packets[next_].time_ns);
  }
  return PacketBlock{block_.packets.subspan(first, next_ - first)};
}

int64_t PacedSource::quiet_until_ns() const {
  const bool ended = block_.end && next_ == block_.packets.size();
  return ended ? source_->quiet_until_ns() : quiet_until_ns_;
}

int64_t PacedSource::ReplayedNs() const {
  const auto elapsed_ns = static_cast<double>(clock_.now_ns() - start_->clock_ns);
  return Add(start_->packet_ns, std::round(elapsed_ns * speed_));
}

int64_t PacedSource::WaitFor(int64_t time_ns) const {
  int64_t ahead_ns;
  if (__builtin_sub_overflow(time_ns, ReplayedNs(), &ahead_ns)) return kLongestWaitNs;
  const double wait_ns = std::ceil(static_cast<double>(ahead_ns) / speed_);
  return static_cast<int64_t>(std::clamp(wait_ns, 1.0, static_cast<double>(kLongestWaitNs)));
}

}  // namespace silhouette
