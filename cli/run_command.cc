#include "cli/run_command.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "capture-svc/capture.h"
#include "capture-svc/flags.h"
#include "cli/pipeline.h"
#include "cli/report_flags.h"
#include "cli/terminal.h"
#include "common/files.h"
#include "common/stop_signal.h"
#include "gateway/sqlite.h"

namespace silhouette {
namespace {

struct RunFlags {
  std::string file;
  std::string interface;
  std::string duration;  // of a live capture; empty: until Ctrl-C
  LiveFlags live;
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

SourceOptions SourceOf(const RunFlags& flags) {
  if (!flags.interface.empty()) return InterfaceSource(flags.interface, flags.live);
  SourceOptions source;
  source.path = flags.file;
  source.write = flags.live.write;
  return source;
}

// The interface is opened before everything else, so that what that takes can be given up before
// there are threads. Null for a file, which is opened when it is read.
absl::StatusOr<std::unique_ptr<PacketSource>> OpenInterfaceAndDropRights(const RunFlags& flags) {
  if (flags.interface.empty()) return nullptr;
  auto opened = OpenSource(SourceOf(flags));
  if (!opened.ok()) return opened.status();
  if (absl::Status status = GiveUpRights(flags.live, false); !status.ok()) return status;
  if (!opened->warning.empty()) std::cerr << "silhouette run: " << opened->warning << "\n";
  std::cerr << "listening on " << flags.interface << "; Ctrl-C ends it\n" << std::flush;
  return std::move(opened->source);
}

// Stops a live capture on Ctrl-C, SIGTERM or when its time is over.
class Stopper {
 public:
  Stopper(StopSignal* signal, Capture* capture, absl::Duration duration)
      : signal_(signal), waiting_([this, capture, duration] {
          signal_->WaitFor(absl::ToChronoMilliseconds(duration));
          capture->Stop();
          signal_->LetTheNextOneKill();
          signal_->Wait();  // until the run is over
        }) {}
  ~Stopper() {
    signal_->Request();
    waiting_.join();
  }

 private:
  StopSignal* const signal_;
  std::thread waiting_;
};

absl::StatusOr<absl::Duration> ParseTime(const std::string& text) {
  if (text.empty()) return absl::InfiniteDuration();
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration()) return duration;
  return absl::InvalidArgumentError(
      absl::StrCat("--duration: \"", text, "\" is no duration; write it as 30s or 10m"));
}

// How a live capture went, on stderr.
void PrintLosses(const v1::Accounting& packets) {
  std::cerr << packets.received() << " packets captured, "
            << packets.loss().kernel_dropped_packets() << " packets dropped by kernel, "
            << packets.loss().interface_dropped_packets() << " by the interface\n";
}

// Errors: what stops the run, or keeps it from saying anything. `incomplete` is filled when the
// capture ends early; what it holds is used all the same.
absl::Status Process(const RunFlags& flags, std::string* incomplete) {
  auto duration = ParseTime(flags.duration);
  if (!duration.ok()) return duration.status();
  auto truth = ReadTruthFlag(flags.report);
  if (!truth.ok()) return truth.status();
  auto options = MakeCaptureOptions(flags.read);
  if (!options.ok()) return options.status();
  const bool live = !flags.interface.empty();
  std::optional<StopSignal> stop;
  if (live) stop.emplace();
  auto bundles = ChooseModels(flags);
  if (!bundles.ok()) return bundles.status();
  auto source = OpenInterfaceAndDropRights(flags);
  if (!source.ok()) return source.status();
  // In its sandbox it cannot make the files of a temporary store.
  auto pipeline = Pipeline::Start(*std::move(bundles), live ? kInMemory : "");
  if (!pipeline.ok()) return pipeline.status();

  Capture capture(SourceOf(flags), *options, (*pipeline)->feature_channel());
  absl::Status captured;
  {
    Progress progress(&capture);
    std::optional<Stopper> stopper;
    if (live) stopper.emplace(&*stop, &capture, *duration);
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
  absl::Status printed =
      PrintReport(&gateway, flags.report, capture.origin(), capture.run(), done.source(), *truth);
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
  CLI::Option_group* source = app->add_option_group("Source", "A file or an interface");
  source->add_option("FILE", flags->file,
                     "Capture to read: pcap or pcapng, plain, gzip or zstd; - for standard input");
  CLI::Option* interface =
      source
          ->add_option("--interface", flags->interface, "Listen on this network interface instead")
          ->type_name("NAME");
  source->require_option(1);
  app->add_option("--duration", flags->duration, "How long to listen (default: until Ctrl-C)")
      ->needs(interface)
      ->type_name("TIME");
  app->add_option("--models", flags->models, "Folder of model bundles")->capture_default_str();
  app->add_option("--model", flags->model_names, "Only this model (repeatable)")->type_name("NAME");
  AddReadFlags(app, &flags->read);
  AddLiveFlags(app, interface, &flags->live);
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
