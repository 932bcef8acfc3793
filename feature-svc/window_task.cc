#include "feature-svc/window_task.h"

#include <algorithm>
#include <utility>

#include "common/shed_hash.h"
#include "feature-svc/reserve.h"

namespace silhouette {
namespace {

constexpr uint32_t kNone = SubjectTable::kNone;
constexpr size_t kFetchAhead = 8;

int64_t PastWindows(const Extractor& extractor, const FeatureSchema& schema, int64_t length_ns) {
  return std::min<int64_t>(extractor.past_windows, schema.horizon_ns / length_ns);
}

PastQuantities::Reach ReachOf(const Extractor& extractor, int64_t length_ns, int64_t panes) {
  if (extractor.derived == nullptr) return {0, panes};
  return {extractor.derived->PastWindows(length_ns), panes};
}

}  // namespace

WindowTask::WindowTask(v1::WindowSpec spec, const FeatureSchema* schema, const Extractor* extractor,
                       int64_t grid_start_ns, const FeatureLimits& limits, WindowBounds bounds)
    : spec_(std::move(spec)),
      schema_(schema),
      schema_hash_(schema->Hash()),
      extractor_(extractor),
      panes_{grid_start_ns, spec_.hop_ns()},
      panes_per_window_(spec_.length_ns() / spec_.hop_ns()),
      past_windows_per_window_(PastWindows(*extractor, *schema, spec_.length_ns())),
      reach_(ReachOf(*extractor, spec_.length_ns(), panes_per_window_)),
      limits_(limits),
      bounds_(bounds),
      logs_(panes_, extractor->needs_flows, limits),
      own_quantities_(extractor->derived == nullptr ? 0 : extractor->derived->quantities),
      unseen_(schema->features.size()) {}

// ---- packets in ----

int64_t WindowTask::Append(const PacketSlice& slice, std::vector<uint32_t>* dropped) {
  const auto& times = slice.batch->time_ns();
  const auto pane_of = [&](size_t i) { return panes_.IndexOf(times.Get(static_cast<int>(i))); };
  const bool one_pane = panes_.IndexOf(slice.oldest_ns) == panes_.IndexOf(slice.newest_ns);
  int64_t last_end_ns = WindowInput::kNever;
  const size_t end = slice.first + slice.count;
  for (size_t first = slice.first; first < end;) {
    const int64_t pane = pane_of(first);
    size_t behind = one_pane ? end : first + 1;
    while (behind < end && pane_of(behind) == pane) ++behind;
    const bool added = logs_.Append(slice, first, behind - first, pane, dropped);
    const int64_t start_ns = panes_.StartOf(pane);
    if (added && start_ns >= bounds_.first_start_ns) {
      last_end_ns = std::max(last_end_ns, start_ns + spec_.length_ns());
    }
    first = behind;
  }
  return last_end_ns;
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
    logs_.Retire(window);
    next_ = window + 1;
  }
  next_ = end;
}

// Where no window has anything to say, none is looked at.
int64_t WindowTask::NextToClose(int64_t end) const {
  if (next_ != WindowInput::kNever && IsNear(next_, newest_ns_)) return next_;
  return std::min(end, NextWithPane(next_));
}

void WindowTask::CloseWindow(int64_t window, SubjectTable* subjects, WindowSink* sink) {
  const SampleLog& log = logs_.Join(window, panes_per_window_);
  const std::span<const uint32_t> by_name = subjects->ByName();
  sort_.Sort(log, by_name);
  for (size_t i = 0; i < by_name.size(); ++i) {
    if (i + kFetchAhead < by_name.size()) {  // new subjects lie elsewhere than their neighbours
      const uint32_t next = by_name[i + kFetchAhead];
      __builtin_prefetch(&past_[next], 1);
      __builtin_prefetch(sort_.place(next));
      __builtin_prefetch(subjects->label(next));
    }
    const uint32_t id = by_name[i];
    Past& past = past_[id];
    if (sort_.count(id) == 0 && !IsNear(window, std::max(past.in_ns, past.out_ns))) {
      if (log.lost_some_of(id)) past.cut_until_ns = panes_.StartOf(window) + spec_.length_ns();
      continue;
    }
    GiveOut(window, id, log, *subjects, /*evicted=*/false, sink);
  }
}

void WindowTask::GiveOut(int64_t window, uint32_t id, const SampleLog& log,
                         const SubjectTable& subjects, bool evicted, WindowSink* sink) {
  const int64_t start_ns = panes_.StartOf(window);
  const std::span<Sample> all = sort_.Take(id);
  const std::span<Sample> samples = all.first(std::min(all.size(), limits_.window_samples));
  Past& past = past_[id];
  if (samples.size() < all.size() || log.lost_some_of(id)) {
    past.cut_until_ns = start_ns + spec_.length_ns();
  }
  const bool partial = evicted || IsNear(window, past.cut_until_ns) ||
                       IsNear(window, subjects.known_from_ns(id)) ||
                       LacksPackets(start_ns, id, subjects);
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
  input.past_quantities = QuantitiesBefore(window, id);
  input.scratch = &scratch_;
  input.own = &own;
  input.own_quantities = own_quantities_;
  const bool unseen = start_ns < bounds_.first_start_ns;  // only later windows look back to it
  extractor_->extract(
      input, unseen ? unseen_.data() : sink->Add(id, subjects.name(id), start_ns, partial));
  if (past_windows_per_window_ > 0 && !all.empty()) past_windows_[RingIndex(window, id)] = own;
  if (!own_quantities_.empty()) past_quantities_[id].Keep(window, reach_, own_quantities_);
  KeepPast(window, id, samples);
}

