#include "common/status_service.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/summary.h>

#include <utility>

#include "absl/time/clock.h"
#include "common/grpc_server.h"
#include "common/options.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class StatusServiceTest : public ::testing::Test {
 protected:
  using Registry = prometheus::Registry;

  prometheus::Counter& Dropped(const std::string& reason) {
    return prometheus::BuildCounter()
        .Name("silhouette_x_dropped_total")
        .Register(*registry_)
        .Add({{"reason", reason}});
  }
  static std::vector<std::string> Names(const v1::ServiceStatus& status) {
    std::vector<std::string> names;
    for (const auto& metric : status.metrics()) names.push_back(metric.name());
    return names;
  }

  const std::shared_ptr<Registry> registry_ = std::make_shared<Registry>();
  const std::shared_ptr<Registry> another_ = std::make_shared<Registry>();
  StatusService::Clock::time_point now_{};
  StatusService service_{"x-svc", {registry_, another_}, [this] { return now_; }};
};

TEST_F(StatusServiceTest, TellsWhoItIsSinceWhenAndWhetherItServes) {
  v1::ServiceStatus status = service_.Status();
  EXPECT_EQ(status.service(), "x-svc");
  EXPECT_EQ(status.version(), Version());
  EXPECT_EQ(status.address(), "");
  EXPECT_EQ(status.unavailable(), "");
  EXPECT_FALSE(status.serving());
  EXPECT_NEAR(static_cast<double>(absl::GetCurrentTimeNanos() - status.started_ns()), 0, 60e9);
  service_.SetServing(true);
  EXPECT_TRUE(service_.Status().serving());
  EXPECT_EQ(service_.Status().started_ns(), status.started_ns());
}

TEST_F(StatusServiceTest, TellsCountersAndGaugesSortedByNameThenLabels) {
  prometheus::BuildGauge().Name("silhouette_x_subjects").Register(*registry_).Add({}).Set(7);
  Dropped("size").Increment(2);
  Dropped("age").Increment(1);
  prometheus::BuildGauge().Name("silhouette_x_build_info").Register(*another_).Add({}).Set(1);
  const v1::ServiceStatus status = service_.Status();
  EXPECT_THAT(Names(status), ElementsAre("silhouette_x_build_info", "silhouette_x_dropped_total",
                                         "silhouette_x_dropped_total", "silhouette_x_subjects"));
  EXPECT_THAT(status.metrics(1).labels(), ElementsAre(Pair("reason", "age")));
  EXPECT_EQ(status.metrics(1).value(), 1);
  EXPECT_THAT(status.metrics(2).labels(), ElementsAre(Pair("reason", "size")));
  EXPECT_EQ(status.metrics(2).value(), 2);
  EXPECT_EQ(status.metrics(3).value(), 7);
}

TEST_F(StatusServiceTest, LeavesOutWhatHasMoreThanOneValue) {
  prometheus::BuildHistogram()
      .Name("silhouette_x_seconds")
      .Register(*registry_)
      .Add({}, prometheus::Histogram::BucketBoundaries{0.1, 1})
      .Observe(0.5);
  prometheus::BuildSummary()
      .Name("silhouette_x_latency")
      .Register(*registry_)
      .Add({}, prometheus::Summary::Quantiles{{0.5, 0.05}})
      .Observe(0.5);
  EXPECT_THAT(Names(service_.Status()), ElementsAre());
}

TEST_F(StatusServiceTest, OnlyCountersHaveARateFromWhatWasSampled) {
  prometheus::BuildGauge().Name("silhouette_x_subjects").Register(*registry_).Add({}).Set(7);
  prometheus::Counter& dropped = Dropped("age");
  for (int second = 1; second <= 60; ++second) {
    now_ += std::chrono::seconds(1);
    if (second > 55) dropped.Increment(30);
    service_.Sample();
  }
  const v1::ServiceStatus status = service_.Status();
  ASSERT_EQ(status.metrics_size(), 2);
  EXPECT_DOUBLE_EQ(status.metrics(0).per_second(), 15);  // five seconds of the last ten
  EXPECT_FALSE(status.metrics(1).has_per_second());
}

TEST_F(StatusServiceTest, AnswersOverGrpcAsItSaysItself) {
  Dropped("age").Increment(3);
  const InProcessServer server = StartInProcessServer(&service_);
  grpc::ClientContext context;
  v1::GetServiceStatusResponse response;
  const grpc::Status called =
      v1::StatusService::NewStub(server.channel)->GetServiceStatus(&context, {}, &response);
  ASSERT_TRUE(called.ok()) << called.error_message();
  EXPECT_EQ(response.status().DebugString(), service_.Status().DebugString());
  server.server->Shutdown();
}

}  // namespace
}  // namespace silhouette
