// A capture with its truth is the same data as the table that `features` makes of it, joined with
// that truth.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/features_command.h"
#include "common/window_spec.h"
#include "learn/data/csv.h"
#include "learn/data/dataset.h"
#include "learn/data/labelled_captures.h"
#include "learn/simulate/home.h"
#include "learn/simulate/pcap_writer.h"

namespace silhouette {
namespace {

constexpr int64_t kStartNs = 1'700'000'000'000'000'000;

class CapturesAsTablesTest : public ::testing::Test {
 protected:
  CapturesAsTablesTest() {
    folder_ = absl::StrCat(::testing::TempDir(), "captures_as_tables.", getpid());
    std::filesystem::create_directories(folder_);
    const auto home =
        simulate::SimulateHome({.call = {.duration_s = 30, .start_ns = kStartNs}, .before_s = 0});
    EXPECT_TRUE(simulate::WritePcap(Path("home.pcap"), home->packets).ok());
    std::ofstream(Path("truth.csv")) << "start_s,end_s,label\n";
    for (const auto& [from, to, label] : kTruth) {
      std::ofstream(Path("truth.csv"), std::ios::app) << from << "," << to << "," << label << "\n";
    }
  }
  ~CapturesAsTablesTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // The windows of these subjects as `features` writes them, with label, block and window number.
  std::string JoinedTable(const std::vector<std::string>& args, int64_t length_ns,
                          const std::vector<std::string>& subjects) {
    CLI::App app;
    int exit_status = -1;
    AddFeaturesCommand(&app, &exit_status);
    app.parse(absl::StrCat("features ", Path("home.pcap"), " -o ", Path("windows.csv"), " ",
                           absl::StrJoin(args, " ")));
    EXPECT_EQ(exit_status, 0);
    const auto windows = ReadCsv(Path("windows.csv"));
    std::ofstream out(Path("home.pcap.csv"));
    out << "label,block,window," << absl::StrJoin(windows->header.cells, ",") << "\n";
    for (const CsvRow& row : windows->rows) {
      if (std::find(subjects.begin(), subjects.end(), row.cells[1]) == subjects.end()) continue;
      const int64_t start_ns = *windows->Integer(row, 0);
      const double middle_s = static_cast<double>(start_ns + length_ns / 2 - kStartNs) / 1e9;
      for (size_t i = 0; i < std::size(kTruth); ++i) {
        if (middle_s < kTruth[i].from_s || middle_s >= kTruth[i].to_s) continue;
        out << kTruth[i].label << "," << i << "," << start_ns / length_ns << ","
            << absl::StrJoin(row.cells, ",") << "\n";
      }
    }
    return Path("home.pcap.csv");
  }

  struct Interval {
    double from_s, to_s;
    const char* label;
  };
  static constexpr Interval kTruth[] = {
      {0, 8.5, "person"}, {8.5, 13.25, "background"}, {15, 22, "person"}, {22, 28, "background"}};

  std::string folder_;
};

void ExpectEqual(const Dataset& captured, const Dataset& table) {
  EXPECT_EQ(captured.feature_names, table.feature_names);
  EXPECT_EQ(captured.features, table.features) << "to the last bit";
  EXPECT_EQ(captured.classes, table.classes);
  EXPECT_EQ(captured.label, table.label);
  EXPECT_EQ(captured.block, table.block);
  EXPECT_EQ(captured.window, table.window);
  EXPECT_EQ(captured.sequence, table.sequence);
  EXPECT_EQ(captured.source, table.source);
  EXPECT_EQ(captured.simulated, table.simulated);
}

TEST_F(CapturesAsTablesTest, ACallIsTheTableOfItsWindows) {
  const std::string call = "conversation:192.168.1.20-203.0.113.7/udp";
  LabelledCaptures from;
  from.files = {{Path("home.pcap"), Path("truth.csv")}};
  from.spec = *ParseSpec("subject=conversation,window=500ms,schema=presence.v1,protocol=udp");
  const auto captured = ReadLabelledCaptures(from);
  ASSERT_TRUE(captured.ok()) << captured.status();
  const auto table = ReadDataset({JoinedTable({"--protocol", "udp"}, 500'000'000, {call})},
                                 {.label = "label", .blocks = "block"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_GT(table->rows(), 50U);
  ExpectEqual(captured->data, *table);
}

TEST_F(CapturesAsTablesTest, SeveralDevicesOfTrafficFeaturesAreTheTableOfTheirWindows) {
  LabelledCaptures from;
  from.files = {{Path("home.pcap"), Path("truth.csv")}};
  from.spec = *ParseSpec("subject=device,window=1s,schema=traffic.v1");
  from.subjects = {"device:192.168.1.20", "device:192.168.1.1"};
  const auto captured = ReadLabelledCaptures(from);
  ASSERT_TRUE(captured.ok()) << captured.status();
  const auto table = ReadDataset(
      {JoinedTable({"--schema", "traffic.v1", "--window", "1s"}, 1'000'000'000, from.subjects)},
      {.label = "label", .blocks = "block"});
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->sequence.back(), 1U);
  ExpectEqual(captured->data, *table);
}

}  // namespace
}  // namespace silhouette
