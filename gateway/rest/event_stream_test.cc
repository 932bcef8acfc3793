#include "gateway/rest/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "gateway/rest/connection.h"
#include "gateway/rest/web_test.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class EventStreamTest : public ::testing::Test {
 protected:
  EventStreamTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_.data()), 0);
    gateway_.watch_goes_on = true;
    gateway_.changes = {Change("a")};
    for (const Route& route : Routes()) {
      if (std::string(route.rpc) == "WatchJobs") route_ = &route;
    }
  }
  ~EventStreamTest() override {
    server_.server->Shutdown(std::chrono::system_clock::now());
    for (const int socket : sockets_) close(socket);
  }

  std::array<int, 2> sockets_;
  FakeGateway gateway_;
  InProcessServer server_ = StartInProcessServer(&gateway_);
  RpcCall::Stub stub_{server_.channel};
  OpenCalls calls_;
  WebMetrics metrics_;
  Places places_{1};
  const Route* route_ = nullptr;
};

// The bytes of a response that is there wait in gRPC until somebody looks; the end of the call
// looks. Much is in the response, so that parsing it uses memory that others have by then.
TEST_F(EventStreamTest, AnEventThatComesWhileTheClientGoesIsThrownAway) {
  Connection connection(sockets_[0]);
  const RestContext context{&stub_, &calls_, &places_, &metrics_, std::chrono::milliseconds(20)};
  const httplib::Request http;
  const RestRequest request{http, *route_, {}, {}};
  v1::WatchJobsResponse next;
  for (int i = 0; i < 1000; ++i) next.add_deleted(std::string(100, 'x'));
  bool has_sent = false;
  {
    httplib::Response response;
    AnswerEvents(context, request, &response);
    ASSERT_TRUE(response.content_provider_);
    httplib::DataSink sink;
    sink.write = [&](const char* text, size_t size) {
      if (std::string_view(text, size) != ":\n\n") return true;
      has_sent = gateway_.Send(next);
      return false;
    };
    EXPECT_FALSE(response.content_provider_(0, 0, sink));
  }
  EXPECT_TRUE(has_sent);
  EXPECT_TRUE(gateway_.WaitForWatchers(0));
}

class EventsTest : public WebTest {};

TEST_F(EventsTest, ResponsesAreEventsUntilTheEnd) {
  gateway_.changes = {Change("a"), Change("b")};
  Start();
  EXPECT_THAT(
      Ask("GET /v1/jobs:watch"),
      AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/event-stream"),
            HasSubstr("retry: 3000\n\n"), HasSubstr("data: {\"jobs\":[],\"deleted\":[\"a\"]}\n\n"),
            HasSubstr("data: {\"jobs\":[],\"deleted\":[\"b\"]}\n\n"),
            HasSubstr("event: end\ndata: {}\n\n"), EndsWith("0\r\n\r\n")));
}

TEST_F(EventsTest, AnErrorIsAStatusBeforeTheFirstEventAndAnEventBehindIt) {
  gateway_.end = {grpc::StatusCode::ABORTED, "another store"};
  Start();
  EXPECT_THAT(Ask("GET /v1/jobs:watch"),
              AllOf(StartsWith("HTTP/1.1 409"), HasSubstr("another store")));
  gateway_.changes = {Change("a")};
  EXPECT_THAT(Ask("GET /v1/jobs:watch"),
              AllOf(StartsWith("HTTP/1.1 200"),
                    HasSubstr("event: error\ndata: {\"error\":{\"code\":\"ABORTED\",\"message\":"
                              "\"another store\"}}\n\n")));
}

TEST_F(EventsTest, TheLastEventsIdIsWhereItGoesOn) {
  Start();
  EXPECT_THAT(Ask("GET /v1/verdicts:watch?cursor=1:2"), HasSubstr("id: 7:8\ndata: {"));
  EXPECT_EQ(gateway_.cursor(), "1:2");
  Ask("GET /v1/verdicts:watch?cursor=1:2", "Last-Event-ID: 7:8\r\n");
  EXPECT_EQ(gateway_.cursor(), "7:8");
  EXPECT_THAT(Ask("GET /v1/verdicts:watch", "Last-Event-ID: %ff\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(EventsTest, AClientOfHttp10GetsAnAnswerWithoutChunks) {
  gateway_.pieces = {"a,b\n"};
  gateway_.changes = {Change("a")};
  Start();
  for (const auto& [path, end] : {std::pair("/v1/jobs/j/results", "\r\n\r\na,b\n"),
                                  std::pair("/v1/jobs:watch", "event: end\ndata: {}\n\n")}) {
    TestClient client(web_->port());
    client.Send(std::string("GET ") + path +
                " HTTP/1.0\r\nHost: localhost\r\nConnection: Keep-Alive\r\n\r\n");
    EXPECT_THAT(client.ReadAll(),
                AllOf(StartsWith("HTTP/1.1 200"), EndsWith(end), Not(HasSubstr("chunked"))));
    EXPECT_TRUE(client.was_closed()) << path;
  }
}

TEST_F(EventsTest, AStreamWithoutEventsShowsThatItLives) {
  gateway_.watch_goes_on = true;
  WebOptions options;
  options.heartbeat = std::chrono::milliseconds(20);
  Start(options);
  TestClient client(web_->port());
  client.Request("GET /v1/jobs:watch");
  EXPECT_THAT(client.ReadUntil("3\r\n:\n\n\r\n3\r\n:\n\n"), HasSubstr(":\n\n"));
}

TEST_F(EventsTest, AClientThatGoesEndsItsStream) {
  gateway_.watch_goes_on = true;
  gateway_.changes = {Change("a")};
  Start();
  TestClient client(web_->port());
  client.Request("GET /v1/jobs:watch");
  client.ReadUntil("\"a\"");
  ASSERT_TRUE(gateway_.WaitForWatchers(1));
  client.Close();
  EXPECT_TRUE(gateway_.WaitForWatchers(0));
  EXPECT_TRUE(MetricBecomes("silhouette_gateway_web_watchers", 0));
}

}  // namespace
}  // namespace silhouette
