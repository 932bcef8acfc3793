#include "gateway/gateway.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gateway/service_directory_flags.h"

namespace silhouette {

namespace {

using Metrics = std::vector<std::shared_ptr<prometheus::Collectable>>;

Metrics AllMetrics(const std::vector<Metrics>& parts) {
  Metrics all;
  for (const Metrics& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

void AddGatewayFlags(CLI::App* app, GatewayFlags* flags) {
  AddStoreFlags(app, &flags->store);
  AddServiceAddressFlags(app, &flags->services);
  AddWebOptions(app, &flags->web);
  AddServerOptions(app, &flags->server, 7100, 7110, 9170);
}

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(const GatewayFlags& flags,
                                                        TlsCredentials* tls) {
  auto retention = MakeRetentionOptions(flags.store);
  if (!retention.ok()) return retention.status();
  auto job_options = MakeJobOptions(flags.store);
  if (!job_options.ok()) return job_options.status();
  auto store = VerdictStore::Open(flags.store.store);
  if (!store.ok()) {
    return absl::Status(store.status().code(),
                        absl::StrCat("--store ", std::string(store.status().message())));
  }
  auto jobs = JobManager::Open(store->get(), *std::move(job_options));
  if (!jobs.ok()) {
    return absl::Status(jobs.status().code(),
                        absl::StrCat("--spool ", std::string(jobs.status().message())));
  }
  auto gateway = std::unique_ptr<Gateway>(
      new Gateway(flags, *retention, *std::move(store), *std::move(jobs), tls));
  if (absl::Status status = gateway->Serve(); !status.ok()) return status;
  return gateway;
}

Gateway::Gateway(const GatewayFlags& flags, const RetentionOptions& retention,
                 std::unique_ptr<VerdictStore> store, std::unique_ptr<JobManager> jobs,
                 TlsCredentials* tls)
    : engine_(std::move(store)),
      jobs_(std::move(jobs)),
      directory_(flags.services, tls),
      service_(&engine_),
      housekeeper_(engine_.store(), retention, jobs_.get()),
      for_web_(StartInProcessServer(&service_)),
      web_(flags.web),
      runner_({"gateway", "gateway", &service_, "silhouette.v1.GatewayService",
               AllMetrics({service_.metrics(), {housekeeper_.metrics(), web_.metrics()}})},
              flags.server, tls) {
  service_.SetJobs(jobs_.get());
  service_.AnswerStatusWith({&directory_, [this] { return runner_.Status(); }});
  service_.AskAboutModels(ModelClient(ChannelsTo(ServiceKind::kClassify)));
}

JobRunner::Channels Gateway::ChannelsTo(ServiceKind service) {
  return [this, service] {
    std::vector<std::shared_ptr<grpc::Channel>> channels;
    for (const Replica& replica : directory_.Find(service).found) {
      channels.push_back(replica.channel);
    }
    return channels;
  };
}

absl::Status Gateway::Serve() {
  if (absl::Status status = web_.Bind(); !status.ok()) return status;
  if (web_.port() != 0) runner_.AddPort("web", web_.port());
  if (absl::Status status = runner_.Start(); !status.ok()) return status;
  // Only now: who cannot have the ports must leave the store to the gateway that has them.
  housekeeper_.Start();
  job_runner_ = std::make_unique<JobRunner>(jobs_.get(), ChannelsTo(ServiceKind::kCapture));
  web_.Serve(for_web_.channel);
  runner_.SetServing(true);
  return absl::OkStatus();
}

void Gateway::Shutdown() {
  web_.Stop();
  for_web_.server->Shutdown(std::chrono::system_clock::now());
  runner_.Shutdown([this](std::chrono::milliseconds grace) {
    jobs_->Stop();
    job_runner_->Stop();
    service_.StopIntake(grace);
  });
  housekeeper_.Stop();
}

}  // namespace silhouette
