#include "learn/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class DatasetTest : public ::testing::Test {
 protected:
  absl::StatusOr<Dataset> Read(std::string_view content, std::vector<std::string> classes = {}) {
    return ReadDataset({folder_.Write("w.csv", content)}, {.label = "who",
                                                           .classes = classes,
                                                           .blocks = "minute",
                                                           .features = {"x", "y"},
                                                           .ignored = {},
                                                           .marks = {}});
  }
  std::string ErrorOf(std::string_view content, std::vector<std::string> classes = {}) {
    const absl::StatusOr<Dataset> data = Read(content, std::move(classes));
    EXPECT_EQ(data.status().code(), absl::StatusCode::kInvalidArgument) << content;
    return std::string(data.status().message());
  }

  TestFolder folder_;
};

TEST_F(DatasetTest, ColumnsArePickedByTheirNames) {
  const auto data = Read("minute,who,y,other,x\n3,a,2,z,1\n4,b,20,z,10\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->feature_names, ElementsAre("x", "y"));
  EXPECT_THAT(data->features, ElementsAre(1, 2, 10, 20));
  EXPECT_THAT(data->row(1), ElementsAre(10, 20));
  EXPECT_THAT(data->block, ElementsAre(0, 1));
}

TEST_F(DatasetTest, TextLabelsBecomeClassesInSortedOrder) {
  const auto data = Read("x,y,who,minute\n1,1,person,0\n1,1,background,0\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->classes, ElementsAre("background", "person"));
  EXPECT_THAT(data->label, ElementsAre(1, 0));
}

TEST_F(DatasetTest, NumbersAreIndicesOfTheNamedClasses) {
  const auto data = Read("x,y,who,minute\n1,1,1,0\n1,1,0,0\n1,1,on,0\n", {"off", "on"});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->classes, ElementsAre("off", "on"));
  EXPECT_THAT(data->label, ElementsAre(1, 0, 1));
}

TEST_F(DatasetTest, WindowsAreNumberedByTheirColumnOrElseInOrder) {
  const auto numbered = Read("window,x,y,who,minute\n7,1,1,a,0\n9,1,1,b,0\n");
  ASSERT_TRUE(numbered.ok()) << numbered.status();
  EXPECT_THAT(numbered->window, ElementsAre(7, 9));
  const auto unnumbered = Read("x,y,who,minute\n1,1,a,0\n1,1,b,0\n");
  ASSERT_TRUE(unnumbered.ok()) << unnumbered.status();
  EXPECT_THAT(unnumbered->window, ElementsAre(0, 1));
}

TEST_F(DatasetTest, AMissingColumnIsNamed) {
  EXPECT_THAT(ErrorOf("x,who,minute\n1,a,0\n"), HasSubstr("no column \"y\""));
  EXPECT_THAT(ErrorOf("x,y,minute\n1,1,0\n"), HasSubstr("no column \"who\""));
  EXPECT_THAT(ErrorOf("x,y,who\n1,1,a\n"), HasSubstr("no column \"minute\""));
}

TEST_F(DatasetTest, WhatIsNoFiniteFloatIsRefusedByLineAndColumn) {
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,a,0\n1,big,b,0\n"),
              HasSubstr("w.csv:3: column y: \"big\" is not a number"));
  EXPECT_THAT(ErrorOf("x,y,who,minute\nnan,1,a,0\n"), HasSubstr("w.csv:2: column x: \"nan\""));
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1e300,1,a,0\n"), HasSubstr("column x: 1e300 is too large"));
}

TEST_F(DatasetTest, AnUnknownLabelIsRefused) {
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,2,0\n", {"off", "on"}),
              HasSubstr("w.csv:2: column who: \"2\" is no class; write off, on or an index"));
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,,0\n"), HasSubstr("column who: empty label"));
}

TEST_F(DatasetTest, OneClassAloneIsRefused) {
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,a,0\n2,2,a,0\n"),
              HasSubstr("w.csv:2 to 3: column who: all rows are of class a"));
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,0,0\n2,2,0,0\n", {"off", "on"}),
              HasSubstr("no row is of class on"));
}

TEST_F(DatasetTest, ATableWithoutRowsIsRefused) {
  EXPECT_THAT(ErrorOf("x,y,who,minute\n"), HasSubstr("no rows"));
}

TEST_F(DatasetTest, AClassNamedTwiceIsRefused) {
  EXPECT_THAT(ErrorOf("x,y,who,minute\n1,1,0,0\n", {"a", "a"}), HasSubstr("there twice"));
}

TEST_F(DatasetTest, TheCommentsSayWhatIsSimulated) {
  const auto data = Read("# simulated\nx,y,who,minute\n1,1,a,0\n1,1,b,0\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_TRUE(data->simulated);
}

TEST_F(DatasetTest, ThePublishedTableFitsThePresenceSchema) {
  if (!std::filesystem::exists(ZoomTable())) GTEST_SKIP() << ZoomTable() << " is missing";
  const auto data = ReadZoomTable();
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->rows(), 1205U);
  EXPECT_EQ(data->features.size(), 1205U * 9);
  EXPECT_EQ(data->block.back(), 9);
}

