#include "common/capture_file/mapped_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <vector>

#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;

class MappedFileTest : public ::testing::Test {
 protected:
  void Write(size_t bytes) {
    std::ofstream(path_, std::ios::binary) << std::string(bytes, 'x');
    descriptor_ = open(path_.c_str(), O_RDONLY);
  }
  ~MappedFileTest() override {
    if (descriptor_ >= 0) close(descriptor_);
  }
  TemporaryFolder folder_;
  const std::string path_ = folder_.File("file");
  int descriptor_ = -1;
};

constexpr size_t kLarge = (5 << 20) + 123;

TEST_F(MappedFileTest, AdvancesToItsEndInStretches) {
  Write(kLarge);
  auto file = MappedFile::Map(descriptor_);
  if (file == nullptr) GTEST_SKIP() << "this kernel cannot bring pages in (Linux 5.14 can)";
  EXPECT_EQ(file->size(), kLarge);
  EXPECT_GT(file->ready(), 0u);
  EXPECT_LT(file->ready(), kLarge);
  while (file->ready() < file->size()) ASSERT_TRUE(file->Advance().ok());
  EXPECT_EQ(file->data()[kLarge - 1], 'x');
}

TEST_F(MappedFileTest, AFileThatShrinksGivesAnErrorAndNoSignal) {
  Write(kLarge);
  auto file = MappedFile::Map(descriptor_);
  if (file == nullptr) GTEST_SKIP() << "this kernel cannot bring pages in (Linux 5.14 can)";
  std::filesystem::resize_file(path_, 1 << 20);
  EXPECT_TRUE(file->Check().ok());
  EXPECT_EQ(file->data()[file->ready() - 1], 0) << "it was brought in, and is gone";
  EXPECT_TRUE(absl::IsDataLoss(file->Check()));
  EXPECT_EQ(file->data()[0], 'x') << "what is left of the file is there";
  const absl::Status status = file->Check();
  EXPECT_THAT(std::string(status.message()), HasSubstr("was cut while it was read"));
}

TEST_F(MappedFileTest, WhatHasNoSizeIsNotMapped) {
  Write(0);
  EXPECT_EQ(MappedFile::Map(descriptor_), nullptr);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(MappedFile::Map(ends[0]), nullptr);
  close(ends[0]);
  close(ends[1]);
}

TEST_F(MappedFileTest, BringingInWhatIsGoneIsAnErrorToo) {
  Write(kLarge);
  auto file = MappedFile::Map(descriptor_);
  if (file == nullptr) GTEST_SKIP() << "this kernel cannot bring pages in (Linux 5.14 can)";
  std::filesystem::resize_file(path_, 1 << 20);
  EXPECT_TRUE(absl::IsDataLoss(file->Advance()));
}

TEST_F(MappedFileTest, AsManyAreGuardedAsThereIsRoomForAndNoMoreAreMapped) {
  Write(100);
  std::vector<std::unique_ptr<MappedFile>> files;
  for (int i = 0; i < MappedFile::kMaxFiles; ++i) {
    files.push_back(MappedFile::Map(descriptor_));
    if (files.back() == nullptr) GTEST_SKIP() << "this kernel cannot bring pages in";
  }
  EXPECT_EQ(MappedFile::Map(descriptor_), nullptr);
  files.pop_back();
  EXPECT_NE(MappedFile::Map(descriptor_), nullptr);
}

}  // namespace
}  // namespace silhouette
