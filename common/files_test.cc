#include "common/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<std::string> NamesIn(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    names.push_back(entry.path().filename());
  }
  return names;
}

TEST(Files, ContentComesBackByteByByte) {
  TemporaryFolder folder;
  std::string content = "first\r\n\0second";
  content.push_back('\0');
  ASSERT_TRUE(WriteFileByRename(folder.File("x"), content).ok());
  EXPECT_EQ(*ReadFile(folder.File("x")), content);
  ASSERT_TRUE(WriteFileByRename(folder.File("x"), "").ok());
  EXPECT_EQ(*ReadFile(folder.File("x")), "");
}

TEST(Files, WritingLeavesTheFileAndNothingElse) {
  TemporaryFolder folder;
  ASSERT_TRUE(WriteFileByRename(folder.File("x"), "old").ok());
  ASSERT_TRUE(WriteFileByRename(folder.File("x"), "new").ok());
  EXPECT_EQ(*ReadFile(folder.File("x")), "new");
  EXPECT_THAT(NamesIn(folder.path()), ::testing::ElementsAre("x"));
}

TEST(Files, AFolderThatIsNotThereCannotBeWrittenTo) {
  TemporaryFolder folder;
  const absl::Status status = WriteFileByRename(folder.File("no/x"), "content");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(StartsWith(folder.File("no/x")), HasSubstr("No such file")));
}

TEST(Files, AFailedRenameLeavesTheTargetAndNoPartialFile) {
  TemporaryFolder folder;
  std::filesystem::create_directories(folder.File("taken/inside"));
  EXPECT_FALSE(WriteFileByRename(folder.File("taken"), "content").ok());
  EXPECT_THAT(NamesIn(folder.path()), ::testing::ElementsAre("taken"));
}

TEST(Files, WhatCannotBeReadIsRefusedByPathReasonAndRemedy) {
  TemporaryFolder folder;
  absl::Status status = CheckReadableFile(folder.File("missing"));
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_EQ(std::string(status.message()),
            folder.File("missing") + ": no such file; check the path");
  status = CheckReadableFile(folder.path());
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is a directory"));
  EXPECT_EQ(ReadFile(folder.path()).status(), status);
}

TEST(Files, AFileThatMayNotBeReadIsPermissionDenied) {
  if (geteuid() == 0) GTEST_SKIP() << "root may read everything";
  TemporaryFolder folder;
  const std::string path = folder.Write("secret", "x");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  const absl::Status status = CheckReadableFile(path);
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  EXPECT_THAT(std::string(status.message()), AllOf(StartsWith(path), HasSubstr("permissions")));
}

}  // namespace
}  // namespace silhouette
