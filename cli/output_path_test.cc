#include "cli/output_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OutputPathTest : public ::testing::Test {
 protected:
  OutputPathTest() : folder_(absl::StrCat(::testing::TempDir(), "output_path.", getpid())) {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "calls.csv") << "a\n";
  }
  ~OutputPathTest() override { fs::remove_all(folder_); }

  std::string Refusal(const std::string& path) const {
    const std::vector<std::string> taken = {Path("calls.csv"), Path("new.csv")};
    return std::string(CheckOutputPath("--report", path, taken).message());
  }
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  const fs::path folder_;
};

TEST_F(OutputPathTest, AFileThatIsThereOrNotIsFine) {
  EXPECT_EQ(Refusal(Path("new.html")), "");
  std::ofstream(folder_ / "old.html") << "old";
  EXPECT_EQ(Refusal(Path("old.html")), "");
  EXPECT_EQ(fs::file_size(folder_ / "old.html"), 3U) << "and is as it was";
  EXPECT_FALSE(fs::exists(folder_ / "new.html")) << "nothing is written yet";
}

TEST_F(OutputPathTest, WhatIsNoFileIsRefused) {
  EXPECT_EQ(Refusal("-"), "--report: -: is no ordinary file; name one");
  EXPECT_THAT(Refusal("/dev/null"), HasSubstr("is no ordinary file"));
  EXPECT_THAT(Refusal(folder_.string()), HasSubstr("is a directory; name a file inside it"));
  EXPECT_EQ(Refusal(""), "--report: names no file");
}

TEST_F(OutputPathTest, AFolderThatIsNotThereOrTakesNoFileIsRefused) {
  EXPECT_THAT(Refusal(Path("no/x.html")), HasSubstr("; make it first"));
  EXPECT_THAT(Refusal("/proc/x.html"), HasSubstr("cannot be written: "));
}

TEST_F(OutputPathTest, WhatCannotBeWrittenIsNoFlagsFault) {
  EXPECT_TRUE(CheckWritable(Path("calls.csv")).ok());
  const absl::Status status = CheckWritable(Path("no/x.csv"));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            absl::StrCat(Path("no/x.csv"),
                         ": cannot be written: No such file or directory; check its folder"));
}

TEST_F(OutputPathTest, WhatIsReadOrWrittenBesidesKeepsItsPlace) {
  EXPECT_THAT(Refusal(Path("./calls.csv")), HasSubstr("is read or written besides"));
  EXPECT_THAT(Refusal(Path("new.csv")), HasSubstr("is read or written besides"));
  fs::create_symlink("calls.csv", folder_ / "link.csv");
  EXPECT_THAT(Refusal(Path("link.csv")), HasSubstr("is read or written besides"));
}

}  // namespace
}  // namespace silhouette
