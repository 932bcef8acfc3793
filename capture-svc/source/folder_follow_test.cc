// Folders that another program fills while they are read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "capture-svc/source/folder_source_fixture.h"
#include "common/capture_file/pcapng_writer.h"

namespace silhouette {
namespace {

using test_pcap::Header;
using test_pcap::Pcap;
using test_pcap::Records;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(FolderSourceTest, TheLastFileIsReadAsItGrowsEvenInTheMiddleOfAPacket) {
  ASSERT_TRUE(Open(true).ok());
  const std::string bytes = Pcap({1, 2});
  // From no file at all, a byte at a time.
  for (char byte : bytes) Then([=, this] { Append("1.pcap", std::string(1, byte)); });
  Then([] {});
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
  EXPECT_THAT(notes().first, IsEmpty());
  EXPECT_EQ(source_->bytes_read(), bytes.size());
}

TEST_F(FolderSourceTest, PcapngGrowsLikewise) {
  {
    auto writer = *PcapngWriter::Create(folder_.File("x"), "eth0");
    const std::vector<uint8_t> frame(5, 1);
    for (int64_t time : {1, 2}) ASSERT_TRUE(writer->Write({time, 60, 1, frame}, 5).ok());
    ASSERT_TRUE(writer->Write({3, 60, kLinkRaw, frame}, 5).ok());
    ASSERT_TRUE(writer->Close(4, {7, 0}).ok());
  }
  std::ifstream file(folder_.File("x"), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(Open(true, "*.pcapng").ok());
  for (char byte : bytes) Then([=, this] { Append("1.pcapng", std::string(1, byte)); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3));
  EXPECT_THAT(notes().first, IsEmpty());
  EXPECT_EQ(source_->loss().kernel_dropped, 7u);
}

TEST_F(FolderSourceTest, ANewerFileEndsTheOneBeforeAndACutThereIsNoted) {
  folder_.Write("1.pcap", Pcap({1, 2}).substr(0, 60));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { folder_.Write("2.pcap", Pcap({3})); });
  Then([this] { Append("2.pcap", Records({4})); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 3, 4));
  EXPECT_EQ(notes().files_cut, 1u);
  EXPECT_THAT(notes().first, ElementsAre(HasSubstr("1.pcap: cut at byte 60, inside packet 2")));
}

TEST_F(FolderSourceTest, WhatAFileGotBeforeTheNewerOneCameIsReadFirst) {
  folder_.Write("1.pcap", Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] {
    Append("1.pcap", Records({2}));
    folder_.Write("2.pcap", Pcap({3}));
  });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3));
}