bool WindowTask::LacksPackets(int64_t start_ns, uint32_t id, const SubjectTable& subjects) const {
  const int64_t from_ns = start_ns - schema_->horizon_ns;
  if (from_ns < bounds_.complete_from_ns) return true;
  if (bounds_.shed == nullptr || bounds_.shed->empty()) return false;
  // Which addresses a hardware address has had is not known here.
  const bool any = spec_.subject() == v1::SUBJECT_KIND_DEVICE_MAC;
  const uint32_t hash = any ? 0 : ShedHash(subjects.key(id).words.data());
  return bounds_.shed->Lost(hash, from_ns, start_ns + spec_.length_ns());
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

std::span<const double> WindowTask::QuantitiesBefore(int64_t window, uint32_t id) {
  quantities_before_.clear();
  if (!own_quantities_.empty()) {
    past_quantities_[id].AppendBefore(window, reach_, &quantities_before_);
  }
  return quantities_before_;
}

// ---- subjects ----

void WindowTask::Evict(std::span<const uint32_t> ids, const SubjectTable& subjects,
                       WindowSink* sink) {
  GrowColumns(subjects.slots());
  std::vector<uint8_t> is_evicted(subjects.slots());
  for (uint32_t id : ids) is_evicted[id] = 1;
  const int64_t newest_ns = newest_ns_;
  const int64_t last = logs_.LastPane();
  for (int64_t window = NextWithPane(next_); window <= last; window = NextWithPane(window + 1)) {
    const SampleLog& log = logs_.JoinWanted(window, panes_per_window_, is_evicted);
    sort_.Sort(log, ids);
    for (uint32_t id : ids) {
      if (sort_.count(id) > 0) GiveOut(window, id, log, subjects, /*evicted=*/true, sink);
    }
  }
  logs_.Forget(is_evicted);
  Forget(ids);
  newest_ns_ = newest_ns;  // no pane is retired, and nothing known of these packets
}

// The first window from `window` on that has a pane with packets, or a number beyond all windows.
int64_t WindowTask::NextWithPane(int64_t window) const {
  return std::max(window, logs_.NextPane(window) - panes_per_window_ + 1);
}

void WindowTask::Forget(std::span<const uint32_t> ids) {
  const auto ring = static_cast<size_t>(past_windows_per_window_ * panes_per_window_);
  for (uint32_t id : ids) {
    if (id >= past_.size()) continue;  // no window has closed since it came
    past_[id] = Past();
    std::fill_n(past_windows_.begin() + static_cast<std::ptrdiff_t>(id * ring), ring, PastWindow());
    if (!past_quantities_.empty()) past_quantities_[id] = PastQuantities();
  }
}

void WindowTask::Renumber(std::span<const uint32_t> numbers, size_t subjects) {
  GrowColumns(numbers.size());
  const auto ring = static_cast<size_t>(past_windows_per_window_ * panes_per_window_);
  std::vector<Past> past(subjects);
  std::vector<PastWindow> past_windows(subjects * ring);
  std::vector<PastQuantities> past_quantities(past_quantities_.empty() ? 0 : subjects);
  for (size_t old = 0; old < numbers.size(); ++old) {
    if (numbers[old] == kNone) continue;
    past[numbers[old]] = past_[old];
    std::copy_n(past_windows_.begin() + static_cast<std::ptrdiff_t>(old * ring), ring,
                past_windows.begin() + static_cast<std::ptrdiff_t>(numbers[old] * ring));
    if (!past_quantities.empty()) {
      past_quantities[numbers[old]] = std::move(past_quantities_[old]);
    }
  }
  past_.swap(past);
  past_windows_.swap(past_windows);
  past_quantities_.swap(past_quantities);
  sort_.Resize(subjects);
  logs_.Renumber(numbers);
}

void WindowTask::GrowColumns(size_t slots) {
  if (slots <= past_.size()) return;
  const auto grow = [](size_t size, auto* column) {
    ReserveFor(size, column);
    column->resize(size);
  };
  grow(slots, &past_);
  grow(slots * static_cast<size_t>(past_windows_per_window_ * panes_per_window_), &past_windows_);
  if (!own_quantities_.empty()) grow(slots, &past_quantities_);
  sort_.Grow(slots);
}

int64_t WindowTask::NeededSinceNs() const {
  return next_ == WindowInput::kNever ? next_ : panes_.StartOf(next_) - schema_->horizon_ns;
}

int64_t WindowTask::FirstOpenStartNs(int64_t time_ns) const {
  return std::max(bounds_.first_start_ns, panes_.StartOf(FirstOpen(time_ns)));
}

}  // namespace silhouette
