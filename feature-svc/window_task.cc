#include "feature-svc/window_task.h"

#include <algorithm>
#include <utility>

#include "common/packet_bits.h"
#include "feature-svc/reserve.h"

namespace silhouette {
namespace {

constexpr uint32_t kNone = SubjectTable::kNone;
constexpr size_t kMostSpareLogs = 8;
constexpr size_t kFetchAhead = 8;

int64_t PastWindows(const Extractor& extractor, const FeatureSchema& schema, int64_t length_ns) {
  return std::min<int64_t>(extractor.past_windows, schema.horizon_ns / length_ns);
}

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

WindowTask::WindowTask(v1::WindowSpec spec, const FeatureSchema* schema, const Extractor* extractor,
                       int64_t grid_start_ns, const FeatureLimits& limits, int64_t first_start_ns)
    : spec_(std::move(spec)),
      schema_(schema),
      schema_hash_(schema->Hash()),
      extractor_(extractor),
      panes_{grid_start_ns, spec_.hop_ns()},
      panes_per_window_(spec_.length_ns() / spec_.hop_ns()),
      past_windows_per_window_(PastWindows(*extractor, *schema, spec_.length_ns())),
      limits_(limits),
      first_start_ns_(first_start_ns),
      unseen_(schema->features.size()) {}

// ---- packets in ----

int64_t WindowTask::Append(const PacketSlice& slice, std::vector<uint32_t>* dropped) {
  const auto& times = slice.batch->time_ns();
  const auto pane_of = [&](size_t i) { return panes_.IndexOf(times.Get(static_cast<int>(i))); };
  if (panes_.IndexOf(slice.oldest_ns) == panes_.IndexOf(slice.newest_ns)) {
    return AppendRun(slice, slice.first, slice.count, dropped);
  }
  int64_t last_end_ns = WindowInput::kNever;
  const size_t end = slice.first + slice.count;
  for (size_t first = slice.first; first < end;) {
    size_t behind = first + 1;
    while (behind < end && pane_of(behind) == pane_of(first)) ++behind;
    last_end_ns = std::max(last_end_ns, AppendRun(slice, first, behind - first, dropped));
    first = behind;
  }
  return last_end_ns;
}

// Packets of one pane.
int64_t WindowTask::AppendRun(const PacketSlice& slice, size_t first, size_t count,
                              std::vector<uint32_t>* dropped) {
  const int64_t pane = panes_.IndexOf(slice.batch->time_ns(static_cast<int>(first)));
  SampleLog* log = Pane(pane);
  const size_t before = log->size();
  if (samples_ + FlowSubjects::kMost * count <= limits_.samples ||
      MakeRoom(FlowSubjects::kMost * count)) {
    AppendColumns(slice, first, count, panes_.StartOf(pane), log);
  } else {
    AppendScarce(slice, first, count, panes_.StartOf(pane), log, dropped);
  }
  if (log->size() == before || panes_.StartOf(pane) < first_start_ns_) return WindowInput::kNever;
  return panes_.StartOf(pane) + spec_.length_ns();
}

void WindowTask::AppendColumns(const PacketSlice& slice, size_t first, size_t count,
                               int64_t start_ns, SampleLog* log) {
  const size_t before = log->size();
  const bool wide = extractor_->needs_flows;
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
void WindowTask::AppendFlows(const PacketSlice& slice, size_t first, size_t row, SampleLog* log) {
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
void WindowTask::AppendScarce(const PacketSlice& slice, size_t first, size_t count,
                              int64_t start_ns, SampleLog* log, std::vector<uint32_t>* dropped) {
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

SampleLog* WindowTask::Pane(int64_t number) {
  const auto [at, is_new] = logs_.try_emplace(number);
  if (is_new && !spare_logs_.empty()) {
    at->second = std::move(spare_logs_.back());
    spare_logs_.pop_back();
  }
  return &at->second;
}

// What no window would use goes. Not tried again in vain until a window closes.
bool WindowTask::MakeRoom(size_t samples) {
  if (full_) return false;
  for (auto& [pane, log] : logs_) Trim(&log);
  full_ = samples_ + samples > limits_.samples - limits_.samples / 8;
  return samples_ + samples <= limits_.samples;
}

void WindowTask::Trim(SampleLog* log) {
  if (log->size() == 0) return;
  GrowColumns(1 + *std::max_element(log->subject.begin(), log->subject.end()));
  KeepRows(log, [&](size_t row) {
    const uint32_t id = log->subject[row];
    if (++counts_[id] <= limits_.window_samples) return true;
    log->MarkCut(id);
    return false;
  });
  std::fill(counts_.begin(), counts_.end(), 0);
}

template <typename Keep>
void WindowTask::KeepRows(SampleLog* log, Keep keep) {
  size_t kept = 0;
  for (size_t row = 0; row < log->size(); ++row) {
    if (keep(row)) log->CopyRow(*log, row, kept++);
  }
  samples_ -= log->size() - kept;
  log->Resize(kept, extractor_->needs_flows);
  DropUnusedFlows(log);
}

// ---- windows out ----

void WindowTask::CloseUntil(int64_t time_ns, SubjectTable* subjects, WindowSink* sink) {
  CloseBefore(FirstOpen(time_ns), subjects, sink);
}

bool WindowTask::HasToClose(int64_t time_ns) const {
  const int64_t end = FirstOpen(time_ns);
  return next_ < end && NextToClose(end) < end;
}

void WindowTask::CloseStartedBy(int64_t time_ns, SubjectTable* subjects, WindowSink* sink) {
  CloseBefore(panes_.IndexOf(time_ns) + 1, subjects, sink);
}

void WindowTask::CloseBefore(int64_t end, SubjectTable* subjects, WindowSink* sink) {
  if (next_ >= end) return;
  GrowColumns(subjects->slots());
  for (int64_t window = NextToClose(end); window < end; window = NextToClose(end)) {
    CloseWindow(window, subjects, sink);
    Retire(window);
    next_ = window + 1;
  }
  next_ = end;
}

// Where no window has anything to say, none is looked at.
int64_t WindowTask::NextToClose(int64_t end) const {
  if (next_ != WindowInput::kNever && IsNear(next_, newest_ns_)) return next_;
  if (logs_.empty()) return end;
  return std::min(end, std::max(next_, logs_.begin()->first - panes_per_window_ + 1));
}

void WindowTask::CloseWindow(int64_t window, SubjectTable* subjects, WindowSink* sink) {
  const SampleLog* log = JoinPanes(window);
  const std::span<const uint32_t> by_name = subjects->ByName();
  SortBySubject(*log, by_name);
  for (size_t i = 0; i < by_name.size(); ++i) {
    if (i + kFetchAhead < by_name.size()) {  // new subjects lie elsewhere than their neighbours
      const uint32_t next = by_name[i + kFetchAhead];
      __builtin_prefetch(&past_[next], 1);
      __builtin_prefetch(&offsets_[next]);
      __builtin_prefetch(subjects->label(next));
    }
    const uint32_t id = by_name[i];
    Past& past = past_[id];
    if (counts_[id] == 0 && !IsNear(window, std::max(past.in_ns, past.out_ns))) {
      if (log->lost_some_of(id)) past.cut_until_ns = panes_.StartOf(window) + spec_.length_ns();
      continue;
    }
    GiveOut(window, id, *log, *subjects, /*evicted=*/false, sink);
  }
}

// No later window has this pane.
void WindowTask::Retire(int64_t pane) {
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

// The rows of all panes of a window.
const SampleLog* WindowTask::JoinPanes(int64_t window) {
  const auto first = logs_.lower_bound(window);
  const auto end = logs_.lower_bound(window + panes_per_window_);
  if (first != end && std::next(first) == end && first->first == window) return &first->second;
  joined_.Clear();
  const auto any = [](uint32_t) { return true; };
  for (auto at = first; at != end; ++at) {
    joined_.AppendIf(at->second, (at->first - window) * panes_.length_ns, any);
  }
  return &joined_;
}

// Those of them that are of flagged subjects.
const SampleLog* WindowTask::JoinFlagged(int64_t window) {
  joined_.Clear();
  const auto is_flagged = [this](uint32_t id) { return flagged_[id] != 0; };
  const auto end = logs_.lower_bound(window + panes_per_window_);
  for (auto at = logs_.lower_bound(window); at != end; ++at) {
    joined_.AppendIf(at->second, (at->first - window) * panes_.length_ns, is_flagged);
  }
  return &joined_;
}

// By counting: all rows of a subject one behind the other, in the order of arrival, in sorted_;
// they end at its offset.
void WindowTask::SortBySubject(const SampleLog& log, std::span<const uint32_t> by_name) {
  if (sorted_.size() < log.size()) sorted_.resize(log.size());
  for (uint32_t id : log.subject) ++counts_[id];
  const bool wide = extractor_->needs_flows;
  uint32_t offset = 0;
  for (uint32_t id : by_name) {
    offsets_[id] = offset;
    offset += counts_[id];
  }
  for (size_t row = 0; row < log.size(); ++row) {
    sorted_[offsets_[log.subject[row]]++] = {log.stamp[row], log.wire_bytes[row],
                                             wide ? log.flow[row] : 0};
  }
}

void WindowTask::GiveOut(int64_t window, uint32_t id, const SampleLog& log,
                         const SubjectTable& subjects, bool evicted, WindowSink* sink) {
  const int64_t start_ns = panes_.StartOf(window);
  const size_t count = std::exchange(counts_[id], 0);
  const std::span<Sample> all = std::span(sorted_).subspan(offsets_[id] - count, count);
  const std::span<Sample> samples = all.first(std::min(count, limits_.window_samples));
  Past& past = past_[id];
  if (samples.size() < count || log.lost_some_of(id)) {
    past.cut_until_ns = start_ns + spec_.length_ns();
  }
  const bool partial =
      evicted || IsNear(window, past.cut_until_ns) || IsNear(window, subjects.known_from_ns(id));
  const auto by_stamp = [](const Sample& a, const Sample& b) { return a.stamp < b.stamp; };
  if (!std::is_sorted(samples.begin(), samples.end(), by_stamp)) {
    std::sort(samples.begin(), samples.end(), by_stamp);
  }
  PastWindow own;
  own.number = static_cast<uint32_t>(window);
  WindowInput input;
  input.samples = samples;
  if (IsNear(window, past.in_ns)) input.previous_in_ns = past.in_ns;
  if (IsNear(window, past.out_ns)) input.previous_out_ns = past.out_ns;
  input.start_ns = start_ns;
  input.length_ns = spec_.length_ns();
  input.flows = log.flows;
  input.past = PastWindowsOf(window, id);
  input.scratch = &scratch_;
  input.own = &own;
  const bool unseen = start_ns < first_start_ns_;  // only later windows look back to it
  extractor_->extract(
      input, unseen ? unseen_.data() : sink->Add(id, subjects.name(id), start_ns, partial));
  if (past_windows_per_window_ > 0 && count > 0) past_windows_[RingIndex(window, id)] = own;
  KeepPast(window, id, samples);
}

// What windows behind this one's first pane need to know of it.
void WindowTask::KeepPast(int64_t window, uint32_t id, std::span<const Sample> samples) {
  const int64_t start_ns = panes_.StartOf(window);
  Past& past = past_[id];
  bool in = false, out = false;
  for (size_t i = samples.size(); i > 0 && !(in && out); --i) {
    const Sample& sample = samples[i - 1];
    if (sample.offset_ns() >= panes_.length_ns || (sample.outbound() ? out : in)) continue;
    (sample.outbound() ? out : in) = true;
    (sample.outbound() ? past.out_ns : past.in_ns) = start_ns + sample.offset_ns();
    if (!extractor_->needs_flows) break;  // it asks for the newest of both alone
  }
  newest_ns_ = std::max({newest_ns_, past.in_ns, past.out_ns});
}

// A window of the same length before it has its place one window's panes earlier.
size_t WindowTask::RingIndex(int64_t window, uint32_t id) const {
  const int64_t ring = past_windows_per_window_ * panes_per_window_;
  const int64_t place = (window % ring + ring) % ring;
  return static_cast<size_t>(id * ring + place);
}

std::span<const PastWindow> WindowTask::PastWindowsOf(int64_t window, uint32_t id) {
  past_of_one_.clear();
  for (int64_t back = past_windows_per_window_; back > 0; --back) {
    const int64_t number = window - back * panes_per_window_;
    const PastWindow& past = past_windows_[RingIndex(number, id)];
    const bool holds_packets = past.in_packets + past.out_packets > 0;
    if (holds_packets && past.number == static_cast<uint32_t>(number)) past_of_one_.push_back(past);
  }
  return past_of_one_;
}

// ---- subjects ----

void WindowTask::Evict(std::span<const uint32_t> ids, const SubjectTable& subjects,
                       WindowSink* sink) {
  GrowColumns(subjects.slots());
  for (uint32_t id : ids) flagged_[id] = 1;
  const int64_t newest_ns = newest_ns_;
  if (!logs_.empty()) {
    const int64_t first = std::max(next_, logs_.begin()->first - panes_per_window_ + 1);
    const int64_t last = logs_.rbegin()->first;
    for (int64_t window = first; window <= last; window = NextWithPane(window + 1)) {
      const SampleLog* log = JoinFlagged(window);
      SortBySubject(*log, ids);
      for (uint32_t id : ids) {
        if (counts_[id] > 0) GiveOut(window, id, *log, subjects, /*evicted=*/true, sink);
      }
    }
  }
  for (auto& entry : logs_) {
    SampleLog* log = &entry.second;
    KeepRows(log, [&](size_t row) { return flagged_[log->subject[row]] == 0; });
  }
  for (uint32_t id : ids) {
    flagged_[id] = 0;
    ForgetPast(id);
  }
  newest_ns_ = newest_ns;  // no pane is retired, and nothing known of these packets
}

// The first window from `window` on that has a pane with packets.
int64_t WindowTask::NextWithPane(int64_t window) const {
  const auto pane = logs_.lower_bound(window);
  if (pane == logs_.end()) return std::numeric_limits<int64_t>::max();
  return std::max(window, pane->first - panes_per_window_ + 1);
}

void WindowTask::ForgetPast(uint32_t id) {
  past_[id] = Past();
  const auto ring = static_cast<size_t>(past_windows_per_window_ * panes_per_window_);
  std::fill_n(past_windows_.begin() + static_cast<std::ptrdiff_t>(id * ring), ring, PastWindow());
}

void WindowTask::Renumber(std::span<const uint32_t> numbers, size_t subjects) {
  GrowColumns(numbers.size());
  const auto ring = static_cast<size_t>(past_windows_per_window_ * panes_per_window_);
  std::vector<Past> past(subjects);
  std::vector<PastWindow> past_windows(subjects * ring);
  for (size_t old = 0; old < numbers.size(); ++old) {
    if (numbers[old] == kNone) continue;
    past[numbers[old]] = past_[old];
    std::copy_n(past_windows_.begin() + static_cast<std::ptrdiff_t>(old * ring), ring,
                past_windows.begin() + static_cast<std::ptrdiff_t>(numbers[old] * ring));
  }
  past_.swap(past);
  past_windows_.swap(past_windows);
  counts_.resize(subjects);
  offsets_.resize(subjects);
  flagged_.resize(subjects);
  for (auto& [pane, log] : logs_) log.Renumber(numbers);
}

void WindowTask::GrowColumns(size_t slots) {
  if (slots <= counts_.size()) return;
  const auto grow = [](size_t size, auto* column) {
    ReserveFor(size, column);
    column->resize(size);
  };
  grow(slots, &past_);
  grow(slots, &counts_);
  grow(slots, &offsets_);
  grow(slots, &flagged_);
  grow(slots * static_cast<size_t>(past_windows_per_window_ * panes_per_window_), &past_windows_);
}

size_t WindowTask::flow_entries() const {
  size_t entries = 0;
  for (const auto& [pane, log] : logs_) entries += log.flows.size();
  return entries;
}

int64_t WindowTask::NeededSinceNs() const {
  return next_ == WindowInput::kNever ? next_ : panes_.StartOf(next_) - schema_->horizon_ns;
}

int64_t WindowTask::FirstOpenStartNs(int64_t time_ns) const {
  return std::max(first_start_ns_, panes_.StartOf(FirstOpen(time_ns)));
}

}  // namespace silhouette
