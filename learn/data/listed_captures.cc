#include "learn/data/listed_captures.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/grid.h"
#include "common/packet_bits.h"
#include "common/schema.h"
#include "learn/data/capture_reading.h"
#include "learn/data/truth.h"

namespace silhouette {
namespace {

// Windows in which nothing was sent look alike: of so many one is kept.
constexpr int64_t kSilentWindows = 20;

bool IsNone(const std::optional<size_t>& column, const double* row) {
  return column.has_value() && row[*column] == 0;
}

// Fills a data set from one capture after the other.
class ListReader {
 public:
  ListReader(const ListedCaptures& from, ListUse* use) : from_(from), use_(use) {}

  absl::Status Start();
  absl::Status Add(const ListedCapture& capture);
  absl::StatusOr<Dataset> Finish();

 private:
  // Of one capture.
  struct Rows {
    std::vector<double> features;
    std::vector<int> label;
    std::vector<int64_t> window;
  };
  struct Reading {
    const ListedCapture& capture;
    std::optional<Truth> truth;
    std::string subject;  // empty: all
    int64_t grid_start_ns = 0;
    int64_t zero_ns = 0;
    bool found = false;  // a window of the subject
    std::map<std::pair<std::string, int>, Rows> rows;
  };

  void Take(int run, const v1::WindowBatch& batch, Reading* reading);
  void TakeWindow(int run, const v1::WindowTable& table, int row, Reading* reading);
  // The class of a window; none where it is left out.
  std::optional<int> LabelOf(const Reading& reading, int64_t middle_ns, const double* row);
  void Append(const ListedCapture& capture, const Rows& rows);
  int ClassOf(const std::string& label) const {
    const auto found = std::find(from_.classes.begin(), from_.classes.end(), label);
    return found == from_.classes.end() ? -1 : static_cast<int>(found - from_.classes.begin());
  }

