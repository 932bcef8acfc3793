#include "feature-svc/subject_group.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace silhouette {
namespace {

constexpr uint8_t kTcp = 6, kUdp = 17;
constexpr size_t kEvictedShare = 16;

FeatureLimits WithinReason(FeatureLimits limits) {
  limits.subjects = std::max(limits.subjects, FeatureLimits::kMinSubjects);
  return limits;
}

SampleFlow SeenFrom(const FlowColumns& flows, size_t i, bool remote_end) {
  SampleFlow flow{};
  const uint32_t ports = flows.ports(i);
  const auto home_port = static_cast<uint16_t>(ports >> 16);
  const auto remote_port = static_cast<uint16_t>(ports);
  flow.own_port = remote_end ? remote_port : home_port;
  flow.peer_port = remote_end ? home_port : remote_port;
  flow.protocol = flows.protocol(i);
  flow.is_ip = flows.network(i) == Network::kIp;
  flow.is_arp = flows.network(i) == Network::kArp;
  const bool has_ports = flow.protocol == kTcp || flow.protocol == kUdp;
  // A packet that is cut before its ports has none.
  flow.ports_known = flow.is_ip && has_ports && !flows.ports_unknown(i) && ports != 0;
  flow.peer_is_home = remote_end ? flows.home_is_home(i) : flows.remote_is_home(i);
  std::memcpy(flow.peer_address, remote_end ? flows.home(i) : flows.remote(i),
              sizeof flow.peer_address);
  return flow;
}

}  // namespace

SubjectGroup::SubjectGroup(v1::SubjectKind kind, v1::PacketFilter filter,
                           const FeatureLimits& limits)
    : kind_(kind),
      filter_(std::move(filter)),
      limits_(WithinReason(limits)),
      table_(kind, limits_.subjects) {}

void SubjectGroup::AddTask(std::unique_ptr<WindowTask> task) {
  needs_flows_ |= task->needs_flows();
  tasks_.push_back(std::move(task));
}

std::vector<std::unique_ptr<WindowTask>> SubjectGroup::TakeTasks() {
  needs_flows_ = false;
  return std::exchange(tasks_, {});
}

bool SubjectGroup::Holds(const v1::WindowSpec& spec) const {
  const auto& mine = filter_.ip_protocols();
  const auto& theirs = spec.filter().ip_protocols();
  return spec.subject() == kind_ &&
         std::equal(mine.begin(), mine.end(), theirs.begin(), theirs.end());
}

SubjectGroup::Appended SubjectGroup::Append(const v1::PacketBatch& batch, const FlowColumns& flows,
                                            size_t first, size_t count, const SinkOf& sink_of) {
  const int64_t* times = batch.time_ns().data() + first;
  const auto [oldest, newest] = std::minmax_element(times, times + count);
  FindSubjects(batch, flows, first, count, *newest, sink_of);
  Appended appended{subject_counts_, {}, std::numeric_limits<int64_t>::min()};
  const PacketSlice slice{
      &batch,           first,       count,       *oldest,      *newest, home_subjects_,
      remote_subjects_, any_remote_, home_flows_, remote_flows_};
  for (const auto& task : tasks_) {
    appended.last_end_ns = std::max(appended.last_end_ns, task->Append(slice, &appended.dropped));
  }
  return appended;
}

bool SubjectGroup::Takes(const FlowColumns& flows, size_t i) const {
  const auto& protocols = filter_.ip_protocols();
  if (protocols.empty()) return true;
  return flows.network(i) == Network::kIp &&
         std::find(protocols.begin(), protocols.end(), flows.protocol(i)) != protocols.end();
}

// Looks up the subjects of the flows of these packets.
void SubjectGroup::FindSubjects(const v1::PacketBatch& batch, const FlowColumns& flows,
                                size_t first, size_t count, int64_t newest_ns,
                                const SinkOf& sink_of) {
  home_subjects_.assign(flows.size(), SubjectTable::kNone);
  remote_subjects_.assign(flows.size(), SubjectTable::kNone);
  subject_counts_.assign(flows.size(), 0);
  keys_.clear();
  ends_.clear();
  any_remote_ = false;
  if (count == static_cast<size_t>(batch.time_ns_size()) && flows.size() <= count) {
    for (size_t i = 0; i < flows.size(); ++i) CollectKeys(flows, i);
  } else {
    std::vector<bool> collected(flows.size());
    for (size_t packet = first; packet < first + count; ++packet) {
      const uint32_t i = batch.flow(static_cast<int>(packet));
      if (!collected[i]) CollectKeys(flows, i);
      collected[i] = true;
    }
  }
  if (table_.room() < keys_.size()) MakeRoom(table_.MarkActive(keys_, newest_ns), sink_of);
  ids_.resize(keys_.size());
  table_.FindOrAdd(keys_, newest_ns, ids_.data());
  for (size_t k = 0; k < ids_.size(); ++k) {
    (ends_[k] % 2 == 0 ? home_subjects_ : remote_subjects_)[ends_[k] / 2] = ids_[k];
  }
  if (needs_flows_) FillSampleFlows(flows);
}

void SubjectGroup::CollectKeys(const FlowColumns& flows, size_t i) {
  if (!Takes(flows, i)) return;
  const FlowSubjects subjects = SubjectsOf(kind_, flows, i);
  for (size_t end = 0; end < subjects.count; ++end) {
    const bool remote = subjects.ends[end].is_remote_end;
    keys_.push_back(subjects.ends[end].key);
    ends_.push_back(static_cast<uint32_t>(2 * i + (remote ? 1 : 0)));
    any_remote_ |= remote;
  }
  subject_counts_[i] = static_cast<uint8_t>(subjects.count);
}

// For new subjects. Evicts several at once, as each time costs a pass over the open windows.
void SubjectGroup::MakeRoom(size_t subjects, const SinkOf& sink_of) {
  if (table_.room() >= subjects) return;
  RemoveIdle();
  if (table_.room() >= subjects) return;
  const size_t count =
      std::max(subjects - table_.room(), std::max<size_t>(1, limits_.subjects / kEvictedShare));
  const std::vector<uint32_t> ids = table_.LeastRecent(count);
  for (const auto& task : tasks_) task->Evict(ids, table_, sink_of(*task));
  table_.Forget(ids);
  evicted_ += ids.size();
}

void SubjectGroup::FillSampleFlows(const FlowColumns& flows) {
  home_flows_.resize(flows.size());
  remote_flows_.resize(any_remote_ ? flows.size() : 0);
  for (size_t i = 0; i < flows.size(); ++i) {
    home_flows_[i] = SeenFrom(flows, i, false);
    if (any_remote_) remote_flows_[i] = SeenFrom(flows, i, true);
  }
}

void SubjectGroup::Arrange(int64_t time_ns) {
  const bool closing = std::any_of(tasks_.begin(), tasks_.end(),
                                   [=](const auto& task) { return task->HasToClose(time_ns); });
  if (!table_.is_scattered(closing)) return;
  const std::vector<uint32_t> numbers = table_.Renumber();
  for (const auto& task : tasks_) task->Renumber(numbers, table_.size());
}

void SubjectGroup::RemoveIdle() {
  int64_t needed_since_ns = std::numeric_limits<int64_t>::max();
  for (const auto& task : tasks_) {
    needed_since_ns = std::min(needed_since_ns, task->NeededSinceNs());
  }
  const std::vector<uint32_t> ids = table_.IdleSince(needed_since_ns);
  for (const auto& task : tasks_) task->Forget(ids);
  table_.Remove(ids);
}

}  // namespace silhouette
