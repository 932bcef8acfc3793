#include "learn/simulate/truth_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace silhouette::simulate {
namespace {

std::string TempPath(const std::string& name) { return ::testing::TempDir() + "/truth_" + name; }

TEST(TruthWriterTest, WritesTheCommandTheHeaderAndALineForEachInterval) {
  const std::string path = TempPath("call.csv");
  const std::vector<TruthInterval> truth = {{0, 30.5, "person"}, {30.5, 120.000125, "background"}};
  ASSERT_TRUE(WriteTruth(path, truth, "silhouette simulate call --seed 1 --duration 120").ok());
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text,
            "# simulated: silhouette simulate call --seed 1 --duration 120\n"
            "start_s,end_s,label\n"
            "0.0,30.5,person\n"
            "30.5,120.000125,background\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST(TruthWriterTest, RefusesACommentOfTwoLines) {
  const std::string path = TempPath("two_lines.csv");
  EXPECT_EQ(WriteTruth(path, {}, "one\ntwo").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(TruthWriterTest, SaysWhichFolderIsMissing) {
  const absl::Status status = WriteTruth(TempPath("missing/truth.csv"), {}, "command");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("missing/truth.csv"), absl::string_view::npos) << status;
}

}  // namespace
}  // namespace silhouette::simulate
