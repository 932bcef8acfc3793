#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "feature-svc/limits.h"
#include "feature-svc/packet_columns.h"
#include "feature-svc/subject_table.h"
#include "feature-svc/window_task.h"
#include "silhouette/v1/packet.pb.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// The windows of all specs that share a kind of subject and a filter: each packet's subjects are
// looked up once for all of them.
class SubjectGroup {
 public:
  // The sink that windows of a task go to.
  using SinkOf = std::function<WindowSink*(const WindowTask&)>;

  SubjectGroup(v1::SubjectKind kind, v1::PacketFilter filter, const FeatureLimits& limits);

  bool Holds(const v1::WindowSpec& spec) const;
  void AddTask(std::unique_ptr<WindowTask> task);
  // Leaves the group without tasks; its subjects stay.
  std::vector<std::unique_ptr<WindowTask>> TakeTasks();
  const std::vector<std::unique_ptr<WindowTask>>& tasks() const { return tasks_; }

  // At most this many packets go into one Append.
  size_t most_packets() const { return limits_.subjects / (2 * FlowSubjects::kMost); }

  // Adds the packets [first, first + count) of a batch. Subjects that make room for new ones are
  // given out.
  struct Appended {
    // By flow of the batch: how many samples each of its packets should have become, 0 to 2.
    std::span<const uint8_t> subjects;
    // Packets by number in the batch, once for each sample that found no room.
    std::vector<uint32_t> dropped;
    int64_t last_end_ns;  // of the last window that took a packet, or the least number
  };
  Appended Append(const v1::PacketBatch& batch, const FlowColumns& flows, size_t first,
                  size_t count, const SinkOf& sink_of);

  // Brings the subjects into the order in which windows close, where they are far from it and
  // windows that end at or before `time_ns` are to close.
  void Arrange(int64_t time_ns);

  // Removes the subjects that no window looks back to any more.
  void RemoveIdle();

  size_t subjects() const { return table_.size(); }
  uint64_t evicted() const { return evicted_; }
  SubjectTable* table() { return &table_; }

 private:
  bool Takes(const FlowColumns& flows, size_t i) const;
  void FindSubjects(const v1::PacketBatch& batch, const FlowColumns& flows, size_t first,
                    size_t count, int64_t newest_ns, const SinkOf& sink_of);
  void CollectKeys(const FlowColumns& flows, size_t i);
  void MakeRoom(size_t subjects, const SinkOf& sink_of);
  void FillSampleFlows(const FlowColumns& flows);

  const v1::SubjectKind kind_;
  const v1::PacketFilter filter_;
  const FeatureLimits limits_;
  SubjectTable table_;
  std::vector<std::unique_ptr<WindowTask>> tasks_;
  bool needs_flows_ = false;
  uint64_t evicted_ = 0;

  // By flow of the batch.
  std::vector<uint32_t> home_subjects_;
  std::vector<uint32_t> remote_subjects_;
  std::vector<uint8_t> subject_counts_;
  std::vector<SampleFlow> home_flows_;
  std::vector<SampleFlow> remote_flows_;
  bool any_remote_ = false;
  // Memory to use again: what is looked up, and where the answer belongs (flow * 2, + 1 for the
  // remote end).
  std::vector<SubjectKey> keys_;
  std::vector<uint32_t> ends_;
  std::vector<uint32_t> ids_;
};

}  // namespace silhouette
