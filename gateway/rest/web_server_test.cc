#include "gateway/rest/web_server.h"

#include <list>

#include "common/trace_context.h"
#include "gateway/rest/web_test.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class WebServerTest : public WebTest {};

TEST_F(WebServerTest, AnAnswerIsJsonThatNoBrowserTakesForAPage) {
  Start();
  EXPECT_THAT(Ask("GET /v1/runs"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: application/json"),
                    HasSubstr("X-Content-Type-Options: nosniff"),
                    HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"),
                    HasSubstr("Cache-Control: no-store"), HasSubstr("\"ended\":false"),
                    HasSubstr("\"firstPacketNs\":\"0\""), Not(HasSubstr("<img"))));
}

TEST_F(WebServerTest, ErrorsHaveTheStatusOfTheirCode) {
  Start();
  EXPECT_THAT(Ask("GET /v1/subjects"),
              AllOf(StartsWith("HTTP/1.1 404"),
                    EndsWith(R"({"error":{"code":"NOT_FOUND","message":"no run"}})")));
  EXPECT_THAT(Ask("GET /v1/models"), StartsWith("HTTP/1.1 501"));
  EXPECT_THAT(Ask("GET /v1/subjects?pageSize=x"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("parameter pageSize")));
  EXPECT_THAT(Ask("GET /v1/nothing"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("/v1/openapi.json")));
  EXPECT_THAT(Ask("POST /v1/runs"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
  EXPECT_THAT(Ask("POST /app.js"),
              AllOf(StartsWith("HTTP/1.1 405"), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST_F(WebServerTest, NamesWithSlashesColonsAndSpacesArrive) {
  Start();
  EXPECT_THAT(Ask("GET /v1/subjects?run.origin=cam%2Feth0%3A1&run.run=a+b%2B%C3%BC"),
              HasSubstr("\"nextPageToken\":\"cam/eth0:1 a b+ü\""));
  EXPECT_THAT(Ask("GET /v1/subjects?run.origin=file:what?.pcap&run.run=?"),
              HasSubstr("\"nextPageToken\":\"file:what?.pcap ?\""));
}

TEST_F(WebServerTest, ATraceparentGoesWithTheCall) {
  Start();
  const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto sent = [&](const std::string& headers) {
    EXPECT_THAT(Ask("GET /v1/runs", headers), StartsWith("HTTP/1.1 200"));
    return gateway_.trace();
  };
  EXPECT_EQ(ToTraceparent(sent("Traceparent: " + good + "\r\n")), good);
  EXPECT_FALSE(IsTraced(sent("")));
  EXPECT_FALSE(IsTraced(sent("traceparent: 00-\xff\r\n")));
  EXPECT_FALSE(IsTraced(sent("traceparent: " + good + "\r\ntraceparent: " + good + "\r\n")));
}

TEST_F(WebServerTest, RequestsFollowEachOtherOverOneConnection) {
  Start();
  TestClient client(web_->port());
  const std::string one = "GET /v1/runs HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.Send(one + one + "HEAD /v1/runs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string& all = client.ReadAll();
  EXPECT_EQ(Metric("silhouette_gateway_web_requests_total", "GET /v1/runs"), 3);
  EXPECT_THAT(all, EndsWith("\r\n\r\n"));  // HEAD has no body
}

TEST_F(WebServerTest, ABodyThatIsNotReadIsNotTakenForARequest) {
  Start();
  const std::string second = "DELETE /v1/jobs/a HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (const char* line : {"POST /v1/runs", "GET /v1/runs", "POST /v1/jobs/a:cancel", "POST /"}) {
    for (const std::string& header :
         {Length(second.size()), std::string("Transfer-Encoding: chunked\r\n"),
          "content-length : " + std::to_string(second.size()) + "\r\n"}) {
      TestClient client(web_->port());
      client.Request(line, header);
      client.Send(second);
      const std::string& all = client.ReadAll();
      EXPECT_EQ(all.find("HTTP/1.1 "), all.rfind("HTTP/1.1 ")) << line << "\n" << all;
      EXPECT_TRUE(client.was_closed()) << line;
    }
  }
  EXPECT_EQ(Metric("silhouette_gateway_web_requests_total", "DELETE /v1/jobs/{job}"), 0);
}

TEST_F(WebServerTest, AHeadThatIsTooLongOrNotHttpIsRefused) {
  Start();
  EXPECT_THAT(Ask("GET /v1/runs", "X: " + std::string(20'000, 'x') + "\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(Ask("GET /v1/runs?" + std::string(9'000, 'x')), StartsWith("HTTP/1.1 414"));
  EXPECT_THAT(Ask("GET /v1/runs", "X: a\nContent-Length: 5\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Ask("NONSENSE"), StartsWith("HTTP/1.1 400"));
  TestClient endless(web_->port());
  endless.Send(std::string(20'000, 'x'));
  EXPECT_THAT(endless.ReadAll(), StartsWith("HTTP/1.1 431"));
  EXPECT_EQ(Metric("silhouette_gateway_web_refused_total", "large"), 2);
  EXPECT_EQ(Metric("silhouette_gateway_web_refused_total", "malformed"), 1);
}

TEST_F(WebServerTest, AHostThatOthersMayReadAnotherWayIsMisdirected) {
  Start();
  for (const char* header : {"Host: localhost\r\n", "Host:\r\n", "host: attacker.example\r\n"}) {
    EXPECT_THAT(Ask("GET /v1/runs", header), StartsWith("HTTP/1.1 421")) << header;
  }
  for (const char* headers : {"", "Host: %6cocalhost\r\n"}) {
    TestClient client(web_->port());
    client.Send(std::string("GET /v1/runs HTTP/1.1\r\n") + headers + "\r\n");
    EXPECT_THAT(client.ReadAll(), StartsWith("HTTP/1.1 421")) << headers;
  }
  EXPECT_EQ(Metric("silhouette_gateway_web_refused_total", "host"), 5);
}

TEST_F(WebServerTest, CookiesOfOtherPortsDoNotCount) {
  Start();
  EXPECT_THAT(Ask("GET /v1/runs", "Cookie: " + std::string(15'000, 'c') + "\r\n"),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, RangesAndCompressionAreLeftOut) {
  Start();
  std::string ranges = "Range: bytes=0-1";
  while (ranges.size() < 8000) ranges += ",0-";
  EXPECT_THAT(Ask("GET /app.js", ranges + "\r\nAccept-Encoding: br, gzip\r\n"),
              AllOf(StartsWith("HTTP/1.1 200"), Not(HasSubstr("Content-Encoding"))));
}

TEST_F(WebServerTest, FilesOfThePageAreKeptAndAskedAfter) {
  Start();
  const std::string first = Ask("GET /");
  EXPECT_THAT(first, AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("text/html; charset=utf-8"),
                           HasSubstr("Cache-Control: no-cache"), HasSubstr("<title>")));
  const size_t at = first.find("ETag: ") + 6;
  const std::string etag = first.substr(at, first.find("\r\n", at) - at);
  EXPECT_THAT(Ask("GET /", "If-None-Match: " + etag + "\r\n"),
              AllOf(StartsWith("HTTP/1.1 304"), EndsWith("\r\n\r\n")));
  EXPECT_THAT(Ask("GET /app.js"), HasSubstr("text/javascript"));
  EXPECT_THAT(Ask("GET /chart.js"), HasSubstr("Chart.js"));
  EXPECT_THAT(Ask("GET /schemas.json"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("application/json"),
                    HasSubstr(R"({"name":"inbound_packets","unit":"packets","formula":)")));
  EXPECT_THAT(Ask("GET /../main.cc"), StartsWith("HTTP/1.1 404"));
}

TEST_F(WebServerTest, StreamsBeyondTheirNumberAreRefusedAndRequestsAnswered) {
  gateway_.watch_goes_on = true;
  gateway_.changes = {Change("a")};
  WebOptions options;
  options.max_watchers = 4;
  options.threads = 12;
  Start(options);
  std::list<TestClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(web_->port()).Request("GET /v1/jobs:watch");
    EXPECT_THAT(clients.back().ReadUntil("\"a\""), StartsWith("HTTP/1.1 200"));
  }
  EXPECT_THAT(
      Ask("GET /v1/jobs:watch"),
      AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("Retry-After: "), HasSubstr("--max-watchers")));
  EXPECT_THAT(Ask("GET /v1/runs"), StartsWith("HTTP/1.1 200"));
  clients.pop_back();
  ASSERT_TRUE(MetricBecomes("silhouette_gateway_web_watchers", 3));
  clients.emplace_back(web_->port()).Request("GET /v1/jobs:watch");
  EXPECT_THAT(clients.back().ReadUntil("\"a\""), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, UploadsAndDownloadsLeaveThreadsForRequestsToo) {
  gateway_.stall = true;
  gateway_.pieces = {"a,b\n"};
  WebOptions options;
  options.max_watchers = 1;
  Start(options);
  TestClient uploader(web_->port());
  uploader.Request("POST /v1/jobs", Length(3));
  uploader.Send("abc");
  ASSERT_TRUE(gateway_.WaitForUploadToBegin());
  EXPECT_THAT(Upload("POST /v1/jobs", Length(1), "p"),
              AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("--max-watchers")));
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"), StartsWith("HTTP/1.1 503"));
  EXPECT_THAT(Ask("GET /v1/runs"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(Metric("silhouette_gateway_web_watchers"), 0);
  gateway_.Release();
  EXPECT_THAT(uploader.ReadUntil("receivedBytes"), StartsWith("HTTP/1.1 200"));
  uploader.ReadAll();
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, AConnectionBeyondTheThreadsIsAnsweredAndClosed) {
  gateway_.watch_goes_on = true;
  gateway_.changes = {Change("a")};
  WebOptions options;
  options.threads = 8;
  options.max_watchers = 0;
  Start(options);
  std::list<TestClient> idle;
  for (int i = 0; i < 8; ++i) idle.emplace_back(web_->port()).Send("GET ");
  ASSERT_TRUE(MetricBecomes("silhouette_gateway_web_connections", 8));
  EXPECT_THAT(Ask("GET /v1/runs"), AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("--web-threads"),
                                         HasSubstr("Retry-After: ")));
  EXPECT_EQ(Metric("silhouette_gateway_web_refused_total", "threads"), 1);
  idle.clear();
  ASSERT_TRUE(MetricBecomes("silhouette_gateway_web_connections", 0));
  EXPECT_THAT(Ask("GET /v1/runs"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, StopEndsEverythingAtOnce) {
  gateway_.watch_goes_on = true;
  gateway_.changes = {Change("a")};
  Start();
  TestClient watcher(web_->port());
  watcher.Request("GET /v1/jobs:watch");
  watcher.ReadUntil("\"a\"");
  TestClient idle(web_->port());
  idle.Request("GET /v1/runs");
  idle.ReadUntil("runs");
  TestClient uploader(web_->port());
  uploader.Request("POST /v1/jobs", Length(1'000'000));
  uploader.Send(std::string(300'000, 'p'));
  ASSERT_TRUE(gateway_.WaitForUploadToBegin());
  const auto began = std::chrono::steady_clock::now();
  web_->Stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_THAT(watcher.ReadAll(), AllOf(HasSubstr("event: error"), HasSubstr("CANCELLED")));
  EXPECT_TRUE(gateway_.WaitForUpload().is_cancelled);
  idle.ReadAll();
  EXPECT_TRUE(idle.was_closed());
}

}  // namespace
}  // namespace silhouette
