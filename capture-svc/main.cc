// capture-svc: reads captures and pushes their packets' headers to feature-svc.

#include <spdlog/spdlog.h>

#include <chrono>
#include <future>
#include <iostream>

#include "capture-svc/flags.h"
#include "capture-svc/service.h"
#include "common/service_runner.h"
#include "common/stop_signal.h"

namespace silhouette {
namespace {

// Reads the files one after the other; the first error, a capture that was cut among them.
absl::Status ReadAll(const CaptureList& captures) {
  absl::Status worst;
  for (const auto& capture : captures.All()) {
    absl::Status status = capture->Run();
    const v1::Capture done = capture->Describe();
    spdlog::info("{}: ended, {} packets received", done.source(), done.accounting().received());
    if (done.error().empty()) continue;
    spdlog::error("{}", done.error());
    if (worst.ok()) worst = status.ok() ? absl::DataLossError(done.error()) : status;
  }
  return worst;
}

int Run(const CaptureFlags& flags, StopSignal* stop) {
  CaptureList captures;
  absl::Status made = MakeCaptures(flags, &captures);
  CaptureService service(&captures);
  ServiceRunner runner({"capture-svc",
                        "capture",
                        &service,
                        "silhouette.v1.CaptureService",
                        {std::make_shared<CaptureMetrics>(&captures)}},
                       flags.server);
  absl::Status status = made.ok() ? runner.Start() : made;
  if (!status.ok()) {
    std::cerr << "capture-svc: " << status.message() << "\n";
    return absl::IsInvalidArgument(status) ? 2 : 1;
  }
  runner.SetServing(true);
  std::future<absl::Status> read = std::async(std::launch::async, [&] {
    absl::Status worst = ReadAll(captures);
    if (flags.once) stop->Request();
    return worst;
  });
  stop->Wait();
  runner.Shutdown([&](std::chrono::milliseconds grace) {
    for (const auto& capture : captures.All()) capture->Stop();
    if (read.wait_for(grace) == std::future_status::ready) return;
    for (const auto& capture : captures.All()) capture->Abort();
  });
  return read.get().ok() ? 0 : 1;
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
  silhouette::SetUpLogging("capture-svc", flags.server.log_level);
  return silhouette::Run(flags, &stop);
}
