#include "cli/run_command.h"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "capture-svc/capture.h"
#include "cli/pipeline.h"
#include "cli/progress.h"
#include "cli/report_flags.h"
#include "cli/source_flags.h"
#include "cli/stopper.h"
#include "common/files.h"
#include "common/stop_signal.h"
#include "gateway/sqlite.h"

namespace silhouette {
namespace {

struct RunFlags {
  SourceFlags source;
  std::string models = FindInstalledFolder("models");
  std::vector<std::string> model_names;
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

// The interface is opened before everything else, so that what that takes can be given up before
// there are threads. Null for a file, which is opened when it is read.
absl::StatusOr<std::unique_ptr<PacketSource>> OpenInterface(const SourceFlags& flags) {
  if (!flags.is_live()) return nullptr;
  auto opened = OpenSource(SourceOf(flags));
  if (!opened.ok()) return opened.status();
  if (absl::Status status = BeginToListen("run", flags, *opened); !status.ok()) return status;
  return std::move(opened->source);
}

// How a live capture went, on stderr.
void PrintLosses(const v1::Accounting& packets) {
  std::cerr << packets.received() << " packets captured, "
            << packets.loss().kernel_dropped_packets() << " packets dropped by kernel, "
            << packets.loss().interface_dropped_packets() << " by the interface\n";
}

// A report for each run: several where the clock of the capture jumped. The truth counts from the
// first packet, so it is the first run's.
absl::Status PrintRuns(GatewayClient* gateway, const ReportFlags& flags, const Capture& capture,
                       const std::optional<Truth>& truth,
                       const std::vector<v1::ModelManifest>& models) {
  const std::string source = capture.Describe().source();
  const int runs = capture.Progress().runs;
  if (runs == 1) {
    return PrintReport(gateway, flags, capture.origin(), capture.run(), source, truth, models);
  }
  std::cerr << "silhouette run: " << source << ": the clock of the capture jumped; " << runs
            << " runs follow, each with a timeline of its own\n";
  for (int number = 1; number <= runs; ++number) {
    const std::string run = CaptureEngine::RunName(capture.run(), number);
    const std::string name = absl::StrCat(source, ", run ", number, " of ", runs);
    absl::Status printed = PrintReport(gateway, flags, capture.origin(), run, name,
                                       number == 1 ? truth : std::nullopt, models);
    if (!printed.ok()) return printed;
  }
  return absl::OkStatus();
}

// Errors: what stops the run, or keeps it from saying anything. `incomplete` is filled when the
// capture ends early; what it holds is used all the same.
absl::Status Process(const RunFlags& flags, std::string* incomplete) {
  auto duration = ParseDurationFlag(flags.source.duration);
  if (!duration.ok()) return duration.status();
  auto truth = ReadTruthFlag(flags.report);
  if (!truth.ok()) return truth.status();
  auto options = MakeCaptureOptions(flags.source.read);
  if (!options.ok()) return options.status();
  const bool live = flags.source.is_live();
  std::optional<StopSignal> stop;
  if (live) stop.emplace();
  auto bundles = ChooseModels(flags);
  if (!bundles.ok()) return bundles.status();
  auto source = OpenInterface(flags.source);
  if (!source.ok()) return source.status();
  std::vector<v1::ModelManifest> models;
  for (const auto& bundle : *bundles) models.push_back(bundle->manifest());
  // In its sandbox it cannot make the files of a temporary store.
  auto pipeline = Pipeline::Start(*std::move(bundles), live ? kInMemory : "");
  if (!pipeline.ok()) return pipeline.status();

  Capture capture(SourceOf(flags.source), *options, (*pipeline)->feature_channel());
  absl::Status captured;
  {
    Progress progress([&] { return capture.Progress(); });
    std::optional<Stopper> stopper;
    const auto end = [&] { capture.Stop(); };
    if (live) stopper.emplace(&*stop, end, *duration);
    captured = capture.Run(*std::move(source));
  }
  if (!captured.ok()) return captured;
  *incomplete = capture.incomplete();
  const v1::Capture done = capture.Describe();
  const v1::Accounting& packets = done.accounting();
  if (live) PrintLosses(packets);
  if (packets.received() == 0 && live) {
    return absl::InvalidArgumentError(absl::StrCat(
        done.source(), ": no packets came by; listen for longer, or where the traffic passes"));
  }
  if (packets.received() == 0) return CheckPackets(done.source(), packets);
  GatewayClient gateway((*pipeline)->gateway_channel());
  absl::Status printed = PrintRuns(&gateway, flags.report, capture, *truth, models);
  return printed.ok() ? CheckPackets(done.source(), packets) : printed;
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
  CLI::App* app = parent->add_subcommand(
      "run",
      "A capture in, a timeline out: a FILE, or what passes an interface, through "
      "the four services in one process");
  AddSourceFlags(app, &flags->source);
  app->add_option("--models", flags->models,
                  "Folder of model bundles (default: those that come with it)")
      ->type_name("FOLDER")
      ->capture_default_str();
  app->add_option("--model", flags->model_names, "Only this model (repeatable)")->type_name("NAME");
  AddReadAndLiveFlags(app, &flags->source);
  AddReportFlags(app, &flags->report);
  app->footer(
      "Examples:\n"
      "  silhouette run call.pcap\n"
      "  silhouette run call.pcap --truth call.truth.csv\n"
      "  silhouette run call.pcap --all --json | jq .verdict.class\n"
      "  sudo silhouette run --interface eth0 --duration 10m --write call.pcapng\n\n"
      "Exit status: 0 done; 1 failed, or the capture was cut (what it holds is shown); 2 usage.");
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
