#include "common/help/command_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/help/test_app.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class CommandTextTest : public ::testing::Test {
 protected:
  OptionText Option(const std::string& name) const {
    for (const OptionText& option : app_.run().AllOptions()) {
      if (option.names.back() == name) return option;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
  const TestApp app_;
};

TEST_F(CommandTextTest, KnowsCommandsByTheWordsThatCallThem) {
  EXPECT_EQ(app_.text().name, "tool");
  EXPECT_TRUE(app_.text().needs_command);
  std::vector<std::string> all;
  for (const CommandText* command : AllCommands(app_.text())) {
    all.push_back(JoinWords(*command, " "));
  }
  EXPECT_THAT(all, ElementsAre("tool", "tool run", "tool make", "tool make small"));
  EXPECT_EQ(JoinWords(app_.make().commands.at(0), "-"), "tool-make-small");
  EXPECT_EQ(app_.run().description, "Runs it: now");
}

TEST_F(CommandTextTest, TakesChoicesAndRangesFromTheChecks) {
  EXPECT_THAT(Option("--align").choices, ElementsAre("epoch", "first"));
  EXPECT_EQ(Option("--align").kind, ValueKind::kChoice);
  EXPECT_EQ(Option("--align").value, "TEXT");
  EXPECT_EQ(Option("--kinds").value, "KIND,...");
  EXPECT_THAT(Option("--kinds").choices, ElementsAre("a", "b"));
  EXPECT_EQ(Option("--kinds").delimiter, ',');
  EXPECT_TRUE(Option("--kinds").repeatable);
  EXPECT_FALSE(Option("--align").repeatable);
  EXPECT_EQ(Option("--size").range, "1 to 100");
  EXPECT_EQ(Option("--size").value, "INT");
  EXPECT_EQ(Option("--name").value, "HOST:PORT");
  EXPECT_EQ(Option("--name").kind, ValueKind::kAny);
}

TEST_F(CommandTextTest, KnowsFilesFoldersAndFlagsByTheirValues) {
  EXPECT_EQ(Option("--out").kind, ValueKind::kFolder);
  EXPECT_THAT(Option("--out").names, ElementsAre("-o", "--out"));
  EXPECT_EQ(Option("--fast").kind, ValueKind::kNone);
  EXPECT_EQ(Option("--fast").value, "");
  ASSERT_EQ(app_.run().positionals.size(), 1u);
  EXPECT_EQ(app_.run().positionals[0].value, "FILE");
  EXPECT_EQ(app_.run().positionals[0].kind, ValueKind::kFile);
  EXPECT_TRUE(app_.run().positionals[0].required);
  EXPECT_THAT(app_.run().positionals[0].names, IsEmpty());
}

TEST_F(CommandTextTest, TellsDefaultsThatAreTheSameOnEachMachine) {
  EXPECT_EQ(Option("--align").default_value, "epoch");
  EXPECT_EQ(Option("--size").default_value, "7");
  EXPECT_EQ(Option("--out").default_value, "");
}

TEST_F(CommandTextTest, TellsVariablesAndWhatGoesTogether) {
  EXPECT_EQ(Option("--out").environment, "SILHOUETTE_OUT");
  EXPECT_THAT(Option("--fast").needs, ElementsAre("--size"));
  EXPECT_THAT(Option("--fast").excludes, ElementsAre("--align"));
}

TEST_F(CommandTextTest, KeepsTheHeadsOfOptionsInTheirOrder) {
  std::vector<std::string> heads;
  for (const OptionGroupText& group : app_.run().groups) heads.push_back(group.head);
  EXPECT_THAT(heads, ElementsAre("Options", "Sizes", "Source"));
  EXPECT_EQ(app_.run().groups[2].description, "A file or a name; exactly one of these is needed");
  EXPECT_EQ(app_.run().groups[2].options.size(), 1u);  // no --help of its own
}

TEST_F(CommandTextTest, PassesOnWhatMayStandBehindACommandToo) {
  EXPECT_EQ(Option("--config").kind, ValueKind::kFile);
  int helps = 0;
  for (const OptionText& option : app_.make().commands[0].AllOptions()) {
    EXPECT_NE(option.names.back(), "--version");
    helps += option.names.back() == "--help" ? 1 : 0;
  }
  EXPECT_EQ(helps, 1);
}

}  // namespace
}  // namespace silhouette
