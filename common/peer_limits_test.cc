#include "common/peer_limits.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/grpc_server.h"
#include "silhouette/v1/feature_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

class PeerLimitsTest : public ::testing::Test {
 protected:
  PeerLimits::Clock::time_point now_;
  PeerLimits limits_{{.open_calls = 2, .calls_per_second = 10}, [this] { return now_; }};
};

TEST_F(PeerLimitsTest, APeerMayHaveSoManyCallsOpenAndOthersTheirOwn) {
  EXPECT_TRUE(limits_.Enter("a").ok());
  EXPECT_TRUE(limits_.Enter("a").ok());
  const absl::Status refused = limits_.Enter("a");
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--max-peer-calls"));
  EXPECT_TRUE(limits_.Enter("b").ok());
  limits_.Leave("a");
  EXPECT_TRUE(limits_.Enter("a").ok());
  EXPECT_EQ(limits_.refused().open_calls, 1);
}

TEST_F(PeerLimitsTest, APeerMayBeginSoManyCallsASecondAndTwiceAsManyAfterAPause) {
  const auto begun = [this] {
    int count = 0;
    for (; limits_.Enter("a").ok(); ++count) limits_.Leave("a");
    return count;
  };
  EXPECT_EQ(begun(), 20);
  EXPECT_EQ(begun(), 0);
  now_ += std::chrono::seconds(1);
  EXPECT_EQ(begun(), 10);
  now_ += std::chrono::hours(1);
  EXPECT_EQ(begun(), 20);
  EXPECT_THAT(std::string(limits_.Enter("a").message()), HasSubstr("--max-peer-call-rate"));
  EXPECT_EQ(limits_.refused().rate, 5);
}

TEST_F(PeerLimitsTest, IdlePeersAreForgottenAndStrangersRefusedWhileTooManyAreActive) {
  for (size_t i = 0; i < PeerLimits::kMostPeers; ++i) {
    ASSERT_TRUE(limits_.Enter(std::to_string(i)).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(limits_.Enter("stranger")));
  EXPECT_TRUE(limits_.Enter("7").ok());
  EXPECT_EQ(limits_.refused().peers, 1);
  limits_.Leave("1");
  now_ += std::chrono::seconds(2);
  EXPECT_TRUE(limits_.Enter("stranger").ok());
  EXPECT_FALSE(limits_.Enter("1").ok());  // it took the place
}

TEST(PeerOf, IsTheAddressWithoutPortAndTheNetworkOfIpv6) {
  EXPECT_EQ(PeerOf("ipv4:192.0.2.1:5000"), "192.0.2.1");
  EXPECT_EQ(PeerOf("ipv6:%5B2001:db8:1:2:3:4:5:6%5D:5000"), "2001:db8:1:2::");
  EXPECT_EQ(PeerOf("ipv6:[2001:db8:1:2::9]:5000"), "2001:db8:1:2::");
  EXPECT_EQ(PeerOf("ipv6:%5B::ffff:192.0.2.1%5D:5000"), "192.0.2.1");
  EXPECT_EQ(PeerOf("ipv6:%5Bfe80::1%25eth0%5D:5000"), "fe80::");
  EXPECT_EQ(PeerOf("unix:/run/x"), "unix:/run/x");
  EXPECT_EQ(PeerOf(""), "");
}

TEST(PeerLimitsOfAServer, EndACallTooManyWithTheirStatusAndLeaveTheOthersAlone) {
  auto limits =
      std::make_shared<PeerLimits>(PeerLimitOptions{.open_calls = 2, .calls_per_second = 1000});
  class Waiting : public v1::FeatureService::Service {
    grpc::Status Push(grpc::ServerContext*,
                      grpc::ServerReaderWriter<v1::Ack, v1::PacketBatch>* stream) override {
      stream->SendInitialMetadata();
      v1::PacketBatch batch;
      while (stream->Read(&batch)) {
      }
      return grpc::Status::OK;
    }
  } service;
  auto server = StartGrpcServer("--listen", "127.0.0.1:0", {&service}, {.limits = limits});
  ASSERT_TRUE(server.ok()) << server.status();
  auto stub = v1::FeatureService::NewStub(OpenChannel("127.0.0.1:" + std::to_string(server->port)));
  grpc::ClientContext contexts[2];
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::PacketBatch, v1::Ack>>> open;
  for (grpc::ClientContext& context : contexts) {
    open.push_back(stub->Push(&context));
    open.back()->WaitForInitialMetadata();
  }
  {
    grpc::ClientContext context;
    const grpc::Status refused = stub->Push(&context)->Finish();
    EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_THAT(refused.error_message(), HasSubstr("--max-peer-calls"));
  }
  for (auto& stream : open) {
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
  EXPECT_EQ(limits->refused().open_calls, 1);
}

}  // namespace
}  // namespace silhouette
