#include "classify-svc/ubjson.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "classify-svc/test_bundles.h"
#include "common/files.h"

namespace silhouette {
namespace {

using namespace std::string_literals;

const std::string kLength0 = "L\0\0\0\0\0\0\0\0"s, kLength1 = "L\0\0\0\0\0\0\0\1"s,
                  kEndless = "L\x7f\xff\xff\xff\xff\xff\xff\xff"s;

// An object of one value under the name "a".
std::string Of(const std::string& value) { return "{" + kLength1 + "a" + value + "}"; }

TEST(Ubjson, AModelIsWholeAndNoneOfItsBeginningsIs) {
  const std::string model = *ReadFile(test_bundles::kPresence + "/model.ubj");
  EXPECT_TRUE(IsWholeUbjson(model));
  for (size_t size = 0; size < model.size(); ++size) {
    ASSERT_FALSE(IsWholeUbjson(std::string_view(model).substr(0, size))) << size;
  }
}

TEST(Ubjson, WhatXgboostWritesIsKnown) {
  EXPECT_TRUE(IsWholeUbjson("{}"));
  for (const std::string& value :
       {"i\1"s, "U\1"s, "I\0\1"s, "l\0\0\0\1"s, "d\0\0\0\0"s, kLength1, "S" + kLength1 + "x",
        "S" + kLength0, "[]"s, "[i\1i\2]"s, "[#" + kLength1 + "i\1", "[$d#" + kLength1 + "abcd",
        "[$l#" + kLength0, Of("{}")}) {
    EXPECT_TRUE(IsWholeUbjson(Of(value))) << value;
  }
}

TEST(Ubjson, WhatClaimsMoreThanThereIsIsNotWhole) {
  for (const std::string& value :
       {"S" + kEndless, "[#" + kEndless, "[$d#" + kEndless, "[$L#" + kEndless,
        "[$S#" + kLength1 + "x", "[i\1"s, "x"s, ""s}) {
    EXPECT_FALSE(IsWholeUbjson(Of(value))) << value;
  }
  EXPECT_FALSE(IsWholeUbjson("{" + kEndless + "ai\1}"));
  EXPECT_FALSE(IsWholeUbjson("[]")) << "a model is an object";
}

TEST(Ubjson, WhatIsNestedTooDeepIsRefused) {
  const auto nested = [](size_t depth) {
    return Of(std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_TRUE(IsWholeUbjson(nested(50)));
  EXPECT_FALSE(IsWholeUbjson(nested(1'000'000)));
}

}  // namespace
}  // namespace silhouette
