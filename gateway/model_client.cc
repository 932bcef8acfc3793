#include "gateway/model_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <chrono>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/schema.h"
#include "common/trace_metadata.h"
#include "silhouette/v1/classify_service.grpc.pb.h"

namespace silhouette {
namespace {

using Stub = v1::ClassifyService::Stub;

constexpr std::chrono::seconds kPatience(2);

class Call : public grpc::ClientContext {
 public:
  Call() { set_deadline(std::chrono::system_clock::now() + kPatience); }
};

absl::Status FromClassify(const grpc::Status& status) {
  const absl::Status error = FromGrpcStatus(status);
  if (absl::IsDeadlineExceeded(error)) {
    return absl::UnavailableError(
        absl::StrCat("classify-svc: no answer within ", kPatience.count(), " s"));
  }
  return absl::Status(error.code(), absl::StrCat("classify-svc: ", std::string(error.message())));
}

absl::StatusOr<std::vector<v1::ModelManifest>> ListModelsOf(Stub* stub) {
  Call call;
  const auto stream = stub->WatchModels(&call, {});
  v1::WatchModelsResponse first;
  if (!stream->Read(&first)) {
    const grpc::Status status = stream->Finish();
    if (!status.ok()) return FromClassify(status);
    return absl::UnavailableError("classify-svc: shuts down");
  }
  call.TryCancel();
  (void)stream->Finish();  // cancelled: what follows is of no interest
  return std::vector<v1::ModelManifest>(first.models().begin(), first.models().end());
}

// The model that gave the verdict. Errors: FAILED_PRECONDITION.
absl::StatusOr<v1::ModelManifest> FindModel(const std::vector<v1::ModelManifest>& loaded,
                                            const v1::Verdict& verdict) {
  const auto model = std::find_if(loaded.begin(), loaded.end(), [&](const auto& manifest) {
    return manifest.name() == verdict.model() && manifest.version() == verdict.version();
  });
  if (model == loaded.end()) {
    return absl::FailedPreconditionError(absl::StrCat("classify-svc: does not have version ",
                                                      verdict.version(), " of model ",
                                                      verdict.model(), " any more"));
  }
  const auto schema = FindSchema(verdict.schema());
  if (schema.ok() && model->schema_hash() == (*schema)->Hash() &&
      static_cast<size_t>(verdict.features_size()) == (*schema)->features.size()) {
    return *model;
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "classify-svc, this gateway and the window disagree about what is in ", verdict.schema()));
}

absl::StatusOr<Explanation> ExplainBy(Stub* stub, const v1::Verdict& verdict,
                                      const v1::TraceContext& trace) {
  auto loaded = ListModelsOf(stub);
  if (!loaded.ok()) return loaded.status();
  auto model = FindModel(*loaded, verdict);
  if (!model.ok()) return model.status();
  v1::ExplainRequest request;
  request.set_model(verdict.model());
  request.set_version(verdict.version());
  request.mutable_features()->Add(verdict.features().begin(), verdict.features().end());
  v1::ExplainResponse response;
  Call call;
  SendTrace(trace, &call);
  const absl::Status status = FromClassify(stub->Explain(&call, request, &response));
  // It had it a moment ago.
  if (absl::IsNotFound(status)) return absl::FailedPreconditionError(status.message());
  if (!status.ok()) return status;
  const int due = model->classes_size() * (verdict.features_size() + 1);
  if (response.contributions_size() != due) {
    return absl::InternalError(absl::StrCat("classify-svc: ", response.contributions_size(),
                                            " contributions where ", due, " were due"));
  }
  return Explanation{*std::move(model),
                     {response.contributions().begin(), response.contributions().end()}};
}

// What the first replica says that has an answer. If none has, the error of one that could be asked
// tells more than that of one that could not.
template <typename Ask>
std::invoke_result_t<Ask, Stub*> AskOneOf(const ModelClient::FindReplicas& find_replicas,
                                          const Ask& ask) {
  absl::Status error =
      absl::UnavailableError("no classify-svc is known; name one by --classify-address");
  if (find_replicas == nullptr) return error;
  bool was_asked = false;
  for (const auto& channel : find_replicas()) {
    const auto stub = v1::ClassifyService::NewStub(channel);
    auto answer = ask(stub.get());
    if (answer.ok()) return answer;
    if (!was_asked) error = answer.status();
    was_asked |= !absl::IsUnavailable(answer.status());
  }
  return error;
}

}  // namespace

absl::StatusOr<std::vector<v1::ModelManifest>> ModelClient::ListModels() const {
  return AskOneOf(find_replicas_, ListModelsOf);
}

absl::StatusOr<Explanation> ModelClient::Explain(const v1::Verdict& verdict,
                                                 const v1::TraceContext& trace) const {
  return AskOneOf(find_replicas_, [&](Stub* stub) { return ExplainBy(stub, verdict, trace); });
}

}  // namespace silhouette
