#include "common/help/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/help/test_app.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

// That the scripts do what they should, their shells tell: tests/integration/help_pages_test.py.
class CompletionTest : public ::testing::Test {
 protected:
  const TestApp app_;
};

TEST_F(CompletionTest, IsThereForThreeShells) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = CompletionScript(app_.text(), shell);
    ASSERT_TRUE(script.ok());
    EXPECT_THAT(*script, HasSubstr("tool 0.1.0"));
    EXPECT_THAT(*script, HasSubstr("small"));
  }
  const auto none = CompletionScript(app_.text(), "csh");
  EXPECT_TRUE(absl::IsInvalidArgument(none.status()));
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("bash, zsh and fish"));
}

TEST_F(CompletionTest, OfBashKnowsWhatAnOptionTakes) {
  const std::string script = BashCompletion(app_.text());
  EXPECT_THAT(script, HasSubstr("'tool run|--align') printf '%s\\n' 'one epoch first' ;;"));
  EXPECT_THAT(script, HasSubstr("'tool run|--kinds') printf '%s\\n' 'list a b' ;;"));
  EXPECT_THAT(script, HasSubstr("'tool run|-o') printf '%s\\n' 'folder' ;;"));
  EXPECT_THAT(script, HasSubstr("'tool run|') printf '%s\\n' 'file' ;;"));
  EXPECT_THAT(script, HasSubstr("'tool make') printf '%s\\n' 'small' ;;"));
}

TEST_F(CompletionTest, OfZshKeepsItsOwnMarksApart) {
  const std::string script = ZshCompletion(app_.text());
  EXPECT_THAT(script, HasSubstr("'(-o --out)'{-o+,--out=}'[Where it goes]:FOLDER:_files -/'"));
  EXPECT_THAT(script, HasSubstr("'[A name]:HOST\\:PORT: '"));
  EXPECT_THAT(script, HasSubstr("'[What'\\''s there]:KIND,...: _values -s , value a b'"));
  EXPECT_THAT(script, HasSubstr("'run:Runs it\\: now'"));
}

TEST_F(CompletionTest, OfFishKeepsItsOwnMarksApart) {
  EXPECT_THAT(FishCompletion(app_.text()), HasSubstr("-d 'What\\'s there'"));
}

TEST(ShortDescription, EndsWhereDetailsBegin) {
  EXPECT_EQ(ShortDescription("Networks, as 10.0.0.0/8 (default: none)"), "Networks");
  EXPECT_EQ(ShortDescription("What it is: a, b"), "What it is");
  EXPECT_EQ(ShortDescription("host:port of it"), "host:port of it");
  EXPECT_EQ(ShortDescription("Plain"), "Plain");
}

}  // namespace
}  // namespace silhouette
