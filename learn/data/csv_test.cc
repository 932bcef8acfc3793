#include "learn/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

class CsvTest : public ::testing::Test {
 protected:
  absl::StatusOr<CsvTable> Read(std::string_view content) {
    return ReadCsv(folder_.Write("t.csv", content));
  }
  std::string ErrorOf(std::string_view content) {
    const absl::StatusOr<CsvTable> table = Read(content);
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(table.status().message());
  }
  TestFolder folder_;
};

TEST_F(CsvTest, HeaderAndRowsComeOutAsText) {
  const auto table = Read("a,b\n1, x y \n2,\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->header.cells, ElementsAre("a", "b"));
  ASSERT_EQ(table->rows.size(), 2U);
  EXPECT_THAT(table->rows[0].cells, ElementsAre("1", "x y"));
  EXPECT_THAT(table->rows[1].cells, ElementsAre("2", ""));
  EXPECT_EQ(table->rows[1].line, 3U);
}

TEST_F(CsvTest, CrlfByteOrderMarkAndAMissingLastNewlineAreAccepted) {
  const auto table = Read(
      "\xef\xbb\xbf"
      "a,b\r\n1,2\r\n3,4");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->header.cells, ElementsAre("a", "b"));
  EXPECT_THAT(table->rows[1].cells, ElementsAre("3", "4"));
}

TEST_F(CsvTest, QuotedCellsHoldCommasAndQuotes) {
  const auto table = Read("a,b,c\n\"x, y\",\"say \"\"no\"\"\" ,\"\"\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->rows[0].cells, ElementsAre("x, y", "say \"no\"", ""));
}

TEST_F(CsvTest, CommentsAreKeptAndBlankLinesSkipped) {
  const auto table = Read("# one\n\na\n# two\n1\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->comments, ElementsAre("# one", "# two"));
  EXPECT_EQ(table->rows.size(), 1U);
  EXPECT_EQ(table->rows[0].line, 5U);
  EXPECT_FALSE(table->simulated());
}

TEST_F(CsvTest, ACommentSaysThatAFileIsSimulated) {
  const auto table = Read("# simulated: seed 1\na\n1\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE(table->simulated());
}

TEST_F(CsvTest, ARowOfAnotherWidthIsRefusedByItsLine) {
  EXPECT_THAT(ErrorOf("a,b\n1,2\n1,2,3\n"), HasSubstr("t.csv:3: 3 columns, but the header has 2"));
  EXPECT_THAT(ErrorOf("a,b\n1\n"), HasSubstr("t.csv:2: 1 columns"));
}

TEST_F(CsvTest, AQuoteThatDoesNotEndIsRefused) {
  EXPECT_THAT(ErrorOf("a\n\"x\n"), HasSubstr("t.csv:2: a quote does not end"));
  EXPECT_THAT(ErrorOf("a\n\"x\"y\n"), HasSubstr("t.csv:2: a quote"));
}

TEST_F(CsvTest, TextThatIsNotUtf8IsRefusedByItsLine) {
  EXPECT_THAT(ErrorOf("a,caf\xe9\n1,2\n"), HasSubstr("t.csv:1: text that is not UTF-8"));
  EXPECT_THAT(ErrorOf("a\n1\n\xff\n"), HasSubstr("t.csv:3: text that is not UTF-8"));
  EXPECT_THAT(ErrorOf("# \xc3\na\n1\n"), HasSubstr("t.csv:1: text that is not UTF-8"));
  const auto table = Read("a,caf\xc3\xa9\n1,2\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->header.cells, ElementsAre("a", "caf\xc3\xa9"));
}

TEST_F(CsvTest, AFileWithoutHeaderIsRefused) {
  EXPECT_THAT(ErrorOf(""),
              EndsWith("t.csv:1: no header; begin with a line that names the columns"));
  EXPECT_THAT(ErrorOf("# only\n\n"), HasSubstr("no header"));
}

TEST_F(CsvTest, WhatIsNoNumberIsRefusedByLineAndColumn) {
  const auto table = Read("a,b\n1,abc\n1,nan\n1,inf\n1,\n1,0x10\n1,-2.5e1\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Number(table->rows[0], 1).status().message(),
              HasSubstr("t.csv:2: column b: \"abc\" is not a number"));
  for (size_t row : {1, 2, 3, 4}) {
    EXPECT_FALSE(table->Number(table->rows[row], 1).ok()) << table->rows[row].cells[1];
  }
  EXPECT_EQ(*table->Number(table->rows[5], 1), -25);
}

TEST_F(CsvTest, AFractionIsNoInteger) {
  const auto table = Read("a\n1.5\n-7\n9223372036854775808\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Integer(table->rows[0], 0).status().message(), HasSubstr("not an integer"));
  EXPECT_EQ(*table->Integer(table->rows[1], 0), -7);
  EXPECT_FALSE(table->Integer(table->rows[2], 0).ok());
}

TEST_F(CsvTest, AMissingColumnIsNamedWithThoseThereAre) {
  const auto table = Read("a,b\n1,2\n");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(*table->Column("b"), 1U);
  EXPECT_THAT(table->Column("c").status().message(),
              HasSubstr("t.csv:1: no column \"c\"; the header has a,b"));
}

TEST_F(CsvTest, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadCsv(folder_.path() + "/none.csv").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace silhouette
