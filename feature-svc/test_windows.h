#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feature-svc/subject_group.h"
#include "feature-svc/test_packets.h"

// The windows of one task as its extractor sees them, for tests.
namespace silhouette::test_windows {

using namespace test_packets;

// What a sink was given.
struct Given {
  std::string subject;
  int64_t start_ns;
  bool partial;
  std::vector<int64_t> times;
  bool has_previous;
  int64_t previous_ns;
};

// Tells what the extractor sees, and which window that is for.
class Recorder final : public WindowSink {
 public:
  double* Add(uint32_t, std::string_view subject, int64_t start_ns, bool partial) override {
    given.push_back({std::string(subject), start_ns, partial, {}, false, 0});
    now_ = this;
    return &value_;
  }
  static void Extract(const WindowInput& window, double*) {
    Given& last = now_->given.back();
    for (const Sample& sample : window.samples) last.times.push_back(window.TimeOf(sample));
    last.has_previous = window.previous_ns() != WindowInput::kNever;
    last.previous_ns = window.previous_ns();
  }

  std::vector<Given> given;

 private:
  static inline Recorder* now_ = nullptr;
  double value_;
};

// One second's windows of conversations, with a horizon of three seconds.
class Windows {
 public:
  explicit Windows(FeatureLimits limits = {}, int64_t length_ns = kSecond)
      : extractor_{"test.v1", &Recorder::Extract},
        group_(v1::SUBJECT_KIND_CONVERSATION, {}, limits) {
    v1::WindowSpec spec = PresenceSpec(length_ns, {});
    spec.set_hop_ns(kSecond);
    auto task = std::make_unique<WindowTask>(spec, &schema_, &extractor_, 0, limits);
    task_ = task.get();
    group_.AddTask(std::move(task));
  }

  // Number of the last window that took it, counted in seconds of its start.
  static constexpr int64_t kNone = -1'000'000;
  int64_t Add(const std::vector<Packet>& packets) {
    const v1::PacketBatch batch = BatchMaker().Make(packets);
    const auto appended = group_.Append(batch, FlowColumns(batch.flows()), 0, packets.size(),
                                        [this](const WindowTask&) { return &sink_; });
    dropped_ += appended.dropped.size();
    if (appended.last_end_ns == WindowInput::kNever) return kNone;
    return (appended.last_end_ns - task_->spec().length_ns()) / kSecond;
  }
  // Windows that end at or before this many seconds.
  std::vector<Given> CloseBefore(int64_t second) {
    task_->CloseUntil(second * kSecond, group_.table(), &sink_);
    return std::exchange(sink_.given, {});
  }
  std::vector<Given> CloseStartedBy(int64_t second) {
    task_->CloseStartedBy(second * kSecond, group_.table(), &sink_);
    return std::exchange(sink_.given, {});
  }
  SubjectGroup& group() { return group_; }
  const WindowTask& task() const { return *task_; }
  size_t dropped() const { return dropped_; }

 private:
  const FeatureSchema schema_{"test.v1", 3 * kSecond, {{"nothing", "1", "nothing", 0}}};
  const Extractor extractor_;
  SubjectGroup group_;
  WindowTask* task_;
  Recorder sink_;
  size_t dropped_ = 0;
};

inline std::vector<int64_t> Starts(const std::vector<Given>& given) {
  std::vector<int64_t> seconds;
  for (const Given& window : given) seconds.push_back(window.start_ns / kSecond);
  return seconds;
}

}  // namespace silhouette::test_windows
