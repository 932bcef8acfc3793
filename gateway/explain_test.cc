// ListModels and ExplainVerdict, with a classify-svc that says what the tests want.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "common/grpc_server.h"
#include "common/schema.h"
#include "common/test_folder.h"
#include "common/trace_context.h"
#include "common/trace_metadata.h"
#include "gateway/fake_classify_service.h"
#include "gateway/retention.h"
#include "gateway/service.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kFeatures = 9;  // of presence.v1

v1::ModelManifest Manifest(const std::string& name, const std::string& version) {
  v1::ModelManifest manifest;
  manifest.set_name(name);
  manifest.set_version(version);
  manifest.mutable_spec()->set_schema("presence.v1");
  manifest.set_schema_hash((*FindSchema("presence.v1"))->Hash());
  manifest.add_classes("background");
  manifest.add_classes("person");
  return manifest;
}

class ExplainTest : public ::testing::Test {
 protected:
  ExplainTest() {
    classify_.models = {Manifest("gait", "3"), Manifest("presence", "1")};
    // The first class has none; the second's are 0.1, 0.2, … and a base of -1.
    classify_.contributions = std::vector<double>(kFeatures + 1);
    for (size_t i = 0; i < kFeatures; ++i) {
      classify_.contributions->push_back(0.1 * static_cast<double>(i + 1));
    }
    classify_.contributions->push_back(-1);
    Ask({classify_server_.channel});
    Store(BatchOf("1").Add(0, "a", 0.75f).Add(1, "a", 0.25f).Add(0, "b", 0.5f));
  }
  void Ask(std::vector<std::shared_ptr<grpc::Channel>> replicas) {
    service_.AskAboutModels(ModelClient([replicas] { return replicas; }));
  }
  void Store(const v1::VerdictBatch& batch) { ASSERT_TRUE(engine_.store()->Add(batch).ok()); }

  static v1::ExplainVerdictRequest RequestOf(const std::string& subject, int64_t window,
                                             const std::string& model = "") {
    v1::ExplainVerdictRequest request;
    request.set_subject(subject);
    request.set_window_start_ns(window * kWindow);
    request.set_model(model);
    return request;
  }
  grpc::Status Explain(const v1::ExplainVerdictRequest& request) {
    grpc::ClientContext context;
    response_.Clear();
    return stub_->ExplainVerdict(&context, request, &response_);
  }
  void ExpectRefused(const v1::ExplainVerdictRequest& request, grpc::StatusCode code,
                     const std::string& words) {
    const grpc::Status status = Explain(request);
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(words));
  }

  void ExpectUnavailable(const std::string& words) {
    ExpectRefused(RequestOf("a", 0), grpc::StatusCode::UNAVAILABLE, words);
    grpc::ClientContext context;
    v1::ListModelsResponse response;
    const grpc::Status status = stub_->ListModels(&context, {}, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), HasSubstr(words));
  }

  FakeClassifyService classify_;
  InProcessServer classify_server_ = StartInProcessServer(&classify_);
  GatewayEngine engine_{*VerdictStore::Open("")};
  GatewayService service_{&engine_};
  InProcessServer server_ = StartInProcessServer(&service_);
  std::unique_ptr<v1::GatewayService::Stub> stub_ = v1::GatewayService::NewStub(server_.channel);
  v1::ExplainVerdictResponse response_;
};

TEST_F(ExplainTest, ModelsAreThoseOfClassifySvc) {
  grpc::ClientContext context;
  v1::ListModelsResponse response;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &response).ok());
  ASSERT_EQ(response.models_size(), 2);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(response.models(i).SerializeAsString(),
              classify_.models[static_cast<size_t>(i)].SerializeAsString());
  }
}

TEST_F(ExplainTest, AClientsTraceGoesOnToClassifySvc) {
  const v1::TraceContext trace = NewTrace();
  grpc::ClientContext context;
  SendTrace(trace, &context);
  ASSERT_TRUE(stub_->ExplainVerdict(&context, RequestOf("a", 1), &response_).ok());
  EXPECT_EQ(ToTraceparent(classify_.trace()), ToTraceparent(trace));
  ASSERT_TRUE(Explain(RequestOf("a", 1)).ok());
  EXPECT_FALSE(IsTraced(classify_.trace())) << "nobody asked for one";
}

TEST_F(ExplainTest, AVerdictHasItsFeaturesByNameWithWhatEachAdds) {
  ASSERT_TRUE(Explain(RequestOf("a", 1)).ok());
  EXPECT_EQ(response_.verdict().subject(), "a");
  EXPECT_EQ(response_.verdict().window_start_ns(), kWindow);
  EXPECT_EQ(response_.verdict().class_(), "background");
  EXPECT_THAT(response_.classes(), ElementsAre("background", "person"));
  EXPECT_THAT(response_.base_scores(), ElementsAre(0, -1));
  EXPECT_THAT(response_.scores(), ElementsAre(0, DoubleNear(3.5, 1e-12)));
  const FeatureSchema& schema = **FindSchema("presence.v1");
  ASSERT_EQ(response_.features_size(), static_cast<int>(schema.features.size()));
  for (int i = 0; i < response_.features_size(); ++i) {
    const v1::ExplainedFeature& feature = response_.features(i);
    EXPECT_EQ(feature.name(), schema.features[static_cast<size_t>(i)].name);
    EXPECT_EQ(feature.unit(), schema.features[static_cast<size_t>(i)].unit);
    EXPECT_EQ(feature.value(), response_.verdict().features(i));
    EXPECT_THAT(feature.contributions(), ElementsAre(0, 0.1 * (i + 1)));
  }
  const auto asked = classify_.asked();
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].model(), "presence");
  EXPECT_EQ(asked[0].version(), "1");
  EXPECT_THAT(asked[0].features(), ElementsAre(900, 1, 900, 0.005f, 0.001f, 0.005f, 50, 50, 100));
}

