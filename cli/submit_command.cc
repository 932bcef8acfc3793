#include "cli/submit_command.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "cli/job_lines.h"
#include "cli/job_results_files.h"
#include "cli/report_flags.h"
#include "cli/stopper.h"
#include "cli/submission.h"
#include "common/files.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/job_state.h"
#include "common/link_retry.h"
#include "common/proto_json.h"
#include "common/stop_signal.h"
#include "common/tls_credentials.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;

struct SubmitFlags {
  std::vector<std::string> files;
  std::string gateway = "127.0.0.1:7100";
  TlsOptions tls;
  std::string truth;
  std::string out;
  std::string job;
  bool wait = false;
  bool json = false;
};

constexpr char kFooter[] = R"(
Each capture is cut to its packets' headers here, before anything is sent, and becomes a job of the
gateway. With --wait it says how they fare until all have ended; with --out it then writes
NAME.verdicts.jsonl, NAME.verdicts.csv and NAME.segments.csv for each. If the gateway goes away it
goes on where it was once it is back.

Examples:
  silhouette submit call.pcap
  silhouette submit monday.pcapng tuesday.pcap.gz --out results
  silhouette submit call.pcap --truth call.truth.csv --wait
  tcpdump -i eth0 -c 100000 -w - | silhouette submit -

Exit status: 0 all handed in (with --wait: done), 1 one failed or was cut, 2 usage,
3 the gateway is not there: try again.
)";

// A capture and what became of it.
struct Submitted {
  std::string file;
  std::string stem;  // of its results, unlike the others'
  v1::Job job;
  absl::Status status;
  std::string incomplete;
};

// What the files have in common while they are handed in.
struct Context {
  v1::GatewayService::Stub* gateway;
  std::atomic<bool>* stopped;
  FileLines* lines;
};

double Share(uint64_t done, uint64_t total) {
  return total == 0 ? -1 : static_cast<double>(done) / static_cast<double>(total);
}

std::string NameOf(const std::string& file) {
  return file == "-" ? "standard input" : fs::path(file).filename().string();
}

// "call" of "call.pcap.gz"; numbered where another file has it.
std::string StemOf(const std::string& file, std::set<std::string>* taken) {
  const std::string name = NameOf(file);
  const std::string stem = name.substr(0, std::max<size_t>(name.find('.'), 1));
  std::string unlike = stem;
  for (int number = 2; !taken->insert(unlike).second; ++number) {
    unlike = absl::StrCat(stem, "-", number);
  }
  return unlike;
}

void HandIn(const SubmitFlags& flags, const std::string& truth, size_t number,
            const Context& context, Submitted* submitted) {
  Submission submission(submitted->file, NameOf(submitted->file), truth, flags.job);
  const auto is_stopped = [&] { return context.stopped->load(); };
  const auto show = [&](const char* what) {
    return [&, what](uint64_t done, uint64_t total) {
      context.lines->Set(number, what, Share(done, total), false);
    };
  };
  submitted->status = submission.Cut(show("cutting to headers"), is_stopped);
  submitted->incomplete = submission.incomplete();
  if (submitted->status.ok()) {
    auto job = submission.Send(context.gateway, show("sending"), is_stopped);
    submitted->status = job.status();
    if (job.ok()) submitted->job = *job;
  }
  context.lines->Set(
      number,
      submitted->status.ok()
          ? absl::StrCat("job ", submitted->job.id(), ", ", JobProgress(submitted->job))
          : absl::StrCat("failed: ", std::string(submitted->status.message())),
      -1, true);
}

// Follows the jobs until all have ended. Errors: the gateway's; CANCELLED when it is stopped.
class JobsWatch {
 public:
  JobsWatch(const Context& context, std::vector<Submitted>* all) : context_(context), all_(all) {
    for (size_t i = 0; i < all->size(); ++i) {
      if ((*all)[i].status.ok()) open_[(*all)[i].job.id()] = i;
    }
  }

  absl::Status Run() {
    LinkRetry retry("gateway", {});
    while (!open_.empty() && !*context_.stopped) {
      const absl::Status ended = Follow(&retry);
      if (open_.empty() || *context_.stopped) break;
      if (!ended.ok() && !IsWorthARetry(ended)) return ended;
      std::this_thread::sleep_for(retry.OnBreak(ended));
    }
    if (open_.empty()) return absl::OkStatus();
    return absl::CancelledError("the jobs go on; silhouette jobs tells how they fare");
  }

 private:
  absl::Status Follow(LinkRetry* retry) {
    grpc::ClientContext context;
    auto reader = context_.gateway->WatchJobs(&context, {});
    v1::WatchJobsResponse response;
    bool is_first = true;
    while (!open_.empty() && !*context_.stopped && reader->Read(&response)) {
      retry->OnProgress();
      // A stream begins with the newest jobs; of the others only changes will come.
      if (std::exchange(is_first, false)) AskForEach();
      for (const v1::Job& job : response.jobs()) OnJob(job);
      for (const std::string& id : response.deleted()) OnDeleted(id);
    }
    context.TryCancel();
    const grpc::Status status = reader->Finish();
    return status.ok() ? absl::UnavailableError("the gateway closed the stream")
                       : FromGrpcStatus(status);
  }

  void AskForEach() {
    std::vector<std::string> ids;
    for (const auto& [id, number] : open_) ids.push_back(id);
    for (const std::string& id : ids) {
      grpc::ClientContext context;
      v1::GetJobRequest request;
      request.set_job(id);
      v1::GetJobResponse response;
      const grpc::Status status = context_.gateway->GetJob(&context, request, &response);
      if (status.ok()) OnJob(response.job());
      if (status.error_code() == grpc::StatusCode::NOT_FOUND) OnDeleted(id);
    }
  }

