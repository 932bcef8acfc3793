#include "cli/labelled_flags.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/duration.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

const CLI::Validator& DurationCheck() {
  static const auto* check = new CLI::Validator(
      [](std::string& text) {
        const absl::StatusOr<int64_t> parsed = ParseDurationNs(text);
        return parsed.ok() ? std::string() : std::string(parsed.status().message());
      },
      "DURATION");
  return *check;
}

std::string Count(size_t number, const std::string& what) {
  return absl::StrCat(number, " ", what, number == 1 ? "" : "s");
}

absl::Status CheckCaptureFlags(const DatasetColumns& columns, const LabelledFlags& flags) {
  if (flags.pcaps.size() != flags.truths.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--truth: ", Count(flags.truths.size(), "truth"), " for ",
                     Count(flags.pcaps.size(), "capture"),
                     "; give each --pcap a --truth of its own, in the same order"));
  }
  if (!columns.label.empty()) {
    return absl::InvalidArgumentError(
        "--label: is of tables; the labels of a capture are those of its truth");
  }
  if (columns.blocks.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "--blocks: is of tables; the blocks of a capture are its truth's intervals, or as long as "
      "--block-length says");
}

}  // namespace

void AddLabelledFlags(CLI::App* app, LabelledFlags* flags) {
  CLI::Option_group* group =
      app->add_option_group("Captures", "Learn from captures instead of tables of windows");
  CLI::Option* pcap =
      group
          ->add_option("--pcap", flags->pcaps,
                       "Capture, pcap or pcapng; each has a --truth of its own (repeatable)")
          ->type_name("FILE")
          ->allow_extra_args(false);
  group
      ->add_option("--truth", flags->truths,
                   "What really happened while it was taken: CSV with start_s,end_s,label or "
                   "start_ns,end_ns,label (repeatable, in the order of the captures)")
      ->type_name("CSV")
      ->allow_extra_args(false);
  group
      ->add_option("--subject-name", flags->subjects,
                   "The subject that the truth is about, as "
                   "conversation:192.168.1.20-203.0.113.7/udp (repeatable; default: the "
                   "conversation that looks like a call; of other subjects and schemas the one "
                   "with the most packets)")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->needs(pcap);
  group
      ->add_option("--block-length", flags->block_length,
                   "Blocks of this length, as 60s (default: each interval of a truth is a block)")
      ->type_name("TIME")
      ->check(DurationCheck())
      ->needs(pcap);
  AddReadFlags(group, &flags->read);
}

void AddWindowFlags(CLI::App* app, WindowFlags* flags) {
  app->add_option("--window", flags->window, "Length of the windows, as 0.5s or 500ms")
      ->capture_default_str()
      ->check(DurationCheck());
  app->add_option("--subject", flags->subject, "What a window is about")
      ->capture_default_str()
      ->check(CLI::IsMember({"device", "device-mac", "conversation", "flow"}));
  app->add_option("--protocol", flags->protocol, "Which packets the windows count")
      ->capture_default_str()
      ->check(CLI::IsMember({"udp", "tcp", "all"}));
}

absl::StatusOr<v1::WindowSpec> SpecOf(const WindowFlags& flags, const std::string& schema) {
  return ParseSpec(absl::StrCat("subject=", flags.subject, ",window=", flags.window,
                                ",schema=", schema,
                                flags.protocol == "all" ? "" : ",protocol=" + flags.protocol));
}

absl::Status CheckDataFlags(const std::vector<std::string>& tables, const DatasetColumns& columns,
                            const LabelledFlags& flags) {
  if (!tables.empty() && flags.any()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--pcap: give tables or captures, not both; ", tables[0], " is a table"));
  }
  if (flags.any()) return CheckCaptureFlags(columns, flags);
  if (tables.empty()) {
    return absl::InvalidArgumentError(
        "--pcap: no data; give FILE, a table of windows, or --pcap with --truth, a capture");
  }
  if (!columns.label.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("--label: name the column that holds the class");
}

absl::StatusOr<LabelledCaptures> CapturesOf(const LabelledFlags& flags) {
  LabelledCaptures captures;
  for (size_t i = 0; i < flags.pcaps.size(); ++i) {
    captures.files.push_back({flags.pcaps[i], flags.truths[i]});
  }
  auto read = MakeCaptureOptions(flags.read);
  if (!read.ok()) return read.status();
  captures.read = *std::move(read);
  captures.subjects = flags.subjects;
  if (flags.block_length.empty()) return captures;
  const absl::StatusOr<int64_t> length = ParseDurationNs(flags.block_length);
  if (!length.ok()) return length.status();
  captures.block_length_ns = *length;
  return captures;
}

std::string UseLine(const CaptureUse& use) {
  std::vector<std::string> left_out;
  const auto leave_out = [&left_out](uint64_t windows, const char* why) {
    if (windows > 0) left_out.push_back(absl::StrCat(windows, " ", why));
  };
  leave_out(use.without_truth, "without truth");
  leave_out(use.partial, "partial");
  leave_out(use.of_others, "of other subjects");
  leave_out(use.after_jump, "behind a jump of the clock");
  return absl::StrCat(use.file, ": ", use.rows, " windows of ", absl::StrJoin(use.subjects, ", "),
                      left_out.empty() ? "" : "; left out: ", absl::StrJoin(left_out, ", "));
}

}  // namespace silhouette
