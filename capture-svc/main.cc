// capture-svc: reads captures and pushes their packets' headers to feature-svc.

#include <spdlog/spdlog.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "capture-svc/capture_metrics.h"
#include "capture-svc/flags.h"
#include "capture-svc/service.h"
#include "common/log.h"
#include "common/service_runner.h"
#include "common/stop_signal.h"

namespace silhouette {
namespace {

// Sources by group; interfaces are open already.
struct Plan {
  struct Planned {
    SourceOptions options;
    std::unique_ptr<PacketSource> source;  // null: opened when its turn comes
  };
  std::vector<std::vector<Planned>> groups;
  bool any_live = false;
};

absl::StatusOr<Plan> OpenSources(const CaptureFlags& flags) {
  auto groups = MakeSources(flags);
  if (!groups.ok()) return groups.status();
  Plan plan;
  for (const auto& group : *groups) {
    plan.groups.emplace_back();
    for (const SourceOptions& options : group) {
      Plan::Planned& planned = plan.groups.back().emplace_back(Plan::Planned{options, nullptr});
      if (options.kind != SourceOptions::Kind::kInterface) continue;
      auto opened = OpenSource(options);
      if (!opened.ok()) return opened.status();
      planned.source = std::move(opened->source);
      plan.any_live = true;
      if (!opened->warning.empty()) spdlog::warn("{}", opened->warning);
      LogInfo("listening on " + options.live.interface);
    }
  }
  return plan;
}

absl::Status StartCaptures(Plan plan, const RemoteCaptureOptions& options,
                           const CaptureFlags& flags, CaptureManager* captures) {
  for (auto& group : plan.groups) {
    std::vector<PlannedCapture> one_after_the_other;
    for (Plan::Planned& planned : group) {
      CaptureOptions capture = options.capture;
      capture.origin = flags.origin;
      capture.run = flags.run;
      one_after_the_other.push_back(
          {std::make_shared<Capture>(planned.options, capture, options.feature_channel,
                                     options.link),
           std::move(planned.source)});
    }
    absl::Status started = captures->Start(std::move(one_after_the_other));
    if (!started.ok()) return started;
  }
  return absl::OkStatus();
}

int Fail(const absl::Status& status) {
  TellFailure("capture-svc", status);
  return absl::IsInvalidArgument(status) ? 2 : 1;
}

int Serve(const CaptureFlags& flags, Plan plan, RemoteCaptureOptions options, TlsCredentials* tls,
          StopSignal* stop) {
  CaptureManager captures;
  CaptureService service(&captures, options);
  ServiceRunner runner({"capture-svc",
                        "capture",
                        &service,
                        "silhouette.v1.CaptureService",
                        {std::make_shared<CaptureMetrics>(&captures), options.link.metrics}},
                       flags.server, tls);
  if (absl::Status status = runner.Start(); !status.ok()) return Fail(status);
  runner.SetServing(true);
  const bool any_live = plan.any_live;
  absl::Status started = StartCaptures(std::move(plan), options, flags, &captures);
  if (!started.ok()) return Fail(started);
  std::thread watch;
  if (flags.once) {
    watch = std::thread([&] {
      captures.WaitUntilIdle();
      stop->Request();
    });
  } else if (any_live) {
    // Opening one anew wants rights that were given up: whoever starts this service does it again.
    watch = std::thread([&] {
      if (!captures.WaitUntilInterfacesAreGone()) return;
      LogError("no interface is left to capture from; ends, to be started again");
      stop->Request();
    });
  }
  stop->Wait();
  runner.Shutdown([&](std::chrono::milliseconds grace) {
    if (captures.Shutdown(grace)) return service.WaitForSubmissions();
    spdlog::error("a source does not answer; what it has not given yet is lost");
    std::_Exit(1);
  });
  if (watch.joinable()) watch.join();
  return captures.first_error().ok() ? 0 : 1;
}

// What needs privileges comes first, and no thread before they are given up.
int Run(const CaptureFlags& flags, StopSignal* stop) {
  auto capture_options = MakeCaptureOptions(flags.read);
  if (!capture_options.ok()) return Fail(capture_options.status());
  auto tls = TlsCredentials::Read(flags.server.tls);  // root may read a key that nobody may not
  if (!tls.ok()) return Fail(tls.status());
  auto plan = OpenSources(flags);
  if (!plan.ok()) return Fail(plan.status());
  const bool sandboxed = plan->any_live && !flags.live.no_sandbox;
  if (sandboxed) {
    const bool may_write_files = !flags.server.ports_file.empty();
    if (absl::Status status = GiveUpRights(flags.live, may_write_files); !status.ok()) {
      return Fail(status);
    }
  }
  RemoteCaptureOptions options{*std::move(capture_options),
                               OpenChannel(flags.feature_address, tls->get()), flags.files_from,
                               sandboxed, PacketLink(flags.link)};
  options.link.metrics = std::make_shared<LinkMetrics>("capture");
  return Serve(flags, *std::move(plan), std::move(options), tls->get(), stop);
}

}  // namespace
}  // namespace silhouette

int main(int argc, char** argv) {
  silhouette::StopSignal stop;
  silhouette::CaptureFlags flags;
  CLI::App app("Reads captures and pushes their packets' headers, never content, to feature-svc.",
               "capture-svc");
  silhouette::AddCaptureFlags(&app, &flags);
  if (int status = silhouette::ParseOptions(&app, argc, argv); status >= 0) return status;
  silhouette::SetUpLogging("capture-svc", flags.server.log);
  return silhouette::Run(flags, &stop);
}
