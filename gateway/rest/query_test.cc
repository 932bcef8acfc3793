#include "gateway/rest/query.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

std::string Text(std::string_view query) {
  auto parameters = ParseQuery(query);
  if (!parameters.ok()) return std::string(parameters.status().message());
  std::string text;
  for (const QueryParameter& p : *parameters) text += "[" + p.name + "=" + p.value + "]";
  return text;
}

TEST(QueryTest, ParametersComeInTheirOrderAndRepeated) {
  EXPECT_EQ(Text("subjects=b&model=m&subjects=a"), "[subjects=b][model=m][subjects=a]");
  EXPECT_EQ(Text(""), "");
  EXPECT_EQ(Text("&a=1&&b&c=&"), "[a=1][b=][c=]");
}

TEST(QueryTest, WhatIsEncodedIsDecodedOnce) {
  EXPECT_EQ(Text("run.origin=host%2Feth0&s=a%3Ab+c%2Bd%2525"),
            "[run.origin=host/eth0][s=a:b c+d%25]");
  EXPECT_EQ(Text("run.origin=host/eth0:1=2?3"), "[run.origin=host/eth0:1=2?3]");
  EXPECT_EQ(Text("%6eame=B%c3%bcro"), "[name=Büro]");
}

TEST(QueryTest, BrokenEncodingIsToldNotGuessed) {
  for (const char* query : {"a=%", "a=%2", "a=%zz", "a=%u0041", "%=1"}) {
    EXPECT_NE(Text(query).find("two hex digits"), std::string::npos) << query;
  }
  EXPECT_NE(Text("a=%ff%fe").find("UTF-8"), std::string::npos);
}

}  // namespace
}  // namespace silhouette
