#include "learn/data/window_picker.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/grid.h"
#include "common/packet_bits.h"

namespace silhouette {
namespace {

// The name of the one subject, or of all.
std::string SubjectsText(const std::set<std::string>& subjects) {
  return absl::StrJoin(subjects, " and ");
}

}  // namespace

void WindowPicker::Take(int run, const v1::WindowBatch& batch) {
  const v1::BatchHeader& header = batch.header();
  grid_start_ns_ = header.grid_start_ns();
  if (run == 1) {
    zero_ns_ = Grid{grid_start_ns_, from_.spec.length_ns()}.EdgeBefore(header.first_packet_ns());
  }
  for (const v1::WindowTable& table : batch.tables()) {
    for (int row = 0; row < table.start_ns_size(); ++row) TakeWindow(run, table, row);
  }
}

void WindowPicker::TakeWindow(int run, const v1::WindowTable& table, int row) {
  const std::string& subject = table.subjects(static_cast<int>(table.subject(row)));
  if (!subjects_.contains(subject)) {
    ++use_->of_others;
    return;
  }
  const int64_t start_ns = table.start_ns(row);
  first_ns_ = std::min(first_ns_.value_or(start_ns), start_ns);
  end_ns_ = std::max(end_ns_, start_ns + from_.spec.length_ns());
  const TruthInterval* interval =
      truth_.IntervalAt(start_ns + from_.spec.length_ns() / 2, zero_ns_);
  if (interval == nullptr) {
    ++use_->without_truth;
  } else if ((table.flags()[static_cast<size_t>(row)] & kWindowPartial) != 0) {
    ++use_->partial;
  } else {
    AddRow(table, row, *interval, &rows_[{subject, run}]);
  }
}

void WindowPicker::AddRow(const v1::WindowTable& table, int row, const TruthInterval& interval,
                          Rows* rows) {
  ++use_->rows;
  const auto columns = table.values_size() / table.start_ns_size();
  const double* values = table.values().data() + static_cast<ptrdiff_t>(row) * columns;
  rows->features.insert(rows->features.end(), values, values + columns);
  const auto label = std::find(classes_.begin(), classes_.end(), interval.label);
  rows->label.push_back(static_cast<int>(label - classes_.begin()));
  rows->window.push_back(Grid{grid_start_ns_, from_.spec.hop_ns()}.IndexOf(table.start_ns(row)));
  const int64_t middle_ns = table.start_ns(row) + from_.spec.length_ns() / 2;
  rows->block.push_back(from_.block_length_ns == 0
                            ? &interval - truth_.intervals.data()
                            : Grid{zero_ns_, from_.block_length_ns}.IndexOf(middle_ns));
}

// As the truth writes its times.
std::string WindowPicker::TimeText(int64_t time_ns) const {
  if (!truth_.absolute) return absl::StrFormat("%.12g s", static_cast<double>(time_ns) / 1e9);
  return absl::FormatTime("%Y-%m-%d %H:%M:%E*S UTC", absl::FromUnixNanos(time_ns),
                          absl::UTCTimeZone());
}

absl::Status WindowPicker::NoRows(const LabelledCapture& files) const {
  if (use_->without_truth == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        files.pcap, ": all windows of ", SubjectsText(subjects_),
        " are partial, since they hold more packets than the limits allow; give shorter windows"));
  }
  const int64_t offset_ns = truth_.absolute ? 0 : zero_ns_;
  return absl::InvalidArgumentError(absl::StrCat(
      files.truth, ": tells of ", TimeText(truth_.intervals.front().start_ns), " to ",
      TimeText(truth_.intervals.back().end_ns), ", but the windows of ", SubjectsText(subjects_),
      " in ", files.pcap, " last from ", TimeText(first_ns_.value_or(zero_ns_) - offset_ns), " to ",
      TimeText(end_ns_ - offset_ns),
      "; write start_s,end_s from the grid edge at or before the first packet, or "
      "start_ns,end_ns since the Unix epoch"));
}

}  // namespace silhouette
