#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "common/grid.h"
#include "feature-svc/limits.h"
#include "feature-svc/packet_slice.h"
#include "feature-svc/sample_log.h"

namespace silhouette {

// The samples of all subjects that open windows are made of: one log for each pane, which is one
// hop of time, by the pane's number on the grid. Not more samples than the limits allow.
class PaneLogs {
 public:
  // `with_flows`: samples tell their flows too.
  PaneLogs(const Grid& panes, bool with_flows, const FeatureLimits& limits);

  // Adds the packets [first, first + count) of the slice's batch, which are all of `pane`. Those
  // that found no room are appended to `dropped` by their number in the batch, once for each end
  // that lost them. Returns whether any sample was added.
  bool Append(const PacketSlice& slice, size_t first, size_t count, int64_t pane,
              std::vector<uint32_t>* dropped);

  // The first pane from `from` on that has a log, or the greatest number for none.
  int64_t NextPane(int64_t from) const;
  // The last pane that has a log, or the least number for none.
  int64_t LastPane() const;

  // The samples of the panes [first, first + count), with times from the start of the first.
  // Good until the next call.
  const SampleLog& Join(int64_t first, int64_t count);
  // Those of them that are of wanted subjects: is_wanted[subject] is not 0.
  const SampleLog& JoinWanted(int64_t first, int64_t count, std::span<const uint8_t> is_wanted);

  // No window has this pane any more.
  void Retire(int64_t pane);
  // Forgets the samples of subjects, and that some were lost: is_gone[subject] is not 0.
  void Forget(std::span<const uint8_t> is_gone);
  // Subjects have new numbers: numbers[old].
  void Renumber(std::span<const uint32_t> numbers);

  size_t samples() const { return samples_; }
  // What samples point to where they tell their flows: not more than twice the samples after room
  // was made.
  size_t flow_entries() const;

 private:
  void AppendColumns(const PacketSlice& slice, size_t first, size_t count, int64_t start_ns,
                     SampleLog* log);
  void AppendFlows(const PacketSlice& slice, size_t first, size_t row, SampleLog* log);
  void AppendScarce(const PacketSlice& slice, size_t first, size_t count, int64_t start_ns,
                    SampleLog* log, std::vector<uint32_t>* dropped);
  bool MakeRoom(size_t samples);
  void Trim(SampleLog* log);
  template <typename Keep>
  void KeepRows(SampleLog* log, Keep keep);
  template <typename Wanted>
  const SampleLog& JoinIf(int64_t first, int64_t count, Wanted wanted);
  SampleLog* LogOf(int64_t pane);

  const Grid panes_;
  const bool with_flows_;
  const FeatureLimits limits_;
  std::map<int64_t, SampleLog> logs_;  // by pane
  std::vector<SampleLog> spare_logs_;
  size_t samples_ = 0;  // in all logs
  bool full_ = false;   // and none to spare, until a pane is retired
  SampleLog joined_;    // memory to use again
};

}  // namespace silhouette