TEST_F(ExplainTest, AWindowThatIsNotThereIsNotFound) {
  ExpectRefused(RequestOf("a", 7), grpc::StatusCode::NOT_FOUND, "no verdict on a at 3500000000 ns");
  ExpectRefused(RequestOf("c", 0), grpc::StatusCode::NOT_FOUND, "no verdict on c at 0 ns");
  ExpectRefused(RequestOf("a", 0, "gait"), grpc::StatusCode::NOT_FOUND, "by model gait");
  v1::ExplainVerdictRequest inside = RequestOf("a", 0);
  inside.set_window_start_ns(1);
  ExpectRefused(inside, grpc::StatusCode::NOT_FOUND, "no verdict on a at 1 ns");
  inside.set_window_start_ns(std::numeric_limits<int64_t>::max());
  ExpectRefused(inside, grpc::StatusCode::NOT_FOUND, "no verdict on a at 9223372036854775807 ns");
  inside.mutable_run()->set_origin("nowhere");
  ExpectRefused(inside, grpc::StatusCode::NOT_FOUND, "nowhere");
}

TEST_F(ExplainTest, OfSeveralModelsOneHasToBeNamed) {
  Store(BatchOf("1").Models({Head("presence"), Head("gait", "3")}).Add(0, "a", 0.9f, 1));
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::INVALID_ARGUMENT,
                "several models speak of a at 0 ns; name one of them");
  ASSERT_TRUE(Explain(RequestOf("a", 0, "gait")).ok());
  EXPECT_EQ(response_.verdict().version(), "3");
  EXPECT_EQ(classify_.asked().back().model(), "gait");
  EXPECT_EQ(classify_.asked().back().version(), "3");
}

TEST_F(ExplainTest, FeaturesThatAreDeletedAreNotFound) {
  TemporaryFolder folder;
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  GatewayEngine engine(*VerdictStore::Open(folder.File("verdicts.db"), [&now] { return now; }));
  ASSERT_TRUE(engine.store()->Add(BatchOf("1").Add(0, "a", 0.75f)).ok());
  now += absl::Hours(2);
  ASSERT_TRUE(Retention(engine.store(), {.features = absl::Hours(1)}).Step().ok());
  GatewayService service(&engine);
  const auto request = RequestOf("a", 0);
  grpc::ServerContext context;
  const grpc::Status status = service.ExplainVerdict(&context, &request, &response_);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "the features of a at 0 ns are deleted by now");
}

TEST_F(ExplainTest, AnotherVersionOrBuildCannotExplainIt) {
  classify_.models = {Manifest("presence", "2")};
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::FAILED_PRECONDITION,
                "classify-svc: does not have version 1 of model presence any more");
  classify_.models = {Manifest("presence", "1")};
  classify_.models[0].set_schema_hash("0123456789abcdef");
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::FAILED_PRECONDITION,
                "disagree about what is in presence.v1");
  EXPECT_TRUE(classify_.asked().empty());
  classify_.models = {Manifest("presence", "1")};
  classify_.contributions = absl::NotFoundError("version 2 is loaded");
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::FAILED_PRECONDITION, "version 2 is loaded");
}

TEST_F(ExplainTest, OneOfSeveralReplicasIsEnough) {
  FakeClassifyService newer;
  newer.models = {Manifest("presence", "2")};
  InProcessServer newer_server = StartInProcessServer(&newer);
  const auto gone = OpenChannel("127.0.0.1:1");
  Ask({gone, newer_server.channel, classify_server_.channel});
  ASSERT_TRUE(Explain(RequestOf("a", 0)).ok()) << "one still has the version";
  EXPECT_EQ(classify_.asked().size(), 1u);
  Ask({gone, newer_server.channel, gone});
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::FAILED_PRECONDITION, "version 1");
}

TEST_F(ExplainTest, AnAnswerOfTheWrongShapeIsAnError) {
  classify_.contributions = std::vector<double>(7);
  ExpectRefused(RequestOf("a", 0), grpc::StatusCode::INTERNAL, "7 contributions where 20 were due");
}

TEST_F(ExplainTest, WithoutAClassifySvcItIsUnavailable) {
  service_.AskAboutModels(ModelClient());
  ExpectUnavailable("no classify-svc is known; name one by --classify-address");
  Ask({});
  ExpectUnavailable("no classify-svc is known; name one by --classify-address");
  Ask({OpenChannel("127.0.0.1:1")});
  ExpectUnavailable("classify-svc: ");
}

TEST_F(ExplainTest, OneThatDoesNotAnswerIsNotWaitedForForever) {
  classify_.silent = true;
  ExpectUnavailable("classify-svc: no answer within 2 s");
}

}  // namespace
}  // namespace silhouette
