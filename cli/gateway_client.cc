#include "cli/gateway_client.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"

namespace silhouette {
namespace {

v1::RunSelector Select(const v1::RunStatus& run) {
  v1::RunSelector selector;
  selector.set_origin(run.origin());
  selector.set_run(run.run());
  return selector;
}

}  // namespace

absl::Status ExplainUnavailable(const absl::Status& status, const std::string& address) {
  if (!absl::IsUnavailable(status)) return status;
  return absl::UnavailableError(absl::StrCat("no gateway answers at ", address, ": ",
                                             std::string(status.message()),
                                             "; start one or name its address with --gateway"));
}

absl::StatusOr<v1::RunStatus> GatewayClient::FindRun(const std::string& origin,
                                                     const std::string& run) {
  grpc::ClientContext context;
  v1::ListRunsResponse response;
  grpc::Status status = stub_->ListRuns(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  for (const v1::RunStatus& candidate : response.runs()) {
    if ((origin.empty() || candidate.origin() == origin) &&
        (run.empty() || candidate.run() == run)) {
      return candidate;
    }
  }
  return absl::NotFoundError(absl::StrCat(
      "the gateway has no run", origin.empty() ? "" : absl::StrCat(" of origin ", origin),
      run.empty() ? "" : absl::StrCat(" named ", run), "; start a capture first"));
}

absl::StatusOr<std::vector<v1::SubjectSummary>> GatewayClient::ListSubjects(
    const v1::RunStatus& run) {
  std::vector<v1::SubjectSummary> subjects;
  v1::ListSubjectsRequest request;
  *request.mutable_run() = Select(run);
  request.set_page_size(10'000);
  do {
    grpc::ClientContext context;
    v1::ListSubjectsResponse response;
    grpc::Status status = stub_->ListSubjects(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    subjects.insert(subjects.end(), response.subjects().begin(), response.subjects().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return subjects;
}

absl::StatusOr<std::vector<v1::Verdict>> GatewayClient::ListVerdicts(
    const v1::RunStatus& run, const std::vector<std::string>& subjects) {
  std::vector<v1::Verdict> verdicts;
  v1::ListVerdictsRequest request;
  *request.mutable_run() = Select(run);
  request.mutable_subjects()->Add(subjects.begin(), subjects.end());
  request.set_page_size(10'000);
  do {
    grpc::ClientContext context;
    v1::ListVerdictsResponse response;
    grpc::Status status = stub_->ListVerdicts(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    verdicts.insert(verdicts.end(), response.verdicts().begin(), response.verdicts().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return verdicts;
}

absl::StatusOr<v1::GetTimelineResponse> GatewayClient::GetTimeline(const v1::RunStatus& run,
                                                                   const std::string& subject,
                                                                   const std::string& model) {
  grpc::ClientContext context;
  v1::GetTimelineRequest request;
  *request.mutable_run() = Select(run);
  request.set_subject(subject);
  request.set_model(model);
  request.set_method(v1::TIMELINE_METHOD_VITERBI);
  request.set_no_points(true);  // the segments tell all of it
  v1::GetTimelineResponse response;
  grpc::Status status = stub_->GetTimeline(&context, request, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

absl::StatusOr<std::vector<v1::Incident>> GatewayClient::ListIncidents(
    v1::ListIncidentsRequest request) {
  std::vector<v1::Incident> incidents;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    v1::ListIncidentsResponse response;
    grpc::Status status = stub_->ListIncidents(&context, request, &response);
    if (!status.ok()) return FromGrpcStatus(status);
    incidents.insert(incidents.end(), response.incidents().begin(), response.incidents().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return incidents;
}

std::vector<v1::ModelManifest> GatewayClient::ListModels() {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
  v1::ListModelsResponse response;
  if (!stub_->ListModels(&context, {}, &response).ok()) return {};
  return {response.models().begin(), response.models().end()};
}

}  // namespace silhouette
