#include "gateway/page_token.h"

#include <gtest/gtest.h>

#include <limits>

namespace silhouette {
namespace {

TEST(PageToken, ComesBackAsItWentIn) {
  for (int64_t start_ns : {int64_t{0}, int64_t{-1}, std::numeric_limits<int64_t>::max()}) {
    const VerdictCursor cursor{start_ns, "conversation:fd00::1-2001:db8::7/udp", "presence", "12"};
    const auto back = ParsePageToken(PageToken(cursor));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->window_start_ns, start_ns);
    EXPECT_EQ(back->subject, cursor.subject);
    EXPECT_EQ(back->model, cursor.model);
    EXPECT_EQ(back->version, cursor.version);
  }
}

TEST(PageToken, TravelsInAUrlUnescaped) {
  const std::string token = PageToken({-1, "conversation:a?b>c~~~/udp", "m", "1"});
  EXPECT_EQ(token.find_first_of("+/=&? "), std::string::npos) << token;
}

TEST(PageToken, OtherTextIsRefused) {
  for (const char* text : {"7", "not base64!", "YQ", "YQpiCmMKZA", ""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParsePageToken(text).status())) << text;
    EXPECT_TRUE(absl::IsInvalidArgument(ParseIncidentToken(text).status())) << text;
  }
}

}  // namespace
}  // namespace silhouette
