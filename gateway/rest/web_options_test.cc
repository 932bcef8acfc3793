#include "gateway/rest/web_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

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
