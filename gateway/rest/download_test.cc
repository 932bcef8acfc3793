#include "gateway/rest/download.h"

#include "gateway/rest/web_test.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class DownloadTest : public WebTest {};

TEST_F(DownloadTest, ResultsAreAFileWithAName) {
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

TEST_F(DownloadTest, ADownloadThatFailsIsCutOffNotEnded) {
  gateway_.end = {grpc::StatusCode::NOT_FOUND, "no such job"};
  Start();
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"),
              AllOf(StartsWith("HTTP/1.1 404"), HasSubstr("no such job")));
  gateway_.pieces = {"a,b\n"};
  EXPECT_THAT(Ask("GET /v1/jobs/j/results"),
              AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("a,b"), Not(HasSubstr("\r\n0\r\n"))));
}

}  // namespace
}  // namespace silhouette
