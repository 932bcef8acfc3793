#include "gateway/rest/web_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <list>

#include "common/grpc_server.h"
#include "common/trace_context.h"
#include "gateway/rest/fake_gateway.h"
#include "gateway/rest/test_client.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class WebServerTest : public ::testing::Test {
 protected:
  // Another one than the first asked for.
  void Start(WebOptions options = {}) {
    options.listen = "127.0.0.1:0";
    web_ = std::make_unique<WebServer>(options);
    const absl::Status status = web_->Bind();
    ASSERT_TRUE(status.ok()) << status;
    web_->Serve(server_.channel);
  }
  ~WebServerTest() override {
    if (web_) web_->Stop();
    server_.server->Shutdown(std::chrono::system_clock::now());
  }
  // The whole answer to one request over a connection of its own.
  std::string Ask(const std::string& line, const std::string& headers = "") {
    TestClient client(web_->port());
    client.Request(line, "Connection: close\r\n" + headers);
    return client.ReadAll();
  }
  std::string Upload(const std::string& line, const std::string& headers, const std::string& body) {
    TestClient client(web_->port());
    client.Request(line, headers);
    client.Send(body);
    return client.ReadAll();
  }
  // Of all labels together.
  double Metric(const std::string& name, const std::string& label = "") {
    double sum = 0;
    for (const auto& family : web_->metrics()->Collect()) {
      if (family.name != name) continue;
      for (const auto& metric : family.metric) {
        const bool fits = label.empty() || metric.label.front().value == label;
        if (fits) sum += metric.counter.value + metric.gauge.value;
      }
    }
    return sum;
  }
  bool MetricBecomes(const std::string& name, double value) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (Metric(name) != value) {
      if (std::chrono::steady_clock::now() > until) return false;
    }
    return true;
  }

  FakeGateway gateway_;
  InProcessServer server_ = StartInProcessServer(&gateway_);
  std::unique_ptr<WebServer> web_;
};

std::string Length(size_t bytes) { return "Content-Length: " + std::to_string(bytes) + "\r\n"; }

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

// ---- uploads

TEST_F(WebServerTest, ABodyBecomesACapture) {
  Start();
  const std::string capture(1'000'000, 'p');
  EXPECT_THAT(Upload("POST /v1/jobs?name=my%20call.pcap&job=j1", Length(capture.size()), capture),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("\"receivedBytes\":\"1000000\"")));
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_EQ(submitted.header.name(), "my call.pcap");
  EXPECT_EQ(submitted.header.total_bytes(), 1'000'000u);
  EXPECT_EQ(submitted.bytes, 1'000'000u);
  EXPECT_TRUE(submitted.is_half_closed);
}

TEST_F(WebServerTest, AChunkedBodyHasNoSizeBeforeItsEnd) {
  Start();
  EXPECT_THAT(Upload("PUT /v1/jobs/j2?offset=10", "Transfer-Encoding: chunked\r\n",
                     "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 200"));
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_EQ(submitted.beginning, "hello world");
  EXPECT_EQ(submitted.header.job(), "j2");
  EXPECT_EQ(submitted.header.offset(), 10u);
  EXPECT_EQ(submitted.header.total_bytes(), 0u);
}

TEST_F(WebServerTest, TheRestOfACaptureComesWithItsOffset) {
  Start();
  EXPECT_THAT(Upload("PUT /v1/jobs/j3", "Upload-Offset: 100\r\n" + Length(3), "end"),
              StartsWith("HTTP/1.1 200"));
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_EQ(submitted.header.offset(), 100u);
  EXPECT_EQ(submitted.header.total_bytes(), 103u);
  EXPECT_THAT(Upload("PUT /v1/jobs/j3", "Upload-Offset: -1\r\n" + Length(3), "end"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("offset")));
}

