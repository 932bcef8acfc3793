#include "cli/window_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "common/files.h"
#include "common/packet_bits.h"
#include "common/test_folder.h"
#include "common/window_spec.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

v1::WindowTable Table() {
  v1::WindowTable table;
  *table.mutable_spec() = *ParseSpec("subject=conversation,window=500ms,schema=presence.v1");
  table.add_subjects("conversation:10.0.0.1-10.0.0.2/udp");
  for (int row = 0; row < 2; ++row) {
    table.add_subject(0);
    table.add_start_ns(500'000'000 * row);
    table.mutable_flags()->push_back(row == 1 ? kWindowPartial : 0);
    for (int i = 0; i < 9; ++i) table.add_values(row == 0 ? 0.1 * i : 0);
  }
  table.set_values(7, 1e21);
  return table;
}

const FeatureSchema& Schema() { return **FindSchema("presence.v1"); }

std::string Line(WindowFormat format, int row) {
  const v1::WindowTable table = Table();
  return WindowLine(format, table, row, Schema(), FormatSpec(table.spec()));
}

TEST(WindowFile, CsvNumbersReadBackAsTheyWere) {
  const std::string line = Line(WindowFormat::kCsv, 0);
  EXPECT_EQ(line,
            "0,conversation:10.0.0.1-10.0.0.2/udp,0,0,0.1,0.2,0.30000000000000004,0.4,0.5,"
            "0.6000000000000001,1e+21,0.8");
  EXPECT_EQ(Line(WindowFormat::kCsv, 1),
            "500000000,conversation:10.0.0.1-10.0.0.2/udp,1,0,0,0,0,0,0,0,0,0");
}

TEST(WindowFile, CsvStartsWithTheNamesOfItsColumns) {
  EXPECT_EQ(WindowHeader(WindowFormat::kCsv, Schema()),
            "start_ns,subject,partial,size_mean,size_std,size_median,iat_mean,iat_std,iat_median,"
            "inbound_packets,outbound_packets,total_packets");
  EXPECT_EQ(WindowHeader(WindowFormat::kJsonl, Schema()), "");
}

TEST(WindowFile, JsonNamesEachFeature) {
  const auto json = nlohmann::json::parse(Line(WindowFormat::kJsonl, 1))["window"];
  EXPECT_EQ(json["start_ns"], 500'000'000);
  EXPECT_EQ(json["end_ns"], 1'000'000'000);
  EXPECT_EQ(json["partial"], true);
  EXPECT_EQ(json["schema"], "presence.v1");
  EXPECT_EQ(json["spec"], "subject=conversation,window=500ms,schema=presence.v1");
  EXPECT_EQ(json["features"].size(), 9u);
}

TEST(WindowFile, LibsvmLeavesZerosOutAndCountsFromOne) {
  EXPECT_EQ(Line(WindowFormat::kLibsvm, 0),
            "0 2:0.1 3:0.2 4:0.30000000000000004 5:0.4 6:0.5 7:0.6000000000000001 8:1e+21 9:0.8 "
            "# 0 conversation:10.0.0.1-10.0.0.2/udp");
  EXPECT_EQ(Line(WindowFormat::kLibsvm, 1),
            "0 # 500000000 conversation:10.0.0.1-10.0.0.2/udp partial");
}

TEST(WindowFile, AFileAppearsOnceItIsWhole) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/windows.csv";
  auto file = WindowFile::Open(path, WindowFormat::kCsv, Schema(), false);
  ASSERT_TRUE(file.ok()) << file.status();
  v1::WindowBatch batch;
  *batch.add_tables() = Table();
  ASSERT_EQ((*file)->Write(batch), absl::OkStatus());
  EXPECT_FALSE(CheckReadableFile(path).ok());
  ASSERT_EQ((*file)->Finish(), absl::OkStatus());
  EXPECT_EQ((*file)->windows(), 2u);
  EXPECT_THAT(*ReadFile(path), HasSubstr("\n500000000,conversation"));
}

TEST(WindowFile, APlaceThatCannotBeWrittenIsNamed) {
  const auto file = WindowFile::Open("/nowhere/windows.csv", WindowFormat::kCsv, Schema(), false);
  EXPECT_THAT(std::string(file.status().message()),
              HasSubstr("/nowhere/windows.csv: cannot be written: No such file"));
}

}  // namespace
}  // namespace silhouette
