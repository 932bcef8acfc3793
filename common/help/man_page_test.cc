#include "common/help/man_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "common/help/test_app.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ManPageTest : public ::testing::Test {
 protected:
  const TestApp app_;
  const std::string run_ = ManPage(app_.run(), app_.text());
};

TEST_F(ManPageTest, IsNamedAfterTheWordsOfTheCommand) {
  EXPECT_EQ(ManPageName(app_.text()), "tool.1");
  EXPECT_EQ(ManPageName(app_.make().commands[0]), "tool-make-small.1");
  EXPECT_THAT(run_, HasSubstr(".TH \"TOOL\\-RUN\" 1 \"\" \"silhouette 0.1.0\""));
  EXPECT_THAT(run_, HasSubstr(".SH NAME\ntool\\-run \\- Runs it: now\n"));
}

TEST_F(ManPageTest, HasItsSectionsInTheUsualOrder) {
  size_t at = 0;
  for (const char* head : {"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES", "EXIT STATUS",
                           "ENVIRONMENT", "FILES", "SEE ALSO"}) {
    const size_t found = run_.find(std::string(".SH ") + head + "\n");
    ASSERT_NE(found, std::string::npos) << head;
    EXPECT_GE(found, at) << head;
    at = found;
  }
}

TEST_F(ManPageTest, TellsOfAnOptionAllThereIs) {
  EXPECT_THAT(run_, HasSubstr(".TP\n\\fB\\-\\-align\\fR \\fITEXT\\fR\nWhere the grid starts.\nOne "
                              "of \\fBepoch\\fR, \\fBfirst\\fR.\nDefault: \\fBepoch\\fR.\n"));
  EXPECT_THAT(run_, HasSubstr("Environment: \\fBSILHOUETTE_ALIGN\\fR."));
  EXPECT_THAT(run_, HasSubstr("From 1 to 100."));
  EXPECT_THAT(run_, HasSubstr("Needs \\fB\\-\\-size\\fR.\nNot together with \\fB\\-\\-align\\fR."));
  EXPECT_THAT(run_, HasSubstr("\\fB\\-o\\fR, \\fB\\-\\-out\\fR \\fIFOLDER\\fR\n"));
  EXPECT_THAT(run_, Not(HasSubstr("/var/here")));
  EXPECT_THAT(run_, HasSubstr(".SS Source\nA file or a name; exactly one"));
}

TEST_F(ManPageTest, TellsWhatTheFooterSays) {
  EXPECT_THAT(run_, HasSubstr("Runs it: now.\n.PP\nMuch can be said.\n"));
  EXPECT_THAT(run_, HasSubstr(".SH EXAMPLES\n.PP\n.RS 4\n.nf\ntool run x\n.fi\n.RE\n"));
  EXPECT_THAT(run_, HasSubstr(".TP\n\\fB3\\fR\nodd.\n"));
}

TEST_F(ManPageTest, OfAProgramLeadsToItsCommands) {
  const std::string tool = ManPage(app_.text(), app_.text());
  EXPECT_THAT(tool, HasSubstr("\\fBrun\\fR\nRuns it: now.\nSee \\fBtool\\-run\\fR(1).\n"));
  EXPECT_THAT(tool, HasSubstr("\\fBtool\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ...\n"));
  EXPECT_THAT(tool, HasSubstr("\\fBtool\\-make\\-small\\fR(1)"));
  EXPECT_THAT(run_, HasSubstr("\\fBtool run\\fR [\\fIOPTIONS\\fR] \\fIFILE\\fR\n"));
}

TEST_F(ManPageTest, IsAscii) {
  EXPECT_TRUE(std::all_of(run_.begin(), run_.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

}  // namespace
}  // namespace silhouette