TEST_F(WebServerTest, ABodyThatBreaksOffLeavesTheJobOpen) {
  Start();
  TestClient client(web_->port());
  client.Request("POST /v1/jobs?job=j4", Length(1'000'000));
  client.Send(std::string(300'000, 'p'));
  client.Close();
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_TRUE(submitted.is_cancelled);
  EXPECT_FALSE(submitted.is_half_closed);
}

TEST_F(WebServerTest, AServiceThatDoesNotReadSlowsTheClientDown) {
  gateway_.stall = true;
  Start();
  TestClient client(web_->port());
  client.Request("POST /v1/jobs", Length(100'000'000));
  const std::string piece(100'000, 'p');
  while (client.Send(piece, std::chrono::milliseconds(500))) {
    ASSERT_LT(client.sent(), 50'000'000u) << "nothing holds it up";
  }
  gateway_.Release();
  while (client.sent() < 100'000'000 && client.Send(piece)) {
  }
  gateway_.WaitForUpload();
}

TEST_F(WebServerTest, ARefusedCaptureIsToldWhileTheClientStillSends) {
  gateway_.refuse_upload = {grpc::StatusCode::INVALID_ARGUMENT, "not a capture"};
  Start();
  EXPECT_THAT(Upload("POST /v1/jobs", Length(20'000'000), std::string(20'000'000, 'x')),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("not a capture")));
}

TEST_F(WebServerTest, AnUploadWithoutALengthOrEncodedIsRefused) {
  Start();
  EXPECT_THAT(Ask("POST /v1/jobs"), StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(Upload("POST /v1/jobs", "Content-Encoding: gzip\r\n" + Length(1), "x"),
              AllOf(StartsWith("HTTP/1.1 415"), HasSubstr("as it is")));
}

TEST_F(WebServerTest, AnExpectedRefusalComesInsteadOfContinue) {
  Start();
  EXPECT_THAT(Upload("POST /v1/jobs", "Expect: 100-continue\r\n" + Length(3), "end"),
              AllOf(StartsWith("HTTP/1.1 100"), HasSubstr("HTTP/1.1 200")));
  TestClient refused(web_->port());
  refused.Request("POST /v1/jobs",
                  "Expect: 100-continue\r\nOrigin: http://attacker.example\r\n" + Length(3));
  EXPECT_THAT(refused.ReadAll(), StartsWith("HTTP/1.1 403"));
}

std::string Part(const std::string& disposition, const std::string& content) {
  return "--edge\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

class FormTest : public WebServerTest {
 protected:
  std::string Post(const std::string& parts) {
    const std::string body = parts + "--edge--\r\n";
    return Upload("POST /v1/jobs",
                  "Content-Type: multipart/form-data; boundary=edge\r\n" + Length(body.size()),
                  body);
  }
};

TEST_F(FormTest, AFormHoldsTruthThenCapture) {
  Start();
  const std::string capture = std::string(600'000, 'p') + "\r\n--edg";
  EXPECT_THAT(
      Post(Part("name=\"job\"", "j5") + Part("name=\"truth\"; filename=\"t.csv\"", "a,b\n") +
           Part("name=\"capture\"; filename=\"call.pcap\"", capture)),
      StartsWith("HTTP/1.1 200"));
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_EQ(submitted.header.job(), "j5");
  EXPECT_EQ(submitted.header.name(), "call.pcap");
  EXPECT_EQ(submitted.header.truth_csv(), "a,b\n");
  EXPECT_EQ(submitted.bytes, capture.size());
}

TEST_F(FormTest, AFormThatIsWrongIsToldHow) {
  Start();
  EXPECT_THAT(Post(Part("name=\"truth\"", "a")),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("no part \\\"capture\\\"")));
  EXPECT_THAT(Post(Part("filename=\"call.pcap\"", "a")),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("no name")));
  EXPECT_THAT(Post("no form"), AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("malformed")));
  EXPECT_THAT(Post(Part("name=\"pcap\"", "a")),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("no parameter \\\"pcap\\\"")));
  EXPECT_THAT(Post(Part("name=\"truth\"", std::string(3 << 20, 't'))),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("2 MiB")));
  EXPECT_THAT(Post(Part("name=\"capture\"", "p") + Part("name=\"truth\"", "t")),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("capture last")));
  EXPECT_TRUE(gateway_.WaitForUpload().is_cancelled);
  EXPECT_THAT(Post(Part("name=\"truth\"", "\xff") + Part("name=\"capture\"", "p")),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("UTF-8")));
}

// ---- downloads

TEST_F(WebServerTest, ResultsAreAFileWithAName) {
  gateway_.pieces = {"a,b\n", "", "1,2\n"};
  Start();
  EXPECT_THAT(Ask("GET /v1/jobs/my-job/results?format=csv"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("text/csv"),
                    HasSubstr("attachment; filename=\"my-job.csv\""),
                    EndsWith("4\r\na,b\n\r\n4\r\n1,2\n\r\n0\r\n\r\n")));
  EXPECT_THAT(Ask("GET /v1/jobs/a%22%2F/results?format=segments"),
              HasSubstr("filename=\"a__.segments.csv\""));
  gateway_.pieces = {};
  EXPECT_THAT(Ask("GET /v1/jobs/my-job/results"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("application/x-ndjson"),
                    EndsWith("\r\n\r\n0\r\n\r\n")));
}