TEST_F(DatasetTest, EachColumnThatNothingIsSaidOfIsAFeature) {
  const std::string path = folder_.Write(
      "all.csv", "window,start_s,minute,a,held,b,who,note\n1,0,x,1,0,2,on,n\n2,1,x,3,1,4,off,n\n");
  const auto data = ReadDataset({path}, {.label = "who",
                                         .classes = {},
                                         .blocks = "minute",
                                         .features = {},
                                         .ignored = {"note"},
                                         .marks = {"held"}});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->feature_names, ElementsAre("a", "b"));
  EXPECT_THAT(data->features, ElementsAre(1, 2, 3, 4));
  ASSERT_EQ(data->marks.size(), 1U);
  EXPECT_THAT(data->marks[0].is_test, ElementsAre(false, true));
}

TEST_F(DatasetTest, ATextThatNobodyIgnoresIsNamedWithItsColumn) {
  const std::string path = folder_.Write("t.csv", "a,note,who\n1,n,on\n2,n,off\n");
  EXPECT_THAT(ReadDataset({path}, {.label = "who"}).status().message(),
              HasSubstr("t.csv:2: column note: \"n\" is not a number"));
  EXPECT_THAT(ReadDataset({path}, {.label = "who", .ignored = {"nothing"}}).status().message(),
              HasSubstr("no column \"nothing\""));
  EXPECT_THAT(ReadDataset({path}, {.label = "who", .ignored = {"a", "note"}}).status().message(),
              HasSubstr("no column is left"));
}

TEST_F(DatasetTest, AMarkIsZeroOrOne) {
  const std::string path = folder_.Write("m.csv", "a,held,who\n1,2,on\n2,0,off\n");
  EXPECT_THAT(ReadDataset({path}, {.label = "who", .marks = {"held"}}).status().message(),
              HasSubstr("m.csv:2: column held: write 1"));
}

TEST_F(DatasetTest, SeveralFilesShareTheirColumns) {
  const std::string a = folder_.Write("a.csv", "x,y,who,part\n1,2,on,1\n3,4,off,1\n");
  const std::string b = folder_.Write("b.csv", "who,z,y,part\noff,9,5,1\non,9,6,2\n");
  const auto data = ReadDataset({a, b}, {.label = "who", .blocks = "part"});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->feature_names, ElementsAre("y"));
  EXPECT_THAT(data->features, ElementsAre(2, 4, 5, 6));
  EXPECT_THAT(data->source, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(data->source_names, ElementsAre("a.csv", "b.csv"));
  EXPECT_THAT(data->sequence, ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(data->block, ElementsAre(0, 0, 1, 2)) << "a block ends with its file";
  EXPECT_FALSE(data->AreNeighbours(1, 2));
  EXPECT_TRUE(data->AreNeighbours(2, 3));
}

TEST_F(DatasetTest, SubjectsAreToldApart) {
  const auto data = Read("subject,x,y,who,minute\nb,1,1,a,0\na,2,2,a,0\nb,3,3,b,0\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->features, ElementsAre(2, 2, 1, 1, 3, 3));
  EXPECT_THAT(data->sequence, ElementsAre(0, 1, 1));
  EXPECT_THAT(data->window, ElementsAre(0, 0, 1));
  EXPECT_THAT(data->line, ElementsAre(3, 2, 4));
}

TEST_F(DatasetTest, TheMarginIsOneHorizonOfTheSchemaWhoseFeaturesAreThere) {
  const auto margin_with = [&](const std::vector<std::string>& features) {
    const std::string cells = absl::StrJoin(std::vector<int>(features.size(), 1), ",");
    const auto data = ReadDataset(
        {folder_.Write("m.csv", absl::StrCat("start_ns,who,", absl::StrJoin(features, ","),
                                             "\n0,a,", cells, "\n2000000000,b,", cells, "\n"))},
        {.label = "who"});
    return data.ok() ? data->margin : -1;
  };
  std::vector<std::string> features = FeatureColumns(**FindSchema("presence.v1"));
  EXPECT_EQ(margin_with(features), 3) << "5 s of windows every 2 s";
  features.push_back("another");
  EXPECT_EQ(margin_with(features), 3);
  features.erase(features.begin());
  EXPECT_EQ(margin_with(features), 10) << "of no schema";
}

TEST_F(DatasetTest, NumbersThatFallBackBeginAnotherRecording) {
  const auto data = Read("window,x,y,who,minute\n7,1,1,a,0\n8,1,1,b,0\n8,1,1,b,0\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->sequence, ElementsAre(0, 0, 1));
}

TEST(RowsTest, SequencesAreRunsOfTheRowsThatAreGiven) {
  Dataset data = TakingTurns(4, 2);
  data.sequence = {0, 0, 0, 1, 1, 2, 2, 2};
  const std::vector<RowRange> runs = SequencesOf(data, std::vector<size_t>{0, 2, 5, 6, 7});
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0].begin, 0U);
  EXPECT_EQ(runs[0].end, 2U);
  EXPECT_EQ(runs[1].begin, 2U);
  EXPECT_EQ(runs[1].size(), 3U);
  EXPECT_TRUE(SequencesOf(data, {}).empty());
}

TEST(RowsTest, RowsAreCountedByClass) {
  Dataset data = TakingTurns(3, 2);
  data.classes.push_back("unseen");
  EXPECT_THAT(RowsByClass(data, AllRows(data)), ElementsAre(4, 2, 0));
  EXPECT_THAT(RowsByClass(data, std::vector<size_t>{1, 2, 3}), ElementsAre(1, 2, 0));
}

}  // namespace
}  // namespace silhouette
