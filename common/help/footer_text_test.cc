#include "common/help/footer_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

// "p:" before a paragraph, "l:" before what is literal.
std::vector<std::string> Show(const std::vector<TextBlock>& blocks) {
  std::vector<std::string> shown;
  for (const TextBlock& block : blocks)
    shown.push_back((block.is_literal ? "l:" : "p:") + block.text);
  return shown;
}

TEST(FooterText, OfNothingIsEmpty) {
  const FooterText none = ParseFooter("\n\n");
  EXPECT_THAT(none.prose, IsEmpty());
  EXPECT_THAT(none.examples, IsEmpty());
  EXPECT_THAT(none.exit_statuses, IsEmpty());
}

TEST(FooterText, JoinsParagraphsAndKeepsIndentedLines) {
  const FooterText footer = ParseFooter(
      "\nFirst line\nand second.\n\nSplits:\n  random   at random,\n           leaks\n  blocked  "
      "in "
      "blocks\n\nLast.\n");
  EXPECT_THAT(Show(footer.prose),
              ElementsAre("p:First line and second.", "p:Splits:",
                          "l:random   at random,\n         leaks\nblocked  in blocks", "p:Last."));
}

TEST(FooterText, TakesExamplesAndLeavesTheProseAroundThem) {
  const FooterText footer =
      ParseFooter("Before.\n\nExamples:\n  tool a \\\n      --b\n  tool c\n\nBehind.");
  EXPECT_THAT(Show(footer.examples), ElementsAre("l:tool a \\\n    --b\ntool c"));
  EXPECT_THAT(Show(footer.prose), ElementsAre("p:Before.", "p:Behind."));
  EXPECT_THAT(Show(ParseFooter("Example:\n  tool").examples), ElementsAre("l:tool"));
}

TEST(FooterText, TakesExitStatusesApart) {
  EXPECT_THAT(
      ParseFooter("Exit status: 0 done; 1 failed, or cut (2 of 3); 2 usage.").exit_statuses,
      ElementsAre(Pair("0", "done"), Pair("1", "failed, or cut (2 of 3)"), Pair("2", "usage")));
  EXPECT_THAT(ParseFooter("Exit status: 0 all serve, 1 some do\nnot, 2 usage.\n").exit_statuses,
              ElementsAre(Pair("0", "all serve"), Pair("1", "some do not"), Pair("2", "usage")));
}

}  // namespace
}  // namespace silhouette
