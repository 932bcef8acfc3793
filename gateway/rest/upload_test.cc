#include "gateway/rest/upload.h"

#include "gateway/rest/web_test.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class UploadTest : public WebTest {};

TEST_F(UploadTest, ABodyBecomesACapture) {
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

TEST_F(UploadTest, AChunkedBodyHasNoSizeBeforeItsEnd) {
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

TEST_F(UploadTest, TheRestOfACaptureComesWithItsOffset) {
  Start();
  EXPECT_THAT(Upload("PUT /v1/jobs/j3", "Upload-Offset: 100\r\n" + Length(3), "end"),
              StartsWith("HTTP/1.1 200"));
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_EQ(submitted.header.offset(), 100u);
  EXPECT_EQ(submitted.header.total_bytes(), 103u);
  EXPECT_THAT(Upload("PUT /v1/jobs/j3", "Upload-Offset: -1\r\n" + Length(3), "end"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("offset")));
}

TEST_F(UploadTest, ABodyThatBreaksOffLeavesTheJobOpen) {
  Start();
  TestClient client(web_->port());
  client.Request("POST /v1/jobs?job=j4", Length(1'000'000));
  client.Send(std::string(300'000, 'p'));
  client.Close();
  const auto submitted = gateway_.WaitForUpload();
  EXPECT_TRUE(submitted.is_cancelled);
  EXPECT_FALSE(submitted.is_half_closed);
}

TEST_F(UploadTest, AServiceThatDoesNotReadSlowsTheClientDown) {
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

TEST_F(UploadTest, ARefusedCaptureIsToldWhileTheClientStillSends) {
  gateway_.refuse_upload = {grpc::StatusCode::INVALID_ARGUMENT, "not a capture"};
  Start();
  EXPECT_THAT(Upload("POST /v1/jobs", Length(20'000'000), std::string(20'000'000, 'x')),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("not a capture")));
}

TEST_F(UploadTest, AnUploadWithoutALengthOrEncodedIsRefused) {
  Start();
  EXPECT_THAT(Ask("POST /v1/jobs"), StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(Upload("POST /v1/jobs", "Content-Encoding: gzip\r\n" + Length(1), "x"),
              AllOf(StartsWith("HTTP/1.1 415"), HasSubstr("as it is")));
}

TEST_F(UploadTest, AnExpectedRefusalComesInsteadOfContinue) {
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

class FormTest : public WebTest {
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
  EXPECT_THAT(Post("--edgeX" + std::string(1'000'000, 'x')),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("malformed")));
  EXPECT_THAT(Upload("POST /v1/jobs", "Content-Type: multipart/form-data\r\n" + Length(1), "a"),
              AllOf(StartsWith("HTTP/1.1 400"), HasSubstr("boundary")));
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

}  // namespace
}  // namespace silhouette
