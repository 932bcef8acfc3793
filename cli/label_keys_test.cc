#include "cli/label_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::HasSubstr;

// The class that a key means, or "" for none.
std::string ClassOf(const LabelKeys& keys, char key) {
  const LabelAction action = keys.ActionOf(key);
  return action.kind == LabelAction::kClass ? keys.classes()[action.class_number] : "";
}

std::string ErrorOf(const std::vector<std::string>& classes,
                    const std::vector<std::string>& keys = {}) {
  const auto created = LabelKeys::Create(classes, keys);
  EXPECT_EQ(created.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(created.status().message());
}

TEST(LabelKeys, AClassHasItsFirstFreeLetter) {
  const auto keys = LabelKeys::Create({"person", "pet", "Empty room", "quiet"}, {});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ClassOf(*keys, 'p'), "person");
  EXPECT_EQ(ClassOf(*keys, 'e'), "pet");
  EXPECT_EQ(ClassOf(*keys, 'm'), "Empty room");
  EXPECT_EQ(ClassOf(*keys, 'i'), "quiet") << "q ends and u undoes";
  EXPECT_EQ(ClassOf(*keys, 'x'), "");
}

TEST(LabelKeys, WithoutAFreeLetterItHasADigit) {
  const auto keys = LabelKeys::Create({"a", "aa", "\xc3\xa9", "1"}, {});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ClassOf(*keys, '1'), "aa");
  EXPECT_EQ(ClassOf(*keys, '2'), "\xc3\xa9");
  EXPECT_EQ(ClassOf(*keys, '3'), "1");
}

TEST(LabelKeys, KeysMayBeChosenInTheClassesOrder) {
  const auto keys = LabelKeys::Create({"background", "person"}, {"0", "P"});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ClassOf(*keys, '0'), "background");
  EXPECT_EQ(ClassOf(*keys, 'p'), "person");
  EXPECT_EQ(ClassOf(*keys, 'b'), "");
}

TEST(LabelKeys, SomeKeysAreAlwaysThere) {
  const auto keys = LabelKeys::Create({"background", "person"}, {});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(keys->ActionOf(' ').kind, LabelAction::kPause);
  for (const char key : {'u', '\b', '\x7f'}) {
    EXPECT_EQ(keys->ActionOf(key).kind, LabelAction::kUndo);
  }
  for (const char key : {'q', '\x03', '\x04'}) {
    EXPECT_EQ(keys->ActionOf(key).kind, LabelAction::kEnd);
  }
  EXPECT_EQ(keys->ActionOf('\n').kind, LabelAction::kNothing);
  EXPECT_EQ(keys->ActionOf('x').kind, LabelAction::kUnknown);
  EXPECT_EQ(keys->ActionOf('\0').kind, LabelAction::kUnknown);
}

TEST(LabelKeys, CapitalLettersMeanWhatSmallOnesDo) {
  const auto keys = LabelKeys::Create({"background", "person"}, {});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_EQ(ClassOf(*keys, 'P'), "person");
  EXPECT_EQ(keys->ActionOf('Q').kind, LabelAction::kEnd);
}

TEST(LabelKeys, TheLegendNamesEveryKey) {
  const auto keys = LabelKeys::Create({"background", "person"}, {});
  ASSERT_TRUE(keys.ok()) << keys.status();
  EXPECT_THAT(keys->Legend(), HasSubstr("  b      background\n  p      person\n  space  pause"));
}

TEST(LabelKeys, WrongClassesAreRefused) {
  EXPECT_THAT(ErrorOf({}), HasSubstr("--classes: names none"));
  EXPECT_THAT(ErrorOf({"a", ""}), HasSubstr("--classes: an empty name"));
  EXPECT_THAT(ErrorOf({"a", "b", "a"}), HasSubstr("--classes: \"a\" is there twice"));
  EXPECT_THAT(ErrorOf({"a\nb"}), HasSubstr("no text in it"));
  EXPECT_THAT(ErrorOf({"\xff"}), HasSubstr("no text in it"));
  std::vector<std::string> eleven;
  for (int i = 0; i < 11; ++i) eleven.push_back(std::string(static_cast<size_t>(i) + 1, 'a'));
  EXPECT_THAT(ErrorOf(eleven), HasSubstr("no key is left for \"aaaaaaaaaaa\""));
}

TEST(LabelKeys, WrongKeysAreRefused) {
  EXPECT_THAT(ErrorOf({"a", "b"}, {"1"}), HasSubstr("--keys: 1 for 2 classes"));
  EXPECT_THAT(ErrorOf({"a", "b"}, {"1", "1"}), HasSubstr("--keys: \"1\" is taken"));
  EXPECT_THAT(ErrorOf({"a", "b"}, {"x", "X"}), HasSubstr("--keys: \"X\" is taken"));
  EXPECT_THAT(ErrorOf({"a", "b"}, {"1", "q"}), HasSubstr("u is undo, q is the end"));
  EXPECT_THAT(ErrorOf({"a", "b"}, {"1", "22"}), HasSubstr("\"22\" is no key"));
  EXPECT_THAT(ErrorOf({"a", "b"}, {"1", " "}), HasSubstr("\" \" is no key"));
}

}  // namespace
}  // namespace silhouette