  void OnJob(const v1::Job& job) {
    const auto at = open_.find(job.id());
    if (at == open_.end()) return;
    (*all_)[at->second].job = job;
    const bool runs = job.state() == v1::JOB_STATE_RUNNING;
    context_.lines->Set(at->second, JobProgress(job),
                        runs ? Share(job.sent_bytes(), job.spooled_bytes()) : -1, !runs);
    if (HasEnded(job)) open_.erase(at);
  }

  void OnDeleted(const std::string& id) {
    const auto at = open_.find(id);
    if (at == open_.end()) return;
    (*all_)[at->second].status = absl::NotFoundError("somebody deleted the job");
    open_.erase(at);
  }

  const Context context_;
  std::vector<Submitted>* const all_;
  std::map<std::string, size_t> open_;  // by id
};

// Says it. Returns the exit status; of several failures the greatest counts, as what may be tried
// again is worth it whatever else failed.
int Failure(const absl::Status& status) {
  constexpr int kGatewayIsAway = 3;
  const int exit_status = ReportFailure("submit", status);
  return absl::IsUnavailable(status) ? kGatewayIsAway : exit_status;
}

// What is left to say, and the exit status.
int Conclude(const SubmitFlags& flags, std::vector<Submitted>* all,
             v1::GatewayService::Stub* gateway) {
  int exit_status = 0;
  for (Submitted& submitted : *all) {
    const std::string name = submitted.file;
    if (submitted.status.ok() && flags.json) std::cout << ToJson(submitted.job) << "\n";
    if (submitted.status.ok() && !flags.json && !flags.wait) {
      std::cout << submitted.job.id() << "\n";
    }
    if (submitted.status.ok() && !flags.out.empty() &&
        submitted.job.state() == v1::JOB_STATE_DONE) {
      auto paths = WriteResultFiles(gateway, submitted.job.id(), flags.out, submitted.stem);
      submitted.status = paths.status();
      if (paths.ok() && !flags.json) {
        for (const std::string& path : *paths) std::cout << path << "\n";
      }
    }
    const bool failed = submitted.job.state() == v1::JOB_STATE_FAILED ||
                        submitted.job.state() == v1::JOB_STATE_CANCELLED;
    if (!submitted.incomplete.empty()) {
      exit_status = std::max(exit_status, Failure(absl::DataLossError(submitted.incomplete)));
    }
    if (!submitted.status.ok()) exit_status = std::max(exit_status, Failure(submitted.status));
    if (submitted.status.ok() && failed) {
      exit_status = std::max(
          exit_status,
          Failure(absl::UnknownError(absl::StrCat(name, ": ", JobProgress(submitted.job)))));
    }
  }
  return exit_status;
}

absl::Status CheckFlags(const SubmitFlags& flags) {
  if (!flags.truth.empty() && flags.files.size() != 1) {
    return absl::InvalidArgumentError("--truth: belongs to one capture; submit each by itself");
  }
  if (!flags.job.empty() && flags.files.size() != 1) {
    return absl::InvalidArgumentError("--job: names one capture; submit each by itself");
  }
  if (flags.out.empty()) return absl::OkStatus();
  std::error_code error;
  fs::create_directories(flags.out, error);
  if (!error) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--out: ", flags.out, ": cannot be made: ", error.message()));
}

int Run(SubmitFlags flags) {
  flags.wait = flags.wait || !flags.out.empty();
  if (absl::Status status = CheckFlags(flags); !status.ok()) return ReportFailure("submit", status);
  std::string truth;
  if (!flags.truth.empty()) {
    auto read = ReadFile(flags.truth);
    if (!read.ok()) return ReportFailure("submit", read.status());
    truth = *std::move(read);
  }
  StopSignal signal;  // before any thread
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return ReportFailure("submit", tls.status());
  const auto gateway = v1::GatewayService::NewStub(OpenChannel(flags.gateway, tls->get()));
  std::atomic<bool> stopped = false;
  const Stopper stopper(
      &signal, [&stopped] { stopped = true; }, absl::InfiniteDuration());
  std::vector<Submitted> all;
  std::set<std::string> stems;
  std::vector<std::string> names;
  for (const std::string& file : flags.files) {
    all.push_back({file, StemOf(file, &stems), {}, {}, ""});
    names.push_back(NameOf(file));
  }
  {
    FileLines lines(names);
    const Context context{gateway.get(), &stopped, &lines};
    for (size_t i = 0; i < all.size(); ++i) HandIn(flags, truth, i, context, &all[i]);
    if (flags.wait) {
      absl::Status watched = JobsWatch(context, &all).Run();
      if (!watched.ok()) return Failure(watched);
    }
  }
  return Conclude(flags, &all, gateway.get());
}

}  // namespace

void AddSubmitCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<SubmitFlags>();
  CLI::App* app = parent->add_subcommand(
      "submit", "Hand captures, cut to headers, to a gateway as jobs, and fetch what they found");
  app->add_option("FILE", flags->files,
                  "Captures (pcap, pcapng, plain or packed by gzip or zstd); - for standard input")
      ->required();
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app->add_flag("--wait", flags->wait, "Say how the jobs fare until all have ended");
  app->add_option("--out", flags->out,
                  "Write what was found into this folder, made if missing; waits for it")
      ->type_name("DIR");
  app->add_option("--job", flags->job,
                  "Name of the job: handed in again under it, a capture goes on where it was and "
                  "gives nothing twice (default: a new one)")
      ->type_name("ID");
  app->add_option("--truth", flags->truth,
                  "CSV of what really happened, for people to compare with on the page")
      ->type_name("FILE");
  app->add_flag("--json", flags->json, "The jobs as JSON Lines on stdout, for programs");
  AddTlsClientOptions(app, &flags->tls);
  app->footer(kFooter);
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
