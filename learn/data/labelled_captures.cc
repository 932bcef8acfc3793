#include "learn/data/labelled_captures.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/schema.h"
#include "learn/data/capture_reading.h"
#include "learn/data/split.h"
#include "learn/data/subject_survey.h"
#include "learn/data/truth.h"
#include "learn/data/window_picker.h"

namespace silhouette {
namespace {

constexpr char kSurveySchema[] = "presence.v1";
constexpr size_t kReadings = 2;  // of each capture

std::string FileName(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

absl::Status Prefixed(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(path, ": ", std::string(status.message())));
}

// Says how far all readings of all captures are, once a percent.
class ReadingSteps {
 public:
  ReadingSteps(size_t captures, const ReadingProgress& progress)
      : readings_(captures * kReadings), progress_(progress) {}

  void Tell(size_t reading, const std::string& file, const CaptureProgress& now) {
    constexpr size_t kSteps = 100;
    const double share = now.bytes_total == 0 ? 0
                                              : static_cast<double>(now.bytes_read) /
                                                    static_cast<double>(now.bytes_total);
    const auto done = static_cast<size_t>(kSteps * (static_cast<double>(reading) + share) /
                                          static_cast<double>(readings_));
    if (!progress_ || told_ == done) return;
    told_ = done;
    progress_(done, kSteps, absl::StrCat("reading ", file));
  }

 private:
  const size_t readings_;
  const ReadingProgress& progress_;
  std::optional<size_t> told_;
};

absl::Status CheckOrdinaryFile(const std::string& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  const bool is_other = exists(status) && !is_regular_file(status) && !is_directory(status);
  if (path != "-" && !is_other) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": is read twice, which only an ordinary file can be; save it as one"));
}

absl::StatusOr<std::vector<Truth>> ReadTruths(const std::vector<LabelledCapture>& files) {
  std::vector<Truth> truths;
  for (const LabelledCapture& file : files) {
    auto truth = ReadTruth(file.truth);
    if (!truth.ok()) return truth.status();
    truths.push_back(*std::move(truth));
  }
  return truths;
}

absl::StatusOr<std::vector<std::string>> ClassesOf(const LabelledCaptures& from,
                                                   const std::vector<Truth>& truths) {
  if (absl::Status s = CheckClassNames(from.classes); !s.ok()) return s;
  const std::set<std::string> asked(from.classes.begin(), from.classes.end());
  std::set<std::string> labels;
  for (size_t i = 0; i < truths.size(); ++i) {
    for (const TruthInterval& interval : truths[i].intervals) {
      labels.insert(interval.label);
      if (asked.empty() || asked.contains(interval.label)) continue;
      return absl::InvalidArgumentError(
          absl::StrCat(from.files[i].truth, ":", interval.line, ": label \"", interval.label,
                       "\" is no class; name it among the classes, which are ",
                       absl::StrJoin(from.classes, ", "), ", or remove the row"));
    }
  }
  if (!asked.empty()) return from.classes;
  return std::vector<std::string>(labels.begin(), labels.end());
}

// Fills a data set from one capture after the other.
class Reader {
 public:
  Reader(const LabelledCaptures& from, const ReadingProgress& progress)
      : from_(from), steps_(from.files.size(), progress) {}

  absl::Status Start(const std::vector<Truth>& truths);
  absl::Status Add(const LabelledCapture& files, const Truth& truth);
  absl::StatusOr<CapturedWindows> Finish();

 private:
  absl::StatusOr<std::set<std::string>> ChooseSubjects(const std::string& pcap, bool all_runs);
  void Append(const WindowPicker::Rows& rows);

  const LabelledCaptures& from_;
  ReadingSteps steps_;
  size_t readings_ = 0;  // done
  CapturedWindows result_;
  std::map<std::pair<size_t, int64_t>, int64_t> blocks_;  // by source and block within it
  size_t sequences_ = 0;
  std::set<std::string> found_;  // subjects
};

absl::Status Reader::Start(const std::vector<Truth>& truths) {
  const auto schema = FindSchema(from_.spec.schema());
  if (!schema.ok()) return schema.status();
  result_.data.feature_names = FeatureColumns(**schema);
  result_.data.margin = MarginOf(**schema, from_.spec.length_ns());
  auto classes = ClassesOf(from_, truths);
  if (!classes.ok()) return classes.status();
  result_.data.classes = *std::move(classes);
  return absl::OkStatus();
}

