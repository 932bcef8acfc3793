#include "gateway/rest/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/files.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

RequestOrigin Request(const std::string& host) {
  RequestOrigin request;
  request.hosts = {host};
  request.local_address = "192.0.2.7";
  request.is_api = true;
  return request;
}

// 0: it is answered.
int Refused(const RequestOrigin& request, TokenFile* token = nullptr) {
  const auto refusal =
      Guard({"0.0.0.0:7180", "Cam.Example", "[2001:db8::5]:7180"}, token).Check(request);
  return refusal ? refusal->http_status : 0;
}

TEST(GuardTest, OurNamesAndTheAddressThatWasConnectedToAreAnswered) {
  for (const char* host :
       {"localhost", "LOCALHOST:7180", "127.0.0.1:7180", "127.9.9.9", "[::1]:7180", "cam.example",
        "CAM.example:443", "[2001:db8::5]", "192.0.2.7:7180", "0.0.0.0:7180"}) {
    EXPECT_EQ(Refused(Request(host)), 0) << host;
  }
}

TEST(GuardTest, AForeignNameThatLeadsHereIsMisdirected) {
  for (const char* host : {"attacker.example", "localhost.attacker.example", "", "192.0.2.8",
                           "[::2]", "[", "]", ":", "localhost.", "127.0.0.1.attacker.example",
                           "localhost:", "localhost:x", "[::1]x", "user@localhost"}) {
    EXPECT_EQ(Refused(Request(host)), 421) << host;
  }
  RequestOrigin none = Request("");
  none.hosts = {};
  EXPECT_EQ(Refused(none), 421);
  RequestOrigin two = Request("localhost");
  two.hosts.push_back("localhost");
  EXPECT_EQ(Refused(two), 421);
}

TEST(GuardTest, AnOriginMustBeTheHost) {
  const auto refused = [](const char* host, const char* origin) {
    RequestOrigin request = Request(host);
    request.origin = origin;
    return Refused(request);
  };
  EXPECT_EQ(refused("localhost:7180", "http://localhost:7180"), 0);
  EXPECT_EQ(refused("cam.example", "https://cam.example"), 0);  // a proxy with TLS before us
  EXPECT_EQ(refused("cam.example:443", "https://CAM.example"), 0);
  EXPECT_EQ(refused("[::1]:7180", "http://[::1]:7180"), 0);
  EXPECT_EQ(refused("[::1]", "http://[::1]:80"), 0);
  for (const char* origin :
       {"null", "http://localhost", "http://localhost:8080", "http://127.0.0.1:7180",
        "https://attacker.example", "http://localhost:7180.attacker.example", "localhost:7180",
        "file://", "http://attacker.example:7180", "ftp://localhost:7180"}) {
    EXPECT_EQ(refused("localhost:7180", origin), 403) << origin;
  }
}

TEST(GuardTest, AForeignPageGetsTheApiOnlyByLeadingItsReaderThere) {
  RequestOrigin request = Request("localhost");
  request.fetch_site = "cross-site";
  request.fetch_mode = "no-cors";
  EXPECT_EQ(Refused(request), 403);
  request.fetch_site = "same-site";
  EXPECT_EQ(Refused(request), 403);
  request.fetch_mode = "navigate";
  EXPECT_EQ(Refused(request), 0);
  request.fetch_site = "same-origin";
  request.fetch_mode = "cors";
  EXPECT_EQ(Refused(request), 0);
  request.fetch_site = "cross-site";
  request.is_api = false;
  EXPECT_EQ(Refused(request), 0);
}

class TokenTest : public ::testing::Test {
 protected:
  void Write(const std::string& content) {
    ASSERT_TRUE(WriteFileByRename(path_, content).ok());
    now_ += std::chrono::seconds(1);
  }
  absl::StatusOr<std::unique_ptr<TokenFile>> Open() {
    return TokenFile::Open(path_, [this] { return now_; });
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.File("token");
  TokenFile::Clock::time_point now_ = TokenFile::Clock::now();
};

TEST_F(TokenTest, TheApiWantsItThePageDoesNot) {
  Write("0123456789abcdef\n");
  const auto token = *Open();
  RequestOrigin request = Request("localhost");
  EXPECT_EQ(Refused(request, token.get()), 401);
  for (const char* wrong : {"Bearer", "Bearer ", "Bearer 0123456789abcdeF", "0123456789abcdef",
                            "Basic 0123456789abcdef", "Bearer 0123456789abcdef0"}) {
    request.authorization = wrong;
    EXPECT_EQ(Refused(request, token.get()), 401) << wrong;
  }
  for (const char* right : {"Bearer 0123456789abcdef", "bearer  0123456789abcdef "}) {
    request.authorization = right;
    EXPECT_EQ(Refused(request, token.get()), 0) << right;
  }
  request.authorization = "";
  request.is_api = false;
  EXPECT_EQ(Refused(request, token.get()), 0);
}

TEST_F(TokenTest, AFileWithoutATokenIsAnError) {
  EXPECT_TRUE(absl::IsNotFound(Open().status()));
  for (const char* content : {"", "\n", "short", "with a space in it", "a%20percent%20sign",
                              "0123456789abcdef\n0123456789abcdef\n"}) {
    Write(content);
    const absl::Status status = Open().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << content;
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr("openssl rand -hex 32"));
  }
}

TEST_F(TokenTest, AChangedFileIsReadAgainAndABrokenOneIsNotTaken) {
  Write("0123456789abcdef");
  const auto token = *Open();
  Write("fedcba9876543210");
  EXPECT_TRUE(token->IsToken("fedcba9876543210"));
  EXPECT_FALSE(token->IsToken("0123456789abcdef"));
  Write("");
  EXPECT_TRUE(token->IsToken("fedcba9876543210"));
  EXPECT_FALSE(token->IsToken(""));
  Write("third-token.0000");
  EXPECT_TRUE(token->IsToken("third-token.0000"));
}

}  // namespace
}  // namespace silhouette