TEST_F(WebServerTest, ADownloadThatFailsIsCutOffNotEnded) {
  gateway_.end = {grpc::StatusCode::NOT_FOUND, "no such job"};
  Start();
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("no such job")));
  gateway_.pieces = {"a,b\n"};
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("a,b"), Not(HasSubstr("\r\n0\r\n"))));
}

// ---- event streams

v1::WatchJobsResponse Change(const std::string& deleted) {
  v1::WatchJobsResponse change;
  change.add_deleted(deleted);
  return change;
}

TEST_F(WebServerTest, ResponsesAreEventsUntilTheEnd) {
  gateway_.changes = {Change("a"), Change("b")};
  Start();
  EXPECT_THAT(
      Ask("GET /v1/jobs:watch"),
      AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Content-Type: text/event-stream"),
            HasSubstr("retry: 3000\n\n"), HasSubstr("data: {\"jobs\":[],\"deleted\":[\"a\"]}\n\n"),
            HasSubstr("data: {\"jobs\":[],\"deleted\":[\"b\"]}\n\n"),
            HasSubstr("event: end\ndata: {}\n\n"), EndsWith("0\r\n\r\n")));
}

TEST_F(WebServerTest, AnErrorIsAStatusBeforeTheFirstEventAndAnEventBehindIt) {
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

TEST_F(WebServerTest, TheLastEventsIdIsWhereItGoesOn) {
  Start();
  EXPECT_THAT(Ask("GET /v1/verdicts:watch?cursor=1:2"), HasSubstr("id: 7:8\ndata: {"));
  EXPECT_EQ(gateway_.cursor(), "1:2");
  Ask("GET /v1/verdicts:watch?cursor=1:2", "Last-Event-ID: 7:8\r\n");
  EXPECT_EQ(gateway_.cursor(), "7:8");
  EXPECT_THAT(Ask("GET /v1/verdicts:watch", "Last-Event-ID: %ff\r\n"), StartsWith("HTTP/1.1 400"));
}

TEST_F(WebServerTest, AClientOfHttp10GetsAnAnswerWithoutChunks) {
  gateway_.pieces = {"a,b\n"};
  gateway_.changes = {Change("a")};
  Start();
  for (const auto& [path, end] : {std::pair("/v1/jobs/j/results", "\r\n\r\na,b\n"),
                                  std::pair("/v1/jobs:watch", "event: end\ndata: {}\n\n")}) {
    TestClient client(web_->port());
    client.Send(std::string("GET ") + path + " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.ReadAll(),
                AllOf(StartsWith("HTTP/1.1 200"), EndsWith(end), Not(HasSubstr("chunked"))));
  }
}

TEST_F(WebServerTest, AStreamWithoutEventsShowsThatItLives) {
  gateway_.watch_goes_on = true;
  WebOptions options;
  options.heartbeat = std::chrono::milliseconds(20);
  Start(options);
  TestClient client(web_->port());
  client.Request("GET /v1/jobs:watch");
  EXPECT_THAT(client.ReadUntil("3\r\n:\n\n\r\n3\r\n:\n\n"), HasSubstr(":\n\n"));
}

TEST_F(WebServerTest, AClientThatGoesEndsItsStream) {
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

// ---- options

TEST(WebOptionsTest, BeyondLoopbackATokenIsAskedFor) {
  WebOptions options;
  options.listen = "0.0.0.0:7180";
  const absl::Status status = CheckWebOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("--web-listen 0.0.0.0:7180"), HasSubstr("--web-token-file"),
                    HasSubstr("--web-insecure")));
  options.insecure = true;
  EXPECT_TRUE(CheckWebOptions(options).ok());
  options.insecure = false;
  options.token_file = "token";
  EXPECT_TRUE(CheckWebOptions(options).ok());
  options.listen = "nonsense";
  EXPECT_TRUE(absl::IsInvalidArgument(CheckWebOptions(options)));
  options.listen = "";
  EXPECT_TRUE(CheckWebOptions(options).ok());
}

TEST(WebOptionsTest, AHostIsANameAlone) {
  for (const char* host : {"https://cam.example", "cam.example:443", ""}) {
    WebOptions options;
    options.hosts = {host};
    EXPECT_THAT(std::string(CheckWebOptions(options).message()), HasSubstr("--web-host")) << host;
  }
}

TEST(WebOptionsTest, WatchersLeaveThreadsForRequests) {
  WebOptions options;
  options.max_watchers = 256;
  EXPECT_THAT(std::string(CheckWebOptions(options).message()), HasSubstr("--max-watchers 256"));
  options.threads = 300;
  EXPECT_TRUE(CheckWebOptions(options).ok());
}

}  // namespace
}  // namespace silhouette
