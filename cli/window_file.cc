#include "cli/window_file.h"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/packet_bits.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

// The shortest text that reads back as the same number.
void AppendNumber(double value, std::string* text) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  text->append(digits, static_cast<size_t>(end - digits));
}

const std::string& SubjectOf(const v1::WindowTable& table, int row) {
  return table.subjects(static_cast<int>(table.subject(row)));
}

bool IsPartial(const v1::WindowTable& table, int row) {
  return (table.flags()[static_cast<size_t>(row)] & kWindowPartial) != 0;
}

const double* ValuesOf(const v1::WindowTable& table, int row, const FeatureSchema& schema) {
  return table.values().data() + static_cast<size_t>(row) * schema.features.size();
}

std::string CsvLine(const v1::WindowTable& table, int row, const FeatureSchema& schema) {
  std::string line = absl::StrCat(table.start_ns(row), ",", SubjectOf(table, row), ",",
                                  IsPartial(table, row) ? 1 : 0);
  const double* values = ValuesOf(table, row, schema);
  for (size_t i = 0; i < schema.features.size(); ++i) {
    line.push_back(',');
    AppendNumber(values[i], &line);
  }
  return line;
}

std::string JsonLine(const v1::WindowTable& table, int row, const FeatureSchema& schema,
                     const std::string& spec) {
  std::string line = absl::StrCat(
      "{\"window\":{\"start_ns\":", table.start_ns(row),
      ",\"end_ns\":", table.start_ns(row) + table.spec().length_ns(), ",\"subject\":\"",
      SubjectOf(table, row), "\",\"partial\":", IsPartial(table, row) ? "true" : "false",
      ",\"schema\":\"", schema.name, "\",\"spec\":\"", spec, "\",\"features\":{");
  const double* values = ValuesOf(table, row, schema);
  for (size_t i = 0; i < schema.features.size(); ++i) {
    absl::StrAppend(&line, i == 0 ? "" : ",", "\"", schema.features[i].name, "\":");
    AppendNumber(values[i], &line);
  }
  return line + "}}}";
}

std::string LibsvmLine(const v1::WindowTable& table, int row, const FeatureSchema& schema) {
  std::string line = "0";
  const double* values = ValuesOf(table, row, schema);
  for (size_t i = 0; i < schema.features.size(); ++i) {
    if (values[i] == 0) continue;
    absl::StrAppend(&line, " ", i + 1, ":");
    AppendNumber(values[i], &line);
  }
  return absl::StrCat(line, " # ", table.start_ns(row), " ", SubjectOf(table, row),
                      IsPartial(table, row) ? " partial" : "");
}

}  // namespace

bool IsStream(const std::string& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  return path == "-" || (exists(status) && !is_regular_file(status));
}

absl::StatusOr<WindowFormat> ParseWindowFormat(std::string_view name) {
  if (name == "csv") return WindowFormat::kCsv;
  if (name == "jsonl") return WindowFormat::kJsonl;
  if (name == "libsvm") return WindowFormat::kLibsvm;
  return absl::InvalidArgumentError(
      absl::StrCat("format \"", std::string(name), "\"; there are csv, jsonl and libsvm"));
}

WindowFormat WindowFormatOf(const std::string& path) {
  if (absl::EndsWith(path, ".jsonl") || absl::EndsWith(path, ".json")) return WindowFormat::kJsonl;
  if (absl::EndsWith(path, ".libsvm") || absl::EndsWith(path, ".svm")) return WindowFormat::kLibsvm;
  return WindowFormat::kCsv;
}

std::string WindowLine(WindowFormat format, const v1::WindowTable& table, int row,
                       const FeatureSchema& schema, const std::string& spec) {
  switch (format) {
    case WindowFormat::kCsv:
      return CsvLine(table, row, schema);
    case WindowFormat::kJsonl:
      return JsonLine(table, row, schema, spec);
    case WindowFormat::kLibsvm:
      return LibsvmLine(table, row, schema);
  }
  return {};
}

std::string WindowHeader(WindowFormat format, const FeatureSchema& schema) {
  if (format != WindowFormat::kCsv) return {};
  std::string header = "start_ns,subject,partial";
  for (const Feature& feature : schema.features) absl::StrAppend(&header, ",", feature.name);
  return header;
}

absl::StatusOr<std::unique_ptr<WindowFile>> WindowFile::Open(const std::string& path,
                                                             WindowFormat format,
                                                             const FeatureSchema& schema,
                                                             bool in_place) {
  std::unique_ptr<WindowFile> file(new WindowFile(path, format));
  file->is_watched_ = in_place || IsStream(path);
  if (path == "-") {
    file->out_ = &std::cout;
  } else {
    if (!file->is_watched_) file->partial_.emplace(path);
    file->file_.open(file->partial_.has_value() ? file->partial_->path() : path, std::ios::binary);
    file->out_ = &file->file_;
  }
  const std::string header = WindowHeader(format, schema);
  if (!header.empty()) *file->out_ << header << '\n';
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return file;
}

absl::Status WindowFile::Write(const v1::WindowBatch& batch) {
  for (const v1::WindowTable& table : batch.tables()) {
    const FeatureSchema& schema = **FindSchema(table.spec().schema());
    const std::string spec = FormatSpec(table.spec());
    for (int row = 0; row < table.start_ns_size(); ++row) {
      *out_ << WindowLine(format_, table, row, schema, spec) << '\n';
    }
    windows_ += static_cast<uint64_t>(table.start_ns_size());
  }
  if (is_watched_) out_->flush();
  return Check();
}

absl::Status WindowFile::Finish() {
  out_->flush();
  if (absl::Status status = Check(); !status.ok()) return status;
  if (!file_.is_open()) return absl::OkStatus();
  file_.close();
  return partial_.has_value() ? partial_->Publish() : absl::OkStatus();
}

absl::Status WindowFile::Check() const {
  if (out_->good()) return absl::OkStatus();
  const std::string name = path_ == "-" ? "standard output" : path_;
  return absl::UnknownError(absl::StrCat(name, ": cannot be written: ", std::strerror(errno)));
}

}  // namespace silhouette
