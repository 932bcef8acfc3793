#include "common/grpc_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/grpc_status.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(GrpcServer, Port0PicksAFreeOne) {
  const auto server = StartGrpcServer("--listen", "127.0.0.1:0", {});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_GT(server->port, 0);
}

TEST(GrpcServer, APortThatIsTakenIsAnErrorUnderTheFlagsName) {
  const auto first = StartGrpcServer("--listen", "127.0.0.1:0", {});
  ASSERT_TRUE(first.ok()) << first.status();
  const std::string address = "127.0.0.1:" + std::to_string(first->port);
  const auto second = StartGrpcServer("--health-listen", address, {});
  EXPECT_TRUE(absl::IsUnavailable(second.status()));
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr("--health-listen " + address), HasSubstr("in use")));
}

TEST(Loopback, IsWhatOthersCannotReach) {
  for (const char* address : {"127.0.0.1:7100", "127.8.9.10:0", "[::1]:7100", "localhost:7100"}) {
    EXPECT_TRUE(IsLoopback(address)) << address;
  }
  for (const char* address : {"0.0.0.0:7100", "[::]:7100", "192.168.1.20:7100", ":7100", "",
                              "localhost.example.org:7100", "[::11]:7100", "12.7.0.1:1"}) {
    EXPECT_FALSE(IsLoopback(address)) << address;
  }
}

TEST(GrpcStatus, CodesAndWordsSurviveBothWays) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), code == 0 ? "" : "words");
    EXPECT_EQ(FromGrpcStatus(ToGrpcStatus(status)), status);
    EXPECT_EQ(static_cast<int>(ToGrpcStatus(status).error_code()), code);
  }
}

}  // namespace
}  // namespace silhouette
