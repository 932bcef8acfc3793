#include "cli/gateway_watch.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;

// Tells of one incident behind each cursor, numbered from 1, and ends the stream.
class OneByOne : public v1::GatewayService::Service {
 public:
  grpc::Status WatchIncidents(grpc::ServerContext* /*context*/,
                              const v1::WatchIncidentsRequest* request,
                              grpc::ServerWriter<v1::WatchIncidentsResponse>* writer) override {
    const int number = request->cursor().empty() ? 1 : std::stoi(request->cursor()) + 1;
    v1::WatchIncidentsResponse response;
    response.add_incidents()->set_number(number);
    response.set_cursor(std::to_string(number));
    writer->Write(response);
    return grpc::Status::OK;
  }
};

class GatewayWatchTest : public ::testing::Test {
 protected:
  using Watch = GatewayWatch<v1::WatchIncidentsRequest, v1::WatchIncidentsResponse>;

  // Watches until so many responses came; each gets the next of `answers`, and then OK.
  absl::Status Run(std::vector<absl::Status> answers, size_t responses) {
    Watch watch(
        [this](grpc::ClientContext* context, const v1::WatchIncidentsRequest& request) {
          return stub_->WatchIncidents(context, request);
        },
        {},
        [&](const v1::WatchIncidentsResponse& response) {
          told_.push_back(response.incidents(0).number());
          if (told_.size() == responses) watch.Stop();
          return told_.size() <= answers.size() ? answers[told_.size() - 1] : absl::OkStatus();
        });
    return watch.Run();
  }

  OneByOne service_;
  const std::unique_ptr<grpc::Server> server_ =
      grpc::ServerBuilder().RegisterService(&service_).BuildAndStart();
  const std::unique_ptr<v1::GatewayService::Stub> stub_ =
      v1::GatewayService::NewStub(server_->InProcessChannel({}));
  std::vector<int64_t> told_;
};

TEST_F(GatewayWatchTest, GoesOnBehindWhatItWasTold) {
  EXPECT_EQ(Run({}, 3), absl::OkStatus());
  EXPECT_THAT(told_, ElementsAre(1, 2, 3));
}

TEST_F(GatewayWatchTest, IsToldAgainWhatCouldNotBeTakenForNow) {
  EXPECT_EQ(Run({absl::OkStatus(), absl::UnavailableError("away for a moment")}, 4),
            absl::OkStatus());
  EXPECT_THAT(told_, ElementsAre(1, 2, 2, 3));
}

TEST_F(GatewayWatchTest, EndsWithWhatNoRetryMends) {
  const absl::Status wrong = absl::InvalidArgumentError("no duration");
  EXPECT_EQ(Run({wrong}, 3), wrong);
  EXPECT_THAT(told_, ElementsAre(1));
}

}  // namespace
}  // namespace silhouette
