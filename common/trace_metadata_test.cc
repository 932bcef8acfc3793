#include "common/trace_metadata.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/grpc_server.h"
#include "common/trace_context.h"
#include "silhouette/v1/status_service.grpc.pb.h"

namespace silhouette {
namespace {

constexpr char kExample[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

// Keeps what came with the last call.
class FakeStatusService : public v1::StatusService::Service {
 public:
  grpc::Status GetServiceStatus(grpc::ServerContext* context,
                                const v1::GetServiceStatusRequest* request,
                                v1::GetServiceStatusResponse* response) override {
    received = ReceivedTrace(*context);
    return grpc::Status::OK;
  }
  v1::TraceContext received;
};

class TraceMetadataTest : public ::testing::Test {
 protected:
  v1::TraceContext Receive(grpc::ClientContext* context) {
    v1::GetServiceStatusResponse response;
    EXPECT_TRUE(
        v1::StatusService::NewStub(server_.channel)->GetServiceStatus(context, {}, &response).ok());
    return service_.received;
  }
  FakeStatusService service_;
  InProcessServer server_ = StartInProcessServer(&service_);
};

TEST_F(TraceMetadataTest, WhatIsSentIsReceived) {
  grpc::ClientContext context;
  SendTrace(*ParseTraceparent(kExample), &context);
  EXPECT_EQ(ToTraceparent(Receive(&context)), kExample);
}

TEST_F(TraceMetadataTest, NoTraceIsNotSent) {
  grpc::ClientContext context;
  SendTrace({}, &context);
  EXPECT_FALSE(IsTraced(Receive(&context)));
}

TEST_F(TraceMetadataTest, TwoOrOnesThatAreNoneAreNoTrace) {
  const std::string none = "00-" + std::string(32, '0') + "-00f067aa0ba902b7-01";
  const std::vector<std::vector<std::string>> wrong = {{kExample, kExample}, {none}, {"x"}, {""}};
  for (const auto& values : wrong) {
    grpc::ClientContext context;
    for (const std::string& value : values) context.AddMetadata("traceparent", value);
    EXPECT_FALSE(IsTraced(Receive(&context))) << values.front();
  }
}

}  // namespace
}  // namespace silhouette
