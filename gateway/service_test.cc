#include "gateway/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <memory>

#include "common/grpc_server.h"
#include "common/link_stream.h"
#include "gateway/test_verdicts.h"

namespace silhouette {
namespace {

using namespace test_verdicts;
using ::testing::ElementsAre;

class GatewayServiceTest : public ::testing::Test {
 protected:
  // Pushes batches over one stream; its end.
  absl::Status Push(const std::vector<v1::VerdictBatch>& batches) {
    LinkStream<v1::VerdictBatch> link(
        "gateway", [this](grpc::ClientContext* context) { return stub_->Push(context); },
        {[this](const v1::Ack& ack) { acks_.push_back(ack.sequence()); }});
    for (const v1::VerdictBatch& batch : batches) {
      if (absl::Status status = link.Send(batch); !status.ok()) return status;
    }
    return link.Close();
  }
  // Over all labels.
  double Metric(const std::string& name) {
    for (const auto& collectable : service_.metrics()) {
      for (const auto& family : collectable->Collect()) {
        if (family.name != name) continue;
        double sum = 0;
        for (const auto& metric : family.metric) sum += metric.counter.value;
        return sum;
      }
    }
    ADD_FAILURE() << "no metric " << name;
    return -1;
  }

  GatewayEngine engine_{*VerdictStore::Open("")};
  GatewayService service_{&engine_};
  InProcessServer server_ = StartInProcessServer(&service_);
  std::unique_ptr<v1::GatewayService::Stub> stub_ = v1::GatewayService::NewStub(server_.channel);
  std::vector<uint64_t> acks_;
};

TEST_F(GatewayServiceTest, AcksWhatIsStored) {
  BatchOf second("1");
  ASSERT_TRUE(Push({BatchOf("1").Add(0, "a", 1), second.Add(1, "a", 1).Ended(2)}).ok());
  EXPECT_THAT(acks_, ElementsAre(1, 2));
  VerdictQuery query;
  query.run_id = engine_.store()->FindRun("", "")->id;
  EXPECT_EQ(engine_.store()->ListVerdicts(query)->size(), 2u);
}

TEST_F(GatewayServiceTest, ABatchThatContradictsItselfEndsTheStream) {
  const absl::Status status = Push({BatchOf("1").Add(0, "a", 1, 7)});
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(acks_.empty());
}

TEST_F(GatewayServiceTest, RepeatsAreAckedAndCountedApart) {
  ASSERT_TRUE(Push({BatchOf("1").Add(0, "a", 1)}).ok());
  ASSERT_TRUE(Push({BatchOf("1").Add(0, "a", 1)}).ok());
  EXPECT_THAT(acks_, ElementsAre(1, 1));
  EXPECT_EQ(Metric("silhouette_gateway_stored_verdicts_total"), 1);
  EXPECT_EQ(Metric("silhouette_gateway_repeated_verdicts_total"), 1);
}

TEST_F(GatewayServiceTest, PacketsOfARepeatedEndOfRunAreNotCountedAgain) {
  ASSERT_TRUE(Push({BatchOf("1").Watermark(1, 100).Ended()}).ok());
  ASSERT_TRUE(Push({BatchOf("1").Watermark(1, 100).Ended()}).ok());
  EXPECT_EQ(Metric("silhouette_gateway_received_packets_total"), 100);
}

TEST_F(GatewayServiceTest, PagesFollowTheirTokens) {
  BatchOf batch("1");
  for (int64_t window = 0; window < 5; ++window) batch.Add(window, "a", 1);
  ASSERT_TRUE(Push({batch}).ok());
  v1::ListVerdictsRequest request;
  request.set_page_size(2);
  std::vector<int64_t> windows;
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListVerdictsResponse response;
    ASSERT_TRUE(stub_->ListVerdicts(&context, request, &response).ok());
    for (const v1::Verdict& verdict : response.verdicts()) {
      windows.push_back(verdict.window_start_ns() / kWindow);
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty() && pages < 10);
  EXPECT_THAT(windows, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_EQ(pages, 3);
}

TEST_F(GatewayServiceTest, APageHoldsTheClassAndTheTimesThatAreAskedFor) {
  ASSERT_TRUE(
      Push({BatchOf("1").Add(0, "a", 1).Add(1, "a", 1).Add(2, "a", 0).Add(3, "a", 1)}).ok());
  v1::ListVerdictsRequest request;
  request.set_class_("person");
  request.set_from_ns(kWindow);
  request.set_to_ns(3 * kWindow);
  const auto windows = [&] {
    grpc::ClientContext context;
    v1::ListVerdictsResponse response;
    EXPECT_TRUE(stub_->ListVerdicts(&context, request, &response).ok());
    std::vector<int64_t> starts;
    for (const auto& verdict : response.verdicts()) {
      starts.push_back(verdict.window_start_ns() / kWindow);
    }
    return starts;
  };
  EXPECT_THAT(windows(), ElementsAre(1));
  request.clear_to_ns();
  EXPECT_THAT(windows(), ElementsAre(1, 3));
  request.set_class_("nobody says this");
  EXPECT_THAT(windows(), ElementsAre());
}

TEST_F(GatewayServiceTest, AWatcherThatComesBackWithItsCursorMissesNothing) {
  const auto watch = [this](const std::string& cursor, size_t verdicts, std::string* last_cursor) {
    grpc::ClientContext context;
    v1::WatchVerdictsRequest request;
    request.set_cursor(cursor);
    auto reader = stub_->WatchVerdicts(&context, request);
    std::vector<int64_t> windows;
    v1::WatchVerdictsResponse response;
    while (reader->Read(&response)) {
      for (const auto& verdict : response.verdicts()) {
        windows.push_back(verdict.window_start_ns() / kWindow);
      }
      *last_cursor = response.cursor();
      if (windows.size() >= verdicts) break;
    }
    context.TryCancel();
    return windows;
  };
  ASSERT_TRUE(Push({BatchOf("1").Add(0, "a", 1)}).ok());
  std::string cursor;
  EXPECT_THAT(watch("", 0, &cursor), ElementsAre()) << "from now on, and it answers at once";
  ASSERT_TRUE(Push({BatchOf("1").Add(1, "a", 1).Add(2, "a", 1)}).ok());
  EXPECT_THAT(watch(cursor, 2, &cursor), ElementsAre(1, 2));
  ASSERT_TRUE(Push({BatchOf("1").Add(3, "a", 1)}).ok());
  EXPECT_THAT(watch(cursor, 1, &cursor), ElementsAre(3));
}

TEST_F(GatewayServiceTest, IncidentsComePageByPageTheNewestFirst) {
  BatchOf batch("1");
  batch.Models({DeviceHead()});
  for (int64_t i = 0; i < 5; ++i) batch.AddDevice(10 * i, "device:10.0.0.1", 1);
  ASSERT_TRUE(Push({batch}).ok());
  v1::ListIncidentsRequest request;
  request.set_page_size(2);
  std::vector<int64_t> windows;
  int pages = 0;
  do {
    grpc::ClientContext context;
    v1::ListIncidentsResponse response;
    ASSERT_TRUE(stub_->ListIncidents(&context, request, &response).ok());
    for (const v1::Incident& incident : response.incidents()) {
      windows.push_back(incident.from_ns() / kDeviceWindow);
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty() && pages < 10);
  EXPECT_THAT(windows, ElementsAre(40, 30, 20, 10, 0));
  EXPECT_EQ(pages, 3);
  request.set_page_token("nonsense");
  grpc::ClientContext context;
  v1::ListIncidentsResponse response;
  EXPECT_EQ(stub_->ListIncidents(&context, request, &response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GatewayServiceTest, AWatcherOfIncidentsThatComesBackMissesNoneAndSeesChanges) {
  const auto push = [this](int64_t window) {
    ASSERT_TRUE(
        Push({BatchOf("1").Models({DeviceHead()}).AddDevice(window, "device:10.0.0.1", 2)}).ok());
  };
  const auto watch = [this](std::string* cursor, size_t incidents) {
    grpc::ClientContext context;
    v1::WatchIncidentsRequest request;
    request.set_cursor(*cursor);
    auto reader = stub_->WatchIncidents(&context, request);
    std::vector<std::pair<int64_t, int64_t>> seen;
    v1::WatchIncidentsResponse response;
    while (reader->Read(&response)) {
      for (const v1::Incident& incident : response.incidents()) {
        seen.emplace_back(incident.number(), incident.revision());
      }
      *cursor = response.cursor();
      if (seen.size() >= incidents) break;
    }
    context.TryCancel();
    return seen;
  };
  push(0);
  std::string cursor;
  EXPECT_THAT(watch(&cursor, 0), ElementsAre()) << "from now on, and it answers at once";
  push(100);
  EXPECT_THAT(watch(&cursor, 1), ElementsAre(std::pair(2, 0)));
  push(1);
  EXPECT_THAT(watch(&cursor, 1), ElementsAre(std::pair(1, 1)));
  EXPECT_EQ(Metric("silhouette_gateway_incidents_total"), 2);
}

TEST_F(GatewayServiceTest, ACursorThatIsNoneIsRefused) {
  for (const auto& [cursor, code] : {std::pair("nonsense", grpc::StatusCode::INVALID_ARGUMENT),
                                     std::pair("1:2:3", grpc::StatusCode::INVALID_ARGUMENT),
                                     std::pair("7:0", grpc::StatusCode::ABORTED)}) {
    grpc::ClientContext context;
    v1::WatchVerdictsRequest request;
    request.set_cursor(cursor);
    auto reader = stub_->WatchVerdicts(&context, request);
    v1::WatchVerdictsResponse response;
    EXPECT_FALSE(reader->Read(&response));
    EXPECT_EQ(reader->Finish().error_code(), code) << cursor;
  }
}

TEST_F(GatewayServiceTest, ATimelineWithoutItsCursorsStoreSaysNothing) {
  ASSERT_TRUE(Push({BatchOf("1").Add(0, "a", 1)}).ok());
  const std::string store = std::to_string(engine_.store()->Newest()->store_id);
  for (const auto& [cursor, code] : {std::pair(std::string("7:0"), grpc::StatusCode::ABORTED),
                                     std::pair(store + ":9", grpc::StatusCode::OUT_OF_RANGE)}) {
    grpc::ClientContext context;
    v1::WatchTimelineRequest request;
    request.set_subject("a");
    request.set_cursor(cursor);
    auto reader = stub_->WatchTimeline(&context, request);
    v1::WatchTimelineResponse response;
    EXPECT_FALSE(reader->Read(&response)) << cursor;
    EXPECT_EQ(reader->Finish().error_code(), code) << cursor;
  }
}

// 14 bytes a point, where a client of gRPC takes 4 MiB unless told otherwise.
TEST_F(GatewayServiceTest, ATimelineOfAnyLengthIsAnAnswerThatAnyClientTakes) {
  constexpr int64_t kFirst = 3'400'000'000, kWindows = 320'000;
  BatchOf batch("1");
  for (int64_t i = 0; i < kWindows; ++i) batch.Add(kFirst + i, "a", 0.9f);
  const auto added = engine_.store()->Add(batch);
  ASSERT_TRUE(added.ok()) << added.status();
  const auto stub =
      v1::GatewayService::NewStub(server_.server->InProcessChannel(grpc::ChannelArguments()));
  v1::GetTimelineRequest request;
  request.set_subject("a");
  for (const uint32_t max_points : {0u, 1'000'000u, 199'999u}) {
    request.set_max_points(max_points);
    grpc::ClientContext context;
    v1::GetTimelineResponse response;
    const grpc::Status status = stub->GetTimeline(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.points().probability_size(), max_points == 199'999 ? 199'999 : 200'000);
    EXPECT_LT(response.ByteSizeLong(), 4u << 20);
  }
}

TEST_F(GatewayServiceTest, AnOffsetIsOfADayAtMost) {
  for (const int minutes : {INT32_MIN, -1441, 1441, INT32_MAX}) {
    grpc::ClientContext context;
    v1::GetSummaryRequest request;
    request.set_subject("a");
    request.set_utc_offset_minutes(minutes);
    v1::GetSummaryResponse response;
    EXPECT_EQ(stub_->GetSummary(&context, request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT)
        << minutes;
  }
}

TEST_F(GatewayServiceTest, AnAnswerToNothingIsNotFound) {
  grpc::ClientContext context;
  v1::GetTimelineResponse response;
  EXPECT_EQ(stub_->GetTimeline(&context, {}, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GatewayServiceTest, ASubjectsTimesGoFromItsFirstWindowsStartToItsLastOnesEnd) {
  ASSERT_TRUE(Push({BatchOf("1").Add(3, "a", 1).Add(7, "a", 1)}).ok());
  grpc::ClientContext context;
  v1::ListSubjectsResponse response;
  ASSERT_TRUE(stub_->ListSubjects(&context, {}, &response).ok());
  ASSERT_EQ(response.subjects_size(), 1);
  EXPECT_EQ(response.subjects(0).windows(), 2u);
  EXPECT_EQ(response.subjects(0).from_ns(), 3 * kWindow);
  EXPECT_EQ(response.subjects(0).to_ns(), 8 * kWindow);
}

}  // namespace
}  // namespace silhouette
