#include "common/help/roff.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(Roff, KeepsWhatItWouldTakeForItself) {
  EXPECT_EQ(RoffText("a\\b"), "a\\(rsb");
  EXPECT_EQ(RoffText("'it's'"), "\\(aqit\\(aqs\\(aq");
  EXPECT_EQ(RoffText(".SH\n.x"), "\\&.SH\n\\&.x");
  EXPECT_EQ(RoffText("a.b"), "a.b");
  EXPECT_EQ(RoffText("`~^\""), "\\(ga\\(ti\\(ha\\(dq");
}

TEST(Roff, HyphensOfWhatIsTypedStayOnes) {
  EXPECT_EQ(RoffLiteral("--out"), "\\-\\-out");
  EXPECT_EQ(RoffText("well-known"), "well-known");
}

TEST(Roff, IsAsciiWhateverTheText) {
  EXPECT_EQ(RoffText("{…}"), "{\\[u2026]}");
  EXPECT_EQ(RoffText("é"), "\\[u00E9]");
  EXPECT_EQ(RoffText("𝄞x"), "\\[u1D11E]x");
  EXPECT_EQ(RoffText("\xe2\x80").find('\xe2'), std::string::npos);  // cut short
}

}  // namespace
}  // namespace silhouette
