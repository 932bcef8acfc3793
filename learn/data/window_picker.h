#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "learn/data/labelled_captures.h"
#include "learn/data/truth.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Takes the labelled windows of some subjects out of one capture. What it is given must outlive it.
class WindowPicker {
 public:
  struct Rows {
    std::vector<double> features;
    std::vector<int> label;
    std::vector<int64_t> window;
    std::vector<int64_t> block;  // within the capture
  };

  WindowPicker(const LabelledCaptures& from, const std::vector<std::string>& classes,
               const Truth& truth, const std::set<std::string>& subjects, CaptureUse* use)
      : from_(from), classes_(classes), truth_(truth), subjects_(subjects), use_(use) {}

  // `run` counts from 1, and one more for each jump of the clock.
  void Take(int run, const v1::WindowBatch& batch);

  // By subject and run.
  const std::map<std::pair<std::string, int>, Rows>& rows() const { return rows_; }
  // INVALID_ARGUMENT that says why there are none.
  absl::Status NoRows(const LabelledCapture& files) const;

 private:
  void TakeWindow(int run, const v1::WindowTable& table, int row);
  void AddRow(const v1::WindowTable& table, int row, const TruthInterval& interval, Rows* rows);
  std::string TimeText(int64_t time_ns) const;

  const LabelledCaptures& from_;
  const std::vector<std::string>& classes_;
  const Truth& truth_;
  const std::set<std::string>& subjects_;
  CaptureUse* const use_;
  std::map<std::pair<std::string, int>, Rows> rows_;
  int64_t grid_start_ns_ = 0;
  int64_t zero_ns_ = 0;  // where a relative truth and blocks of equal length count from
  std::optional<int64_t> first_ns_;
  int64_t end_ns_ = 0;
};

}  // namespace silhouette