  const ListedCaptures& from_;
  ListUse* const use_;
  Dataset data_;
  PacketColumns columns_;
  std::map<std::string, size_t> sources_;
  size_t sequences_ = 0;
};

absl::Status ListReader::Start() {
  const auto schema = FindSchema(from_.spec.schema());
  if (!schema.ok()) return schema.status();
  if (absl::Status s = CheckClassNames(from_.classes); !s.ok()) return s;
  data_.feature_names = FeatureColumns(**schema);
  data_.margin = MarginOf(**schema, from_.spec.length_ns());
  data_.classes = from_.classes;
  data_.hop_ns = from_.spec.hop_ns();
  columns_ = FindPacketColumns(data_.feature_names);
  return absl::OkStatus();
}

std::optional<int> ListReader::LabelOf(const Reading& reading, int64_t middle_ns,
                                       const double* row) {
  const ListedCapture& capture = reading.capture;
  if (reading.truth.has_value()) {
    const auto label = reading.truth->LabelAt(middle_ns, reading.zero_ns);
    const int known = ClassOf(label.value_or(capture.label));
    return known < 0 ? std::nullopt : std::optional(known);
  }
  const bool without_attack =
      (capture.role == AttackRole::kAttacker && IsNone(columns_.out, row)) ||
      (capture.role == AttackRole::kVictim && IsNone(columns_.in, row));
  use_->without_attack += without_attack;
  return without_attack ? std::nullopt : std::optional(ClassOf(capture.label));
}

void ListReader::TakeWindow(int run, const v1::WindowTable& table, int row, Reading* reading) {
  const std::string& subject = table.subjects(static_cast<int>(table.subject(row)));
  if (!reading->subject.empty() && subject != reading->subject) return;
  reading->found = true;
  if ((table.flags()[static_cast<size_t>(row)] & kWindowPartial) != 0) {
    ++use_->partial;
    return;
  }
  const auto columns = table.values_size() / table.start_ns_size();
  const double* values = table.values().data() + static_cast<ptrdiff_t>(row) * columns;
  const int64_t start_ns = table.start_ns(row);
  const int64_t window = Grid{reading->grid_start_ns, from_.spec.hop_ns()}.IndexOf(start_ns);
  if (IsNone(columns_.all, values) && window % kSilentWindows != 0) {
    ++use_->silent;
    return;
  }
  const auto label = LabelOf(*reading, start_ns + from_.spec.length_ns() / 2, values);
  if (!label.has_value()) return;
  Rows& rows = reading->rows[{subject, run}];
  rows.features.insert(rows.features.end(), values, values + columns);
  rows.label.push_back(*label);
  rows.window.push_back(window);
}

void ListReader::Take(int run, const v1::WindowBatch& batch, Reading* reading) {
  const v1::BatchHeader& header = batch.header();
  reading->grid_start_ns = header.grid_start_ns();
  if (run == 1) {
    reading->zero_ns =
        Grid{header.grid_start_ns(), from_.spec.length_ns()}.EdgeBefore(header.first_packet_ns());
  }
  for (const v1::WindowTable& table : batch.tables()) {
    for (int row = 0; row < table.start_ns_size(); ++row) TakeWindow(run, table, row, reading);
  }
}

absl::Status ListReader::Add(const ListedCapture& capture) {
  if (ClassOf(capture.label) < 0) {
    ++use_->other_labels;
    return absl::OkStatus();
  }
  Reading reading{capture, std::nullopt, "", 0, 0, false, {}};
  CaptureOptions options = from_.read;
  if (!capture.truth.empty()) {
    auto truth = ReadTruth(capture.truth);
    if (!truth.ok()) return truth.status();
    reading.truth = *std::move(truth);
  }
  if (const auto address = IpAddress::Parse(capture.device); address.ok()) {
    reading.subject = absl::StrCat("device:", address->ToString());
    // Wherever it was recorded, it is the device under watch.
    if (capture.role != AttackRole::kNone && !reading.truth.has_value()) {
      auto home = HomeNetworks::Parse(address->ToString());
      if (!home.ok()) return home.status();
      options.home = *std::move(home);
    }
  }
  const auto read = ReadCapture(
      capture.pcap, options, from_.spec, /*all_runs=*/true, [](const CaptureProgress&) {},
      [&](int run, const v1::WindowBatch& batch) { Take(run, batch, &reading); });
  if (!read.ok()) return read.status();
  if (!reading.found) {
    return absl::NotFoundError(absl::StrCat(
        capture.list, ":", capture.line, ": ", capture.pcap, " has no window of ",
        reading.subject.empty() ? "any device" : reading.subject, "; correct its address"));
  }
  ++use_->captures;
  for (const auto& [subject_and_run, rows] : reading.rows) Append(capture, rows);
  return absl::OkStatus();
}

void ListReader::Append(const ListedCapture& capture, const Rows& rows) {
  const auto [source, is_new] = sources_.try_emplace(capture.source, sources_.size());
  if (is_new) {
    data_.source_names.push_back(capture.source);
    data_.simulated_sources.push_back(capture.simulated);
  }
  data_.simulated |= capture.simulated;
  data_.features.insert(data_.features.end(), rows.features.begin(), rows.features.end());
  data_.label.insert(data_.label.end(), rows.label.begin(), rows.label.end());
  data_.window.insert(data_.window.end(), rows.window.begin(), rows.window.end());
  data_.block.resize(data_.rows(), static_cast<int64_t>(source->second));
  data_.sequence.resize(data_.rows(), sequences_++);
  data_.source.resize(data_.rows(), source->second);
  data_.line.resize(data_.rows(), 0);
}

absl::StatusOr<Dataset> ListReader::Finish() {
  use_->rows = data_.rows();
  const std::string trouble = ClassTrouble(data_);
  if (trouble.empty()) return std::move(data_);
  return absl::InvalidArgumentError(
      absl::StrCat(from_.files.front().list, ": ", trouble,
                   "; list captures of each class, or name fewer --classes"));
}

}  // namespace

absl::StatusOr<Dataset> ReadListedCaptures(const ListedCaptures& from, ListUse* use,
                                           const ReadingProgress& progress) {
  ListReader reader(from, use);
  if (absl::Status s = reader.Start(); !s.ok()) return s;
  for (size_t i = 0; i < from.files.size(); ++i) {
    const std::string& path = from.files[i].pcap;
    if (progress) {
      progress(i, from.files.size(),
               absl::StrCat("reading ", std::filesystem::path(path).filename().string()));
    }
    if (absl::Status s = reader.Add(from.files[i]); !s.ok()) return s;
  }
  return reader.Finish();
}

}  // namespace silhouette
