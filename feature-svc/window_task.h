#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/derived_schema.h"
#include "common/grid.h"
#include "common/schema.h"
#include "feature-svc/extractor.h"
#include "feature-svc/limits.h"
#include "feature-svc/packet_slice.h"
#include "feature-svc/pane_logs.h"
#include "feature-svc/shed_log.h"
#include "feature-svc/subject_sort.h"
#include "feature-svc/subject_table.h"
#include "feature-svc/window_sink.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Which windows of a run are not a task's to give out, and where packets are missing, ns.
struct WindowBounds {
  int64_t first_start_ns = WindowInput::kNever;    // windows that start before are not given out
  int64_t complete_from_ns = WindowInput::kNever;  // packets before may be missing
  const ShedLog* shed = nullptr;                   // and those of these; outlives the task
};

// The open windows of all subjects for one spec. A window is a pure function of its subject's
// packets in [start - horizon, end), unless it is marked partial.
//
// Time is cut into panes of one hop; a window is one pane or several. The samples of its panes are
// told apart by subject when it closes.
class WindowTask {
 public:
  // `spec` is normalized; `schema` and `extractor` are its schema's.
  WindowTask(v1::WindowSpec spec, const FeatureSchema* schema, const Extractor* extractor,
             int64_t grid_start_ns, const FeatureLimits& limits, WindowBounds bounds = {});

  // Adds the packets to their panes; those that found no room are appended to `dropped` by their
  // number in the batch, once for each end that lost them. Returns the end of the last window that
  // took one and will be given out, ns, or the least number for none.
  int64_t Append(const PacketSlice& slice, std::vector<uint32_t>* dropped);

  // Some window that ends at or before `time_ns` is still to close.
  bool HasToClose(int64_t time_ns) const;
  // Closes the windows that end at or before `time_ns`, in order of start, then subject name. A
  // window is given out if its subject had a packet in [start - horizon, end). No packet of a
  // closed window may be appended afterwards.
  void CloseUntil(int64_t time_ns, SubjectTable* subjects, WindowSink* sink);
  // Closes the windows that start at or before `time_ns`.
  void CloseStartedBy(int64_t time_ns, SubjectTable* subjects, WindowSink* sink);

  // Gives out the windows that hold a packet of these subjects, as partial ones, and forgets their
  // packets. `ids` are sorted by name.
  void Evict(std::span<const uint32_t> ids, const SubjectTable& subjects, WindowSink* sink);

  // No window looks back to these subjects any more; their numbers may become others'.
  void Forget(std::span<const uint32_t> ids);

  // Subjects have new numbers: numbers[old], all below `subjects`; kNone for those that are gone.
  void Renumber(std::span<const uint32_t> numbers, size_t subjects);

  // Subjects that had no packet since do not matter to any window that is still to close, ns.
  int64_t NeededSinceNs() const;
  // No window that ends after `time_ns` and is given out starts before it, ns.
  int64_t FirstOpenStartNs(int64_t time_ns) const;

  const v1::WindowSpec& spec() const { return spec_; }
  const FeatureSchema& schema() const { return *schema_; }
  const std::string& schema_hash() const { return schema_hash_; }
  bool needs_flows() const { return extractor_->needs_flows; }
  size_t samples() const { return logs_.samples(); }

 private:
  // What is known of a subject from the panes before the next window.
  struct Past {
    int64_t in_ns = WindowInput::kNever;  // its last packet in
    int64_t out_ns = WindowInput::kNever;
    int64_t cut_until_ns = WindowInput::kNever;  // samples up to here were lost to a cap
  };

  // A window's number is that of its first pane.
  int64_t FirstOpen(int64_t time_ns) const {
    return panes_.IndexOf(time_ns) - panes_per_window_ + 1;
  }
  void CloseBefore(int64_t end, SubjectTable* subjects, WindowSink* sink);
  int64_t NextToClose(int64_t end) const;
  void CloseWindow(int64_t window, SubjectTable* subjects, WindowSink* sink);
  void GiveOut(int64_t window, uint32_t id, const SampleLog& log, const SubjectTable& subjects,
               bool evicted, WindowSink* sink);
  // Packets that the window looks at may not have come.
  bool LacksPackets(int64_t start_ns, uint32_t id, const SubjectTable& subjects) const;
  void KeepPast(int64_t window, uint32_t id, std::span<const Sample> samples);
  size_t RingIndex(int64_t window, uint32_t id) const;
  std::span<const double> QuantitiesBefore(int64_t window, uint32_t id);
  std::span<const PastWindow> PastWindowsOf(int64_t window, uint32_t id);
  int64_t NextWithPane(int64_t window) const;
  bool IsNear(int64_t window, int64_t time_ns) const {
    return time_ns != WindowInput::kNever &&
           time_ns >= panes_.StartOf(window) - schema_->horizon_ns;
  }
  void GrowColumns(size_t slots);

  const v1::WindowSpec spec_;
  const FeatureSchema* const schema_;
  const std::string schema_hash_;
  const Extractor* const extractor_;
  const Grid panes_;
  const int64_t panes_per_window_;
  const int64_t past_windows_per_window_;  // 0 if the schema looks at none
  const PastQuantities::Reach reach_;      // of a derived schema
  const FeatureLimits limits_;
  const WindowBounds bounds_;

  PaneLogs logs_;
  SubjectSort sort_;
  int64_t next_ = WindowInput::kNever;       // the first window that is still to close
  int64_t newest_ns_ = WindowInput::kNever;  // the newest packet of retired panes

  // By subject.
  std::vector<Past> past_;
  std::vector<PastWindow> past_windows_;         // a ring for each
  std::vector<PastQuantities> past_quantities_;  // for a derived schema

  // Memory to use again.
  std::vector<PastWindow> past_of_one_;
  std::vector<double> quantities_before_;
  std::vector<double> own_quantities_;  // none unless the schema is a derived one
  ExtractorScratch scratch_;
  std::vector<double> unseen_;  // features of a window that is not given out
};

}  // namespace silhouette
