// What of GatewayService asks classify-svc: which models there are, and why one said what it said.

#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grid.h"
#include "common/grpc_status.h"
#include "common/schema.h"
#include "common/trace_metadata.h"
#include "gateway/service.h"

namespace silhouette {
namespace {

// With its features. Errors: NOT_FOUND, INVALID_ARGUMENT (several models speak of the window, and
// none is named).
absl::StatusOr<v1::Verdict> FindVerdict(const v1::ExplainVerdictRequest& request,
                                        VerdictStore* store) {
  auto run = store->FindRun(request.run().origin(), request.run().run());
  if (!run.ok()) return run.status();
  const std::string window =
      absl::StrCat(request.subject(), " at ", request.window_start_ns(), " ns");
  std::vector<v1::Verdict> found;
  if (IsPlausibleTime(request.window_start_ns())) {
    VerdictQuery query;
    query.run_id = run->id;
    query.subjects = {request.subject()};
    query.model = request.model();
    query.from_ns = request.window_start_ns();
    query.to_ns = request.window_start_ns() + 1;
    auto verdicts = store->ListVerdicts(query);
    if (!verdicts.ok()) return verdicts.status();
    found = *std::move(verdicts);
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("run ", run->run, " of ", run->origin, " has no verdict on ", window,
                     request.model().empty() ? "" : absl::StrCat(" by model ", request.model())));
  }
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several models speak of ", window, "; name one of them"));
  }
  if (found[0].features().empty()) {
    return absl::NotFoundError(absl::StrCat("the features of ", window, " are deleted by now"));
  }
  return std::move(found[0]);
}

void Fill(const v1::Verdict& verdict, const FeatureSchema& schema, const Explanation& explanation,
          v1::ExplainVerdictResponse* response) {
  *response->mutable_verdict() = verdict;
  *response->mutable_classes() = explanation.model.classes();
  for (size_t i = 0; i < schema.features.size(); ++i) {
    v1::ExplainedFeature* feature = response->add_features();
    feature->set_name(schema.features[i].name);
    feature->set_unit(schema.features[i].unit);
    feature->set_value(verdict.features(static_cast<int>(i)));
  }
  const std::span<const double> contributions = explanation.contributions;
  const size_t width = schema.features.size() + 1;  // the last is the base
  for (size_t begin = 0; begin < contributions.size(); begin += width) {
    const std::span<const double> of_class = contributions.subspan(begin, width);
    double score = of_class.back();
    response->add_base_scores(score);
    for (size_t i = 0; i + 1 < width; ++i) {
      response->mutable_features(static_cast<int>(i))->add_contributions(of_class[i]);
      score += of_class[i];
    }
    response->add_scores(score);
  }
}

}  // namespace

grpc::Status GatewayService::ListModels(grpc::ServerContext* context,
                                        const v1::ListModelsRequest* request,
                                        v1::ListModelsResponse* response) {
  auto models = model_client_.ListModels();
  if (!models.ok()) return ToGrpcStatus(models.status());
  response->mutable_models()->Add(models->begin(), models->end());
  return grpc::Status::OK;
}

grpc::Status GatewayService::ExplainVerdict(grpc::ServerContext* context,
                                            const v1::ExplainVerdictRequest* request,
                                            v1::ExplainVerdictResponse* response) {
  return ToGrpcStatus(Explain(*request, ReceivedTrace(*context), response));
}

absl::Status GatewayService::Explain(const v1::ExplainVerdictRequest& request,
                                     const v1::TraceContext& trace,
                                     v1::ExplainVerdictResponse* response) {
  auto verdict = FindVerdict(request, engine_->store());
  if (!verdict.ok()) return verdict.status();
  auto schema = FindSchema(verdict->schema());
  if (!schema.ok()) return absl::FailedPreconditionError(schema.status().message());
  auto explanation = model_client_.Explain(*verdict, trace);
  if (!explanation.ok()) return explanation.status();
  Fill(*verdict, **schema, *explanation, response);
  return absl::OkStatus();
}

}  // namespace silhouette
