#include "common/text.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(ToUtf8, LeavesValidTextAlone) {
  for (const char* text : {"", "call.pcap", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x93\xb7"}) {
    EXPECT_EQ(ToUtf8(text), text);
  }
}

TEST(ToUtf8, WritesEveryOtherByteAsHex) {
  EXPECT_EQ(ToUtf8("caf\xe9.pcap"), "caf\\xe9.pcap");
  EXPECT_EQ(ToUtf8("\xc3"), "\\xc3");                    // ends in mid-character
  EXPECT_EQ(ToUtf8("\xc0\xaf"), "\\xc0\\xaf");           // longer than need be
  EXPECT_EQ(ToUtf8("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(ToUtf8("\xf4\x90\x80\x80").substr(0, 4), "\\xf4");
}

}  // namespace
}  // namespace silhouette