TEST_F(FolderSourceTest, AFileThatIsStillEmptyWaitsForItsFirstBytes) {
  folder_.Write("1.pcap", Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { folder_.Write("2.pcap", ""); });
  Then([this] { Append("1.pcap", Records({2})); });  // nor does it end the one before
  Then([this] { Append("2.pcap", Pcap({3})); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, AFileThatTurnsUpLateAndSortsBeforeIsReadAndTheLastOneGoesOn) {
  folder_.Write("5.pcap", Pcap({5}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { folder_.Write("1.pcap", Pcap({1})); });
  Then([this] { Append("5.pcap", Records({6})); });
  EXPECT_THAT(ReadAll(), ElementsAre(5, 1, 6));
}

TEST_F(FolderSourceTest, AFileGoesOnWhereAnotherProgramWritesNewerOnes) {
  folder_.Write("a1.pcap", Pcap({1}));
  folder_.Write("b1.pcap", Pcap({2}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { Append("a1.pcap", Records({3})); });
  Then([this] { folder_.Write("b2.pcap", Pcap({4})); });
  Then([this] { Append("a1.pcap", Records({5})); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, AFileThatIsRemovedBeforeItsTurnIsNoted) {
  for (const char* name : {"1.pcap", "2.pcap"}) folder_.Write(name, Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  std::filesystem::remove(folder_.File("2.pcap"));
  EXPECT_THAT(ReadAll(), ElementsAre(1));
  EXPECT_EQ(notes().files_unreadable, 1u);
  EXPECT_THAT(notes().first, ElementsAre(HasSubstr("2.pcap: was removed before it could be read")));
}

TEST_F(FolderSourceTest, ARingOfFilesIsReadRoundAfterRound) {
  folder_.Write("x.pcap0", Pcap({1, 2}));
  folder_.Write("x.pcap1", Pcap({3, 4}));
  ASSERT_TRUE(Open(true).ok());
  // Sizes tell little: the second round's are larger, the third's equal.
  for (uint32_t round : {10, 20, 30}) {
    Then([=, this] { folder_.Write("x.pcap0", Header()); });
    Then([=, this] { Append("x.pcap0", Records({round, round + 1})); });
    Then([=, this] { folder_.Write("x.pcap1", Pcap({round + 2, round + 3, round + 4})); });
    for (int i = 0; i < 12; ++i) Then([] {});
  }
  EXPECT_THAT(ReadAll(),
              ElementsAre(1, 2, 3, 4, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 30, 31, 32, 33, 34));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, ARemovedFileThatComesBackIsReadAnew) {
  folder_.Write("x.pcap", Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { std::filesystem::remove(folder_.File("x.pcap")); });
  Then([this] { folder_.Write("x.pcap", Pcap({2, 3})); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3));
}

TEST_F(FolderSourceTest, APackedFileIsReadOnceItStaysAsItIs) {
  const std::string packed = Gzip(folder_.Write("x.pcap", Pcap({1, 2})));
  std::ifstream file(packed, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(packed);
  std::filesystem::remove(folder_.File("x.pcap"));
  ASSERT_TRUE(Open(true).ok());
  const size_t half = bytes.size() / 2;
  Then([=, this] { Append("x.pcap.gz", bytes.substr(0, half)); });
  Then([] {});
  Then([=, this] { Append("x.pcap.gz", bytes.substr(half)); });
  for (int i = 0; i < 12; ++i) Then([] {});
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, WhatWasReadPlainIsNotReadPacked) {
  folder_.Write("1.pcap", Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  Then([this] { folder_.Write("2.pcap", Pcap({2})); });
  Then([this] { Gzip(folder_.File("1.pcap")); });
  Then([this] { std::filesystem::remove(folder_.File("1.pcap")); });
  Then([this] { folder_.Write("3.pcap", Pcap({3})); });
  Then([this] {
    Gzip(folder_.File("2.pcap"));
    std::filesystem::remove(folder_.File("2.pcap"));
  });
  for (int i = 0; i < 25; ++i) Then([] {});
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, DamageEndsAFileThoughNothingIsNewer) {
  folder_.Write("1.pcap", Pcap({1}) + std::string(40, '\xff'));
  ASSERT_TRUE(Open(true).ok());
  Then([] {});
  Then([this] { EXPECT_EQ(notes().files_cut, 1u); });
  Then([this] { folder_.Write("2.pcap", Pcap({2})); });
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
  EXPECT_THAT(notes().first, ElementsAre(HasSubstr("1.pcap: damaged at byte 44")));
}

TEST_F(FolderSourceTest, AFollowedFolderEndsWhenAskedToWithWhatCameBefore) {
  folder_.Write("1.pcap", Pcap({1}));
  ASSERT_TRUE(Open(true).ok());
  folder_.Write("2.pcap", Pcap({2}));
  EXPECT_TRUE(source_->Finish());
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
  EXPECT_TRUE(source_->Read()->end);
}

TEST_F(FolderSourceTest, AFolderThatGoesAwayIsAnError) {
  ASSERT_TRUE(Open(true).ok());
  std::filesystem::remove_all(folder_.path());
  EXPECT_EQ(source_->Read().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(FolderSourceTest, ManyFilesWithoutPacketsLetTheCallerHaveATurn) {
  for (int i = 0; i < 200; ++i) folder_.Write(std::to_string(i) + ".pcap", Pcap({}));
  ASSERT_TRUE(Open(false).ok());
  const auto block = source_->Read();
  ASSERT_TRUE(block.ok());
  EXPECT_FALSE(block->end);
  EXPECT_THAT(ReadAll(), IsEmpty());
  EXPECT_EQ(notes().files_read, 200u);
}

}  // namespace
}  // namespace silhouette
