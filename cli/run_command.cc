#include "cli/run_command.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "capture-svc/flags.h"
#include "cli/pipeline.h"
#include "cli/report_flags.h"
#include "cli/terminal.h"
#include "common/files.h"

namespace silhouette {
namespace {

struct RunFlags {
  std::string file;
  std::string models = FindInstalledFolder("models");
  std::vector<std::string> model_names;
  ReadFlags read;
  ReportFlags report;
};

// The bundles, or only those named. Errors: as LoadModels, INVALID_ARGUMENT for an unknown name.
absl::StatusOr<std::vector<std::unique_ptr<Bundle>>> ChooseModels(const RunFlags& flags) {
  auto bundles = LoadModels(flags.models);
  if (!bundles.ok() || flags.model_names.empty()) return bundles;
  std::vector<std::string> known;
  for (const auto& bundle : *bundles) known.push_back(bundle->manifest().name());
  for (const std::string& name : flags.model_names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat("--model ", name, ": no such model in ",
                                                   flags.models, "; it holds ",
                                                   absl::StrJoin(known, ", ")));
  }
  std::erase_if(*bundles, [&](const std::unique_ptr<Bundle>& bundle) {
    return std::find(flags.model_names.begin(), flags.model_names.end(),
                     bundle->manifest().name()) == flags.model_names.end();
  });
  return bundles;
}

// Shows how far a capture is, on one line of stderr, while it runs in another thread.
class Progress {
 public:
  explicit Progress(const Capture* capture)
      : capture_(capture), terminal_(DescribeTerminal(STDERR_FILENO)) {
    if (terminal_.is_terminal) thread_ = std::thread([this] { Show(); });
  }
  ~Progress() {
    if (!thread_.joinable()) return;
    {
      std::lock_guard lock(mutex_);
      done_ = true;
      changed_.notify_all();
    }
    thread_.join();
    std::cerr << "\r\033[K" << std::flush;
  }

 private:
  void Show() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) {
      const v1::Capture capture = capture_->Describe();
      const double share = capture.bytes_total() == 0
                               ? 0
                               : static_cast<double>(capture.bytes_read()) /
                                     static_cast<double>(capture.bytes_total());
      std::cerr << absl::StrFormat("\r\033[Kreading %3.0f %%, %s packets", 100 * share,
                                   WithThousands(capture.accounting().received()))
                << std::flush;
    }
  }

  const Capture* const capture_;
  const Terminal terminal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

// A capture that cannot say anything is a failure, with its reason.
absl::Status CheckPackets(const std::string& file, const v1::Accounting& packets) {
  if (packets.received() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": holds no packets; capture for longer"));
  }
  uint64_t without_ip = packets.malformed(), cut_short = 0;
  for (const v1::FilteredCount& count : packets.filtered()) {
    if (count.reason() == "cut_short") cut_short = count.packets();
    if (count.reason() != "not_asked") without_ip += count.packets();
  }
  if (without_ip < packets.received()) return absl::OkStatus();
  if (cut_short > 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file,
        ": its packets are cut before their IP headers end; capture with a snap length of 96"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file, ": holds no IP packets; capture where the device's IP traffic passes"));
}

// Errors: what stops the run, or keeps it from saying anything. `incomplete` is filled when the
// capture ends early; what it holds is used all the same.
absl::Status Process(const RunFlags& flags, std::string* incomplete) {
  auto truth = ReadTruthFlag(flags.report);
  if (!truth.ok()) return truth.status();
  auto options = MakeCaptureOptions(flags.read);
  if (!options.ok()) return options.status();
  auto bundles = ChooseModels(flags);
  if (!bundles.ok()) return bundles.status();
  auto pipeline = Pipeline::Start(*std::move(bundles), "");
  if (!pipeline.ok()) return pipeline.status();

  options->origin = FileOrigin(flags.file);
  options->run = NewRunName();
  Capture capture(flags.file, *options, (*pipeline)->feature_channel());
  absl::Status captured;
  {
    Progress progress(&capture);
    captured = capture.Run();
  }
  if (!captured.ok()) return captured;
  *incomplete = capture.incomplete();
  const v1::Accounting packets = capture.Describe().accounting();
  if (packets.received() == 0) return CheckPackets(flags.file, packets);
  GatewayClient gateway((*pipeline)->gateway_channel());
  absl::Status printed =
      PrintReport(&gateway, flags.report, options->origin, options->run, flags.file, *truth);
  return printed.ok() ? CheckPackets(flags.file, packets) : printed;
}

int Run(const RunFlags& flags) {
  std::string incomplete;
  absl::Status status = Process(flags, &incomplete);
  if (incomplete.empty()) return status.ok() ? 0 : ReportFailure("run", status);
  // One line: that the capture is cut, and what else went wrong.
  return ReportFailure(
      "run", absl::DataLossError(status.ok() ? incomplete
                                             : absl::StrCat(incomplete, "; then: ",
                                                            std::string(status.message()))));
}

}  // namespace

void AddRunCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* app = parent->add_subcommand("run",
                                         "A capture in, a timeline out: reads FILE through "
                                         "the four services in one process");
  app->add_option("FILE", flags->file,
                  "Capture to read: pcap or pcapng, plain, gzip or zstd; - for standard input")
      ->required();
  app->add_option("--models", flags->models, "Folder of model bundles")->capture_default_str();
  app->add_option("--model", flags->model_names, "Only this model (repeatable)")->type_name("NAME");
  AddReadFlags(app, &flags->read);
  AddReportFlags(app, &flags->report);
  app->footer(
      "Examples:\n"
      "  silhouette run call.pcap\n"
      "  silhouette run call.pcap --truth call.truth.csv\n"
      "  silhouette run call.pcap --all --json | jq .verdict.class\n\n"
      "Exit status: 0 done; 1 failed, or the capture was cut (what it holds is shown); 2 usage.");
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
