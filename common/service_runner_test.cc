#include "common/service_runner.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "common/metrics.h"
#include "common/test_folder.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

constexpr MetricInfo kMetrics[] = {
    {"windows_total", prometheus::MetricType::Counter, "windows", "Windows closed"}};

class ServiceRunnerTest : public ::testing::Test {
 protected:
  ServiceRunnerTest() {
    options_.listen = options_.health_listen = options_.metrics_listen = "127.0.0.1:0";
    options_.ports_file = folder_.File("ports");
    AddCounter(registry_.get(), "feature", Find(kMetrics, "windows_total")).Increment(5);
    runner_ = std::make_unique<ServiceRunner>(
        ServiceParts{
            "feature-svc", "feature", &service_, "silhouette.v1.FeatureService", {registry_}},
        options_, tls_.get());
  }
  // What the API port answers.
  v1::ServiceStatus Ask() {
    nlohmann::json ports;
    std::ifstream(options_.ports_file) >> ports;
    const std::string address = "127.0.0.1:" + std::to_string(ports["grpc"].get<int>());
    grpc::ClientContext context;
    v1::GetServiceStatusResponse response;
    const grpc::Status called =
        v1::StatusService::NewStub(OpenChannel(address))->GetServiceStatus(&context, {}, &response);
    EXPECT_TRUE(called.ok()) << called.error_message();
    return response.status();
  }

  TemporaryFolder folder_;
  ServerOptions options_;
  v1::FeatureService::Service service_;
  std::shared_ptr<prometheus::Registry> registry_ = std::make_shared<prometheus::Registry>();
  std::unique_ptr<TlsCredentials> tls_ = *TlsCredentials::Read({});
  std::unique_ptr<ServiceRunner> runner_;
};

TEST_F(ServiceRunnerTest, ServesItsStatusBesideItsOwnServiceAlsoBeforeThatServes) {
  ASSERT_TRUE(runner_->Start().ok());
  EXPECT_EQ(Ask().service(), "feature-svc");
  EXPECT_FALSE(Ask().serving());
  runner_->SetServing(true);
  EXPECT_TRUE(Ask().serving());
  EXPECT_EQ(Ask().started_ns(), runner_->Status().started_ns());
  runner_->Shutdown([&](std::chrono::milliseconds) {
    EXPECT_FALSE(Ask().serving());
    runner_->SetServing(true);
    EXPECT_FALSE(Ask().serving());  // for good
  });
}

TEST_F(ServiceRunnerTest, TellsTheServicesMetricsAndTheServersOwn) {
  const v1::ServiceStatus status = runner_->Status();
  std::map<std::string, double> values;
  for (const auto& metric : status.metrics()) values[metric.name()] = metric.value();
  EXPECT_EQ(values["silhouette_feature_windows_total"], 5);
  EXPECT_EQ(values["silhouette_feature_build_info"], 1);
  EXPECT_EQ(values.count("silhouette_feature_refused_calls_total"), 1u);
}

}  // namespace
}  // namespace silhouette
