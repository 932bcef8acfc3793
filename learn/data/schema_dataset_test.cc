#include "learn/data/schema_dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learn/test_support.h"

namespace silhouette {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr int64_t kHalfSecond = 500'000'000;

class SchemaDatasetTest : public ::testing::Test {
 protected:
  absl::StatusOr<Dataset> Read(const std::string& schema, const std::string& content) {
    const DatasetColumns columns{.label = "who"};
    return ReadSchemaDataset({folder_.Write("w.csv", content)}, columns, **FindSchema(schema),
                             kHalfSecond);
  }
  // One column of all rows.
  static std::vector<double> Column(const Dataset& data, size_t column) {
    std::vector<double> values;
    for (size_t i = 0; i < data.rows(); ++i) values.push_back(data.row(i)[column]);
    return values;
  }

  TestFolder folder_;
};

TEST_F(SchemaDatasetTest, ATableThatHasTheColumnsIsReadAsItIs) {
  const auto data =
      Read("presence.v2.ratio", "packets_ratio,bytes_ratio,iat_mean_ratio,who\n1,2,3,a\n4,5,6,b\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->features, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(SchemaDatasetTest, RatiosFollowFromThreeColumnsOfPresenceV1) {
  std::string text = "window,total_packets,size_mean,iat_mean,who\n";
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&text, i, ",", i < 20 ? 10 : 30, ",100,0.5,", i < 20 ? "a" : "b", "\n");
  }
  const auto data = Read("presence.v2.ratio", text);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->feature_names, ElementsAre("packets_ratio", "bytes_ratio", "iat_mean_ratio"));
  const std::vector<double> packets = Column(*data, 0);
  EXPECT_EQ(packets[19], 1);
  EXPECT_DOUBLE_EQ(packets[20], (11.0) / (230.0 / 21));
  EXPECT_DOUBLE_EQ(packets[39], 30.0 / 20);
  EXPECT_THAT(Column(*data, 1), Pointwise(DoubleEq(), packets));
  EXPECT_EQ(Column(*data, 2), std::vector<double>(40, 1));
  EXPECT_EQ(data->line[39], 41U);
}

TEST_F(SchemaDatasetTest, HolesSilenceAndOtherRecordingsAreNotThePast) {
  const auto data = Read("presence.v2.ratio",
                         "window,total_packets,size_mean,iat_mean,who\n"
                         "0,10,100,1,a\n"
                         "179,30,100,1,a\n"  // both
                         "180,50,100,1,a\n"  // the first is out of reach
                         "181,0,0,0,a\n"     // silent
                         "5,70,100,1,b\n");  // the numbers fall back: another recording
  ASSERT_TRUE(data.ok()) << data.status();
  // Fewer than 20 windows: the recent ones are all there are.
  EXPECT_THAT(Column(*data, 0), ElementsAre(1, 1, 1, 1, 1));
  const auto v2 = Read("presence.v2",
                       "window,size_mean,size_std,size_median,iat_mean,iat_std,iat_median,"
                       "inbound_packets,outbound_packets,total_packets,who\n"
                       "0,100,0,0,0,0,0,10,0,10,a\n"
                       "4,100,0,0,0,0,0,30,0,30,a\n"
                       "5,100,0,0,0,0,0,50,0,50,a\n"
                       "6,0,0,0,0,0,0,0,0,0,a\n"
                       "5,100,0,0,0,0,0,70,0,70,b\n");
  ASSERT_TRUE(v2.ok()) << v2.status();
  EXPECT_THAT(Column(*v2, 0), ElementsAre(10, 20, 40, 40, 70));
}

TEST_F(SchemaDatasetTest, StartTimesNumberTheWindows) {
  const auto data = Read("presence.v2.ratio",
                         "start_ns,total_packets,size_mean,iat_mean,who\n"
                         "500000000,10,100,1,a\n"
                         "1000000000,30,100,1,b\n"
                         "95000000000,50,100,1,a\n");  // the others are out of reach
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->window, ElementsAre(1, 2, 190));
  EXPECT_EQ(data->hop_ns, kHalfSecond);
  EXPECT_FALSE(data->AreNeighbours(1, 2));
}

TEST_F(SchemaDatasetTest, TheMarginIsOneHorizonOfTheSchemaAndNotOfItsInputs) {
  const FeatureSchema& schema = **FindSchema("presence.v2.ratio");
  const auto data = Read(schema.name, "total_packets,size_mean,iat_mean,who\n1,1,1,a\n2,2,2,b\n");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(data->margin, MarginOf(schema, kHalfSecond));
  EXPECT_GT(data->margin, 10);
}

TEST_F(SchemaDatasetTest, WindowsOfAnotherStepThanTheirLengthAreRefused) {
  for (const char* hop : {"100000000", "5000000000"}) {
    const auto data = Read("presence.v2.ratio",
                           absl::StrCat("start_ns,packets_ratio,bytes_ratio,iat_mean_ratio,who\n",
                                        "0,1,1,1,a\n", hop, ",1,1,1,b\n"));
    EXPECT_THAT(data.status().message(), HasSubstr("and not every 500ms; say their length"));
  }
}

TEST_F(SchemaDatasetTest, WhatNoFloatHoldsIsNamed) {
  const auto data = Read("presence.v2",
                         "size_mean,size_std,size_median,iat_mean,iat_std,iat_median,"
                         "inbound_packets,outbound_packets,total_packets,who\n"
                         "1,1,1,1,1,1,1,1,2,a\n3e38,1,1,1,1,1,1,1,3e38,b\n");
  EXPECT_THAT(data.status().message(),
              HasSubstr("w.csv:3: its windows are too large for presence.v2"));
}

TEST_F(SchemaDatasetTest, TablesOfTwoKindsAreRefused) {
  const std::string v1 = folder_.Write("v1.csv", "total_packets,size_mean,iat_mean,who\n1,1,1,a\n");
  const std::string ratio =
      folder_.Write("r.csv", "packets_ratio,bytes_ratio,iat_mean_ratio,who\n1,1,1,b\n");
  const auto data = ReadSchemaDataset({v1, ratio}, {.label = "who"},
                                      **FindSchema("presence.v2.ratio"), kHalfSecond);
  EXPECT_THAT(data.status().message(), HasSubstr("r.csv: has columns packets_ratio"));
  EXPECT_THAT(data.status().message(), HasSubstr("give tables of one kind"));
}

TEST_F(SchemaDatasetTest, OneFileUnderTwoNamesIsRefused) {
  const char* text = "a,who\n1,x\n2,y\n";
  const std::string one = folder_.Write("one.csv", text), two = folder_.Write("two.csv", text);
  EXPECT_THAT(ReadDataset({one, two}, {.label = "who"}).status().message(),
              HasSubstr("two.csv: holds the same as "));
}

TEST_F(SchemaDatasetTest, AMissingInputIsNamed) {
  EXPECT_THAT(Read("presence.v2", "total_packets,who\n1,a\n2,b\n").status().message(),
              HasSubstr("w.csv:1: no column \"size_mean\""));
}

}  // namespace
}  // namespace silhouette