// Subjects are the same whatever the schema; presence.v1 is quickly computed and tells calls.
absl::StatusOr<std::set<std::string>> Reader::ChooseSubjects(const std::string& pcap,
                                                             bool all_runs) {
  v1::WindowSpec spec = from_.spec;
  spec.set_schema(kSurveySchema);
  SubjectSurvey survey;
  auto read = ReadCapture(
      pcap, from_.read, spec, all_runs,
      [&](const CaptureProgress& now) { steps_.Tell(readings_, FileName(pcap), now); },
      [&](int run, const v1::WindowBatch& batch) {
        for (const v1::WindowTable& table : batch.tables()) survey.Add(run, table);
      });
  if (!read.ok()) return read.status();
  ++readings_;
  const bool is_call = from_.spec.subject() == v1::SUBJECT_KIND_CONVERSATION &&
                       from_.spec.schema().starts_with("presence.");
  auto chosen = !from_.subjects.empty() ? survey.Named(from_.subjects)
                : is_call               ? survey.Call()
                                        : survey.Largest();
  if (!chosen.ok()) return Prefixed(pcap, chosen.status());
  return chosen;
}

absl::Status Reader::Add(const LabelledCapture& files, const Truth& truth) {
  if (absl::Status s = CheckOrdinaryFile(files.pcap); !s.ok()) return s;
  // Relative times count from the first packet, so that they are the first run's.
  const bool all_runs = truth.absolute;
  const auto subjects = ChooseSubjects(files.pcap, all_runs);
  if (!subjects.ok()) return subjects.status();
  found_.insert(subjects->begin(), subjects->end());
  CaptureUse use;
  use.file = FileName(files.pcap);
  use.subjects.assign(subjects->begin(), subjects->end());
  WindowPicker picker(from_, result_.data.classes, truth, *subjects, &use);
  const auto after_jump = ReadCapture(
      files.pcap, from_.read, from_.spec, all_runs,
      [&](const CaptureProgress& now) { steps_.Tell(readings_, use.file, now); },
      [&](int run, const v1::WindowBatch& batch) { picker.Take(run, batch); });
  if (!after_jump.ok()) return after_jump.status();
  ++readings_;
  use.after_jump = *after_jump;
  if (use.rows == 0) return picker.NoRows(files);
  result_.data.source_names.push_back(use.file);
  result_.data.simulated |= truth.simulated;
  result_.uses.push_back(use);
  for (const auto& [subject_and_run, rows] : picker.rows()) Append(rows);
  return absl::OkStatus();
}

void Reader::Append(const WindowPicker::Rows& rows) {
  Dataset& data = result_.data;
  const size_t source = data.source_names.size() - 1;
  data.features.insert(data.features.end(), rows.features.begin(), rows.features.end());
  data.label.insert(data.label.end(), rows.label.begin(), rows.label.end());
  data.window.insert(data.window.end(), rows.window.begin(), rows.window.end());
  for (int64_t block : rows.block) {
    data.block.push_back(blocks_.try_emplace({source, block}, blocks_.size()).first->second);
  }
  data.sequence.resize(data.rows(), sequences_++);
  data.source.resize(data.rows(), source);
  data.line.resize(data.rows(), 0);
}

absl::StatusOr<CapturedWindows> Reader::Finish() {
  for (const std::string& name : from_.subjects) {
    if (found_.contains(name)) continue;
    return absl::NotFoundError(
        absl::StrCat("no capture has a subject ", name, "; remove the name or correct it"));
  }
  const std::string trouble = ClassTrouble(result_.data);
  if (trouble.empty()) return std::move(result_);
  std::vector<std::string> truths;
  for (const LabelledCapture& file : from_.files) truths.push_back(file.truth);
  return absl::InvalidArgumentError(
      absl::StrCat(absl::StrJoin(truths, ", "), ": ", trouble,
                   "; give truths with windows of two classes or more, and of each that is named"));
}

}  // namespace

absl::StatusOr<CapturedWindows> ReadLabelledCaptures(const LabelledCaptures& from,
                                                     const ReadingProgress& progress) {
  std::vector<std::string> pcaps;
  for (const LabelledCapture& file : from.files) pcaps.push_back(file.pcap);
  if (absl::Status s = CheckEachFileOnce(pcaps); !s.ok()) return s;
  const auto truths = ReadTruths(from.files);
  if (!truths.ok()) return truths.status();
  Reader reader(from, progress);
  if (absl::Status s = reader.Start(*truths); !s.ok()) return s;
  for (size_t i = 0; i < from.files.size(); ++i) {
    if (absl::Status s = reader.Add(from.files[i], (*truths)[i]); !s.ok()) return s;
  }
  return reader.Finish();
}

std::string FewBlocksHint(const Dataset& captured, const SplitOptions& options) {
  const size_t wanted = 2 * options.neighbours + 1;
  std::vector<std::set<int64_t>> blocks(captured.source_names.size());
  for (size_t i = 0; i < captured.rows(); ++i) {
    blocks[captured.source[i]].insert(captured.block[i]);
  }
  for (size_t source = 0; source < blocks.size(); ++source) {
    if (blocks[source].size() >= wanted) continue;
    return absl::StrCat("; ", captured.source_names[source], " has ", blocks[source].size(),
                        " blocks, where ", wanted, " do: cut them by --block-length, as 10s");
  }
  return "";
}

}  // namespace silhouette
