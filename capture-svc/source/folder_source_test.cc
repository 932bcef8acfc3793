// The files of a folder, their order and what may be wrong with them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "capture-svc/source/folder_source_fixture.h"
#include "common/capture_file/pcapng_writer.h"

namespace silhouette {
namespace {

using test_pcap::Pcap;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST_F(FolderSourceTest, FilesComeInTheNaturalOrderOfTheirNames) {
  folder_.Write("x10.pcap", Pcap({5}));
  folder_.Write("x9.pcap", Pcap({3, 4}));
  folder_.Write("x1.pcap", Pcap({1, 2}));
  ASSERT_TRUE(Open(false).ok());
  EXPECT_FALSE(source_->Finish());
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(notes().files_read, 3u);
  EXPECT_THAT(notes().first, IsEmpty());
  EXPECT_EQ(source_->bytes_total(), 3 * 24u + 5 * 20u);
  EXPECT_EQ(source_->bytes_read(), source_->bytes_total());
}

TEST_F(FolderSourceTest, ABrokenFileCostsItsOwnPacketsAloneAndIsNoted) {
  folder_.Write("1.pcap", "no capture at all, whatever its name says");
  folder_.Write("2.pcap", Pcap({1, 2}).substr(0, 60));
  folder_.Write("3.pcap", "");
  folder_.Write("4.pcap", Pcap({3}));
  folder_.Write("notes.txt", "");
  folder_.Write(".5.pcap", Pcap({9}));
  ASSERT_TRUE(Open(false).ok());
  EXPECT_THAT(ReadAll(), ElementsAre(1, 3));
  EXPECT_EQ(notes().files_read, 2u);
  EXPECT_EQ(notes().files_cut, 1u);
  EXPECT_EQ(notes().files_unreadable, 2u);
  EXPECT_THAT(notes().first, ElementsAre(HasSubstr("notes.txt: skipped; captures are named"),
                                         HasSubstr("1.pcap: not a capture"),
                                         HasSubstr("2.pcap: cut at byte 60, inside packet 2"),
                                         HasSubstr("3.pcap: is empty")));
}

TEST_F(FolderSourceTest, FilesThatWereCutOrNotReadableAreTroubleAtTheEnd) {
  folder_.Write("0.txt", "");
  folder_.Write("1.pcap", Pcap({1}));
  folder_.Write("2.pcap", "no capture at all, whatever its name says");
  folder_.Write("3.pcap", Pcap({2, 3}).substr(0, 60));
  ASSERT_TRUE(Open(true).ok());
  EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
  EXPECT_THAT(source_->trouble(),
              AllOf(HasSubstr("cut or damaged: 1, not readable: 1; first "),
                    HasSubstr("2.pcap: not a capture"), Not(HasSubstr("0.txt"))));
}

TEST_F(FolderSourceTest, OtherFilesBesideWholeCapturesAreNoTrouble) {
  folder_.Write("1.pcap", Pcap({1}));
  folder_.Write("notes.txt", "");
  ASSERT_TRUE(Open(false).ok());
  EXPECT_THAT(ReadAll(), ElementsAre(1));
  EXPECT_THAT(notes().first, Not(IsEmpty()));
  EXPECT_EQ(source_->trouble(), "");
}

TEST_F(FolderSourceTest, TheEndIsQuietUntilTheLatestOfWhatTheFilesSay) {
  const std::vector<uint8_t> frame(5, 1);
  for (int64_t number : {1, 2}) {
    const std::string name = std::to_string(number) + ".pcapng";
    auto writer = *PcapngWriter::Create(folder_.File(name), "eth0");
    ASSERT_TRUE(writer->Write({number, 60, 1, frame}, 5).ok());
    ASSERT_TRUE(writer->Close(number == 1 ? 90 : 70, {}).ok());
  }
  folder_.Write("3.pcap", Pcap({3}));
  ASSERT_TRUE(Open(false).ok());
  for (absl::StatusOr<PacketBlock> block = source_->Read(); !block->end; block = source_->Read()) {
    ASSERT_TRUE(block.ok()) << block.status();
    EXPECT_EQ(source_->quiet_until_ns(), PacketSource::kNever) << "later files may be older";
  }
  EXPECT_EQ(source_->quiet_until_ns(), 90);
}

TEST_F(FolderSourceTest, SymbolicLinksAreReadUnlessToldOtherwise) {
  const TemporaryFolder elsewhere;
  folder_.Write("1.pcap", Pcap({1}));
  std::filesystem::create_symlink(elsewhere.Write("2.pcap", Pcap({2})), folder_.File("2.pcap"));
  for (bool follow : {false, true}) {
    ASSERT_TRUE(Open(follow).ok());
    EXPECT_THAT(ReadAll(), ElementsAre(1, 2));
    follow_links_ = false;
    ASSERT_TRUE(Open(follow).ok());
    EXPECT_THAT(ReadAll(), ElementsAre(1));
    EXPECT_EQ(source_->trouble(), "");
    follow_links_ = true;
  }
}

TEST_F(FolderSourceTest, AFileThatIsMadeASymbolicLinkOnceItWasListedIsNotOpened) {
  const TemporaryFolder elsewhere;
  const std::string target = elsewhere.Write("2.pcap", Pcap({9}));
  follow_links_ = false;
  for (bool follow : {false, true}) {
    for (const char* name : {"1.pcap", "2.pcap"}) folder_.Write(name, Pcap({1}));
    ASSERT_TRUE(Open(follow).ok());
    std::filesystem::remove(folder_.File("2.pcap"));
    std::filesystem::create_symlink(target, folder_.File("2.pcap"));
    EXPECT_THAT(ReadAll(), ElementsAre(1));
    EXPECT_THAT(notes().first, ElementsAre(HasSubstr("2.pcap: is a symbolic link")));
    std::filesystem::remove(folder_.File("2.pcap"));
  }
}

TEST(FolderWatch, ANameThatIsNoCaptureIsKnownAsLongAsItIsThere) {
  const TemporaryFolder folder;
  FolderWatch watch(folder.path(), "", true);
  const auto notes = [&] {
    EXPECT_TRUE(watch.Look([](const std::string&) { return false; }).ok());
    return watch.TakeNotes();
  };
  folder.Write("notes.txt", "");
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("notes.txt: skipped")));
  EXPECT_THAT(notes(), IsEmpty());
  std::filesystem::remove(folder.File("notes.txt"));
  EXPECT_THAT(notes(), IsEmpty());
  folder.Write("notes.txt", "");
  EXPECT_THAT(notes(), ElementsAre(HasSubstr("notes.txt: skipped")));
}

TEST_F(FolderSourceTest, APatternOfNamesTakesThePlaceOfTheRule) {
  folder_.Write("a.dump", Pcap({1}));
  folder_.Write("a.pcap", Pcap({2}));
  ASSERT_TRUE(Open(false, "*.DUMP").ok());
  EXPECT_THAT(ReadAll(), ElementsAre(1));
  EXPECT_THAT(notes().first, IsEmpty());
}

TEST_F(FolderSourceTest, WhatIsNotThereIsAnErrorThatSaysWhatWouldBe) {
  EXPECT_THAT(std::string(Open(false).message()), HasSubstr("no capture in this folder; captures"));
  EXPECT_THAT(std::string(Open(false, "*.x").message()), HasSubstr("named *.x"));
  const auto missing = OpenOther(folder_.File("no"));
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  const auto file = OpenOther(folder_.Write("x.pcap", ""));
  EXPECT_EQ(file.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace silhouette
