#include "cli/label_command.h"

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/label_check.h"
#include "cli/label_keys.h"
#include "cli/label_recording.h"
#include "cli/output_path.h"
#include "cli/report_flags.h"

namespace silhouette {
namespace {

struct LabelFlags {
  std::string out = "truth.csv";
  std::vector<std::string> classes = {"background", "person"};
  std::vector<std::string> keys;
  bool force = false;
  std::string check;  // truth to check; empty: record one
  std::string capture;
  bool json = false;
};

constexpr char kFooter[] = R"(
Start it beside the capture and press a class's key whenever what is so changes. Each class has the
first free letter of its name, shown on the screen; space is a pause, in which nothing is known; u
or backspace undoes the last key; q or Ctrl-C ends. The file holds start_ns,end_ns,label, in
nanoseconds since the Unix epoch by this machine's clock, so let one machine do both, or keep the
clocks of two alike. It is whole after each key and up to date each second, whatever happens.
Without a terminal, the keys are the characters of standard input.

--check says how much of a capture a truth covers, by label, and what lies outside. It understands
truths whose times count from the capture's start as well.

Examples:
  silhouette label -o truth.csv
  silhouette label -o door.csv --classes open,shut,"somebody passes" --keys o,s,p
  (printf b; sleep 60; printf p; sleep 60; printf q) | silhouette label -o truth.csv
  silhouette label --check truth.csv call.pcap
  silhouette run call.pcap --truth truth.csv

Exit status: 0 done, or truth and capture overlap; 1 failed, nothing was recorded, or they do not
overlap; 2 usage.)";

// A truth took somebody's time: it is not written over by mistake.
absl::Status CheckOut(const LabelFlags& flags) {
  if (absl::Status s = CheckNamesFile("--out", flags.out); !s.ok()) return s;
  std::error_code unknown;
  if (flags.force || !std::filesystem::exists(flags.out, unknown)) return CheckWritable(flags.out);
  return absl::AlreadyExistsError(
      absl::StrCat(flags.out, ": exists; choose another --out, or --force to replace it"));
}

absl::Status Label(const LabelFlags& flags) {
  if (!flags.check.empty()) return CheckTruth(flags.check, flags.capture, flags.json);
  const auto keys = LabelKeys::Create(flags.classes, flags.keys);
  if (!keys.ok()) return keys.status();
  if (absl::Status status = CheckOut(flags); !status.ok()) return status;
  return RecordLabels(flags.out, *keys);
}

}  // namespace

void AddLabelCommand(CLI::App* parent, int* exit_status) {
  const auto flags = std::make_shared<LabelFlags>();
  CLI::App* app = parent->add_subcommand(
      "label",
      "Note by key presses what is so while a capture runs, or check such a truth against it");
  app->add_option("-o,--out", flags->out, "Truth to write")
      ->type_name("FILE")
      ->capture_default_str();
  app->add_option("--classes", flags->classes, "What may be so")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app->add_option("--keys", flags->keys,
                  "A key for each class, in their order (default: the first free letter of each)")
      ->delimiter(',')
      ->allow_extra_args(false);
  app->add_flag("--force", flags->force, "Replace the truth if it exists");
  CLI::Option* check =
      app->add_option("--check", flags->check, "Check this truth against CAPTURE instead")
          ->type_name("TRUTH");
  CLI::Option* capture =
      app->add_option("CAPTURE", flags->capture,
                      "Capture to check against: pcap or pcapng, plain, gzip or zstd; - for "
                      "standard input")
          ->needs(check);
  check->needs(capture);
  for (const char* recording : {"--out", "--classes", "--keys", "--force"}) {
    check->excludes(app->get_option(recording));
  }
  app->add_flag("--json", flags->json, "Tell what --check finds as one JSON object")->needs(check);
  app->footer(kFooter);
  app->callback([flags, exit_status] {
    const absl::Status status = Label(*flags);
    *exit_status = status.ok() ? 0 : ReportFailure("label", status);
  });
}

}  // namespace silhouette
