#include "common/memory_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace silhouette {
namespace {

std::string Read(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path).rdbuf();
  return out.str();
}

TEST(MemoryFile, HoldsWhatWasPutThereLastFilledUpWithNewlines) {
  auto file = MemoryFile::Create("test");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Read((*file)->path()), "");
  ASSERT_TRUE((*file)->Replace("first one").ok());
  EXPECT_EQ(Read((*file)->path()), "first one");
  ASSERT_TRUE((*file)->Replace("second").ok());
  EXPECT_EQ(Read((*file)->path()), "second\n\n\n");
  ASSERT_TRUE((*file)->Replace("the third one").ok());
  EXPECT_EQ(Read((*file)->path()), "the third one");
}

TEST(MemoryFile, WhoHasItOpenReadsTheOldContentOn) {
  auto file = MemoryFile::Create("test");
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Replace("old").ok());
  std::ifstream opened((*file)->path());
  ASSERT_TRUE((*file)->Replace("new").ok());
  std::string word;
  opened >> word;
  EXPECT_EQ(word, "old");
}

}  // namespace
}  // namespace silhouette
