#include "feature-svc/pane_logs.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "common/packet_bits.h"
#include "feature-svc/subject_key.h"
#include "feature-svc/subject_table.h"

namespace silhouette {
namespace {

constexpr uint32_t kNone = SubjectTable::kNone;
constexpr size_t kMostSpareLogs = 8;

// Once most entries are of rows that are gone, those go too.
void DropUnusedFlows(SampleLog* log) {
  if (log->flows.size() <= 2 * log->size()) return;
  std::vector<uint32_t> numbers(log->flows.size(), kNone);
  std::vector<SampleFlow> used;
  for (uint32_t& flow : log->flow) {
    uint32_t& number = numbers[flow];
    if (number == kNone) {
      number = static_cast<uint32_t>(used.size());
      used.push_back(log->flows[flow]);
    }
    flow = number;
  }
  log->flows.swap(used);
}

}  // namespace

PaneLogs::PaneLogs(const Grid& panes, bool with_flows, const FeatureLimits& limits)
    : panes_(panes), with_flows_(with_flows), limits_(limits) {}

// ---- samples in ----

bool PaneLogs::Append(const PacketSlice& slice, size_t first, size_t count, int64_t pane,
                      std::vector<uint32_t>* dropped) {
  SampleLog* log = LogOf(pane);
  const size_t before = log->size();
  const int64_t start_ns = panes_.StartOf(pane);
  if (samples_ + FlowSubjects::kMost * count <= limits_.samples ||
      MakeRoom(FlowSubjects::kMost * count)) {
    AppendColumns(slice, first, count, start_ns, log);
  } else {
    AppendScarce(slice, first, count, start_ns, log, dropped);
  }
  return log->size() != before;
}

SampleLog* PaneLogs::LogOf(int64_t pane) {
  const auto [at, is_new] = logs_.try_emplace(pane);
  if (is_new && !spare_logs_.empty()) {
    at->second = std::move(spare_logs_.back());
    spare_logs_.pop_back();
  }
  return &at->second;
}

void PaneLogs::AppendColumns(const PacketSlice& slice, size_t first, size_t count, int64_t start_ns,
                             SampleLog* log) {
  const size_t before = log->size();
  const bool wide = with_flows_;
  log->Resize(before + (slice.any_remote ? 2 : 1) * count, wide);
  const int64_t* time_ns = slice.batch->time_ns().data() + first;
  const uint32_t* wire_bytes = slice.batch->wire_bytes().data() + first;
  const uint32_t* flow = slice.batch->flow().data() + first;
  const char* flags = slice.batch->flags().data() + first;
  const char* tcp_flags = slice.batch->tcp_flags().data() + first;
  size_t row = before;
  const auto append = [&](size_t i, uint32_t subject, bool is_remote_end) {
    const bool outbound = ((flags[i] & kPacketOutbound) != 0) != is_remote_end;
    log->stamp[row] =
        Sample::Stamp(time_ns[i] - start_ns, static_cast<uint8_t>(tcp_flags[i]), outbound);
    log->wire_bytes[row] = wire_bytes[i];
    log->subject[row] = subject;
    if (wide) log->flow[row] = static_cast<uint32_t>(2 * i) | is_remote_end;  // until AppendFlows
    row += subject != kNone;
  };
  for (size_t i = 0; i < count; ++i) {
    append(i, slice.home_subjects[flow[i]], false);
    if (slice.any_remote) append(i, slice.remote_subjects[flow[i]], true);
  }
  log->Resize(row, wide);
  samples_ += row - before;
  if (wide) AppendFlows(slice, first, before, log);
}

// In the rows from `row` on, replaces packet and end by what says who the peer is.
void PaneLogs::AppendFlows(const PacketSlice& slice, size_t first, size_t row, SampleLog* log) {
  const uint32_t* flow = slice.batch->flow().data() + first;
  const auto base = static_cast<uint32_t>(log->flows.size());
  const auto table = static_cast<uint32_t>(slice.home_flows.size());
  if (log->size() - row < table) {  // an entry for each row takes less
    for (; row < log->size(); ++row) {
      const bool is_remote_end = (log->flow[row] & 1) != 0;
      const uint32_t f = flow[log->flow[row] / 2];
      log->flows.push_back(is_remote_end ? slice.remote_flows[f] : slice.home_flows[f]);
      log->flow[row] = static_cast<uint32_t>(log->flows.size() - 1);
    }
    return;
  }
  log->flows.insert(log->flows.end(), slice.home_flows.begin(), slice.home_flows.end());
  if (slice.any_remote) {
    log->flows.insert(log->flows.end(), slice.remote_flows.begin(), slice.remote_flows.end());
  }
  for (; row < log->size(); ++row) {
    const uint32_t first_of_end = base + ((log->flow[row] & 1) != 0 ? table : 0);
    log->flow[row] = first_of_end + flow[log->flow[row] / 2];
  }
}

// One by one, as far as there is room.
void PaneLogs::AppendScarce(const PacketSlice& slice, size_t first, size_t count, int64_t start_ns,
                            SampleLog* log, std::vector<uint32_t>* dropped) {
  for (size_t i = first; i < first + count; ++i) {
    const uint32_t flow = slice.batch->flow(static_cast<int>(i));
    const uint32_t ends[] = {slice.home_subjects[flow], slice.remote_subjects[flow]};
    const auto wanted = static_cast<size_t>(
        std::count_if(std::begin(ends), std::end(ends), [](uint32_t id) { return id != kNone; }));
    if (samples_ + wanted <= limits_.samples || MakeRoom(wanted)) {
      AppendColumns(slice, i, 1, start_ns, log);
      continue;
    }
    for (uint32_t id : ends) {
      if (id == kNone) continue;
      log->MarkCut(id);
      dropped->push_back(static_cast<uint32_t>(i));
    }
  }
}

// ---- what is let go ----

// What no window would use goes. Not tried again in vain until a pane is retired.
bool PaneLogs::MakeRoom(size_t samples) {
  if (full_) return false;
  for (auto& [pane, log] : logs_) Trim(&log);
  full_ = samples_ + samples > limits_.samples;
  return !full_;
}

void PaneLogs::Trim(SampleLog* log) {
  if (log->size() == 0) return;
  std::vector<uint32_t> counts(1 + *std::max_element(log->subject.begin(), log->subject.end()));
  KeepRows(log, [&](size_t row) {
    const uint32_t id = log->subject[row];
    if (++counts[id] <= limits_.window_samples) return true;
    log->MarkCut(id);
    return false;
  });
}

template <typename Keep>
void PaneLogs::KeepRows(SampleLog* log, Keep keep) {
  size_t kept = 0;
  for (size_t row = 0; row < log->size(); ++row) {
    if (keep(row)) log->CopyRow(*log, row, kept++);
  }
  samples_ -= log->size() - kept;
  log->Resize(kept, with_flows_);
  DropUnusedFlows(log);
}

void PaneLogs::Forget(std::span<const uint8_t> is_gone) {
  for (auto& entry : logs_) {
    SampleLog* log = &entry.second;
    KeepRows(log, [&](size_t row) { return is_gone[log->subject[row]] == 0; });
    for (size_t id = 0; id < log->cut.size(); ++id) {
      if (is_gone[id] != 0) log->cut[id] = 0;
    }
  }
}

void PaneLogs::Retire(int64_t pane) {
  const auto at = logs_.find(pane);
  if (at == logs_.end()) return;
  samples_ -= at->second.size();
  full_ = false;
  if (spare_logs_.size() < kMostSpareLogs) {
    at->second.Clear();
    spare_logs_.push_back(std::move(at->second));
  }
  logs_.erase(at);
}

// ---- samples out ----

int64_t PaneLogs::NextPane(int64_t from) const {
  const auto at = logs_.lower_bound(from);
  return at == logs_.end() ? std::numeric_limits<int64_t>::max() : at->first;
}

int64_t PaneLogs::LastPane() const {
  return logs_.empty() ? std::numeric_limits<int64_t>::min() : logs_.rbegin()->first;
}

const SampleLog& PaneLogs::Join(int64_t first, int64_t count) {
  const auto at = logs_.find(first);
  if (at != logs_.end() && NextPane(first + 1) >= first + count) return at->second;
  return JoinIf(first, count, [](uint32_t) { return true; });
}

const SampleLog& PaneLogs::JoinWanted(int64_t first, int64_t count,
                                      std::span<const uint8_t> is_wanted) {
  return JoinIf(first, count, [=](uint32_t id) { return is_wanted[id] != 0; });
}

template <typename Wanted>
const SampleLog& PaneLogs::JoinIf(int64_t first, int64_t count, Wanted wanted) {
  joined_.Clear();
  const auto end = logs_.lower_bound(first + count);
  for (auto at = logs_.lower_bound(first); at != end; ++at) {
    joined_.AppendIf(at->second, (at->first - first) * panes_.length_ns, wanted);
  }
  return joined_;
}

void PaneLogs::Renumber(std::span<const uint32_t> numbers) {
  for (auto& [pane, log] : logs_) log.Renumber(numbers);
}

size_t PaneLogs::flow_entries() const {
  size_t entries = 0;
  for (const auto& [pane, log] : logs_) entries += log.flows.size();
  return entries;
}

}  // namespace silhouette
