#include "cli/jobs_command.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <vector>

#include "cli/gateway_client.h"
#include "cli/job_lines.h"
#include "cli/job_results_files.h"
#include "cli/report_flags.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/proto_json.h"
#include "common/tls_credentials.h"

namespace silhouette {
namespace {

struct JobsFlags {
  std::string gateway = "127.0.0.1:7100";
  TlsOptions tls;
  std::string cancel, remove, results;
  std::string format = "jsonl";
  bool json = false;
};

constexpr char kFooter[] = R"(
Without --cancel, --delete or --results it lists the jobs, newest first.

Examples:
  silhouette jobs
  silhouette jobs --cancel 3fa901bc
  silhouette jobs --results 3fa901bc --format segments > segments.csv
  silhouette jobs --delete 3fa901bc

Exit status: 0 done, 1 failed, 2 usage.
)";

v1::ResultFormat FormatOf(const std::string& format) {
  if (format == "csv") return v1::RESULT_FORMAT_CSV;
  return format == "segments" ? v1::RESULT_FORMAT_SEGMENTS : v1::RESULT_FORMAT_JSONL;
}

void Print(const std::vector<v1::Job>& jobs, bool json) {
  if (!json) {
    std::cout << JobTable(jobs, DescribeTerminal(STDOUT_FILENO));
    return;
  }
  for (const v1::Job& job : jobs) std::cout << ToJson(job) << "\n";
}

absl::Status List(v1::GatewayService::Stub* gateway, bool json) {
  std::vector<v1::Job> jobs;
  v1::ListJobsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListJobsResponse response;
    const grpc::Status status = gateway->ListJobs(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    jobs.insert(jobs.end(), response.jobs().begin(), response.jobs().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  Print(jobs, json);
  return absl::OkStatus();
}

absl::Status Cancel(v1::GatewayService::Stub* gateway, const JobsFlags& flags) {
  grpc::ClientContext context;
  v1::CancelJobRequest request;
  request.set_job(flags.cancel);
  v1::CancelJobResponse response;
  const grpc::Status status = gateway->CancelJob(&context, request, &response);
  if (status.ok()) Print({response.job()}, flags.json);
  return FromGrpcStatus(status);
}

absl::Status Delete(v1::GatewayService::Stub* gateway, const JobsFlags& flags) {
  grpc::ClientContext context;
  v1::DeleteJobRequest request;
  request.set_job(flags.remove);
  v1::DeleteJobResponse response;
  return FromGrpcStatus(gateway->DeleteJob(&context, request, &response));
}

absl::Status Act(const JobsFlags& flags) {
  auto tls = TlsCredentials::Read(flags.tls);
  if (!tls.ok()) return tls.status();
  const auto gateway = v1::GatewayService::NewStub(OpenChannel(flags.gateway, tls->get()));
  if (!flags.cancel.empty()) return Cancel(gateway.get(), flags);
  if (!flags.remove.empty()) return Delete(gateway.get(), flags);
  if (flags.results.empty()) return List(gateway.get(), flags.json);
  return CopyResults(gateway.get(), flags.results, FormatOf(flags.format), &std::cout);
}

int Run(const JobsFlags& flags) {
  const absl::Status status = ExplainUnavailable(Act(flags), flags.gateway);
  return status.ok() ? 0 : ReportFailure("jobs", status);
}

}  // namespace

void AddJobsCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<JobsFlags>();
  CLI::App* app = parent->add_subcommand("jobs", "List, cancel and delete a gateway's jobs");
  app->add_option("--gateway", flags->gateway, "host:port of the gateway")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  auto* cancel = app->add_option("--cancel", flags->cancel, "End this job early")->type_name("JOB");
  auto* remove =
      app->add_option("--delete", flags->remove, "Delete this job, with all that it found")
          ->type_name("JOB")
          ->excludes(cancel);
  auto* results = app->add_option("--results", flags->results, "Print what this job found")
                      ->type_name("JOB")
                      ->excludes(cancel)
                      ->excludes(remove);
  app->add_option("--format", flags->format, "Of --results")
      ->capture_default_str()
      ->check(CLI::IsMember({"jsonl", "csv", "segments"}))
      ->needs(results);
  app->add_flag("--json", flags->json, "JSON Lines, for programs");
  AddTlsClientOptions(app, &flags->tls);
  app->footer(kFooter);
  app->callback([flags, exit_status] { *exit_status = Run(*flags); });
}

}  // namespace silhouette
