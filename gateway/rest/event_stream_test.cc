#include "gateway/rest/event_stream.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "common/grpc_server.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/fake_gateway.h"

namespace silhouette {
namespace {

class EventStreamTest : public ::testing::Test {
 protected:
  EventStreamTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_.data()), 0);
    gateway_.watch_goes_on = true;
    v1::WatchJobsResponse first;
    first.add_deleted("a");
    gateway_.changes = {first};
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
  WatcherPlaces watchers_{1, &metrics_.watchers()};
  const Route* route_ = nullptr;
};

// The bytes of a response that is there wait in gRPC until somebody looks; the end of the call
// looks. Much is in the response, so that parsing it uses memory that others have by then.
TEST_F(EventStreamTest, AnEventThatComesWhileTheClientGoesIsThrownAway) {
  Connection connection(sockets_[0]);
  const RestContext context{&stub_, &calls_, &watchers_, &metrics_, std::chrono::milliseconds(20)};
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

}  // namespace
}  // namespace silhouette
