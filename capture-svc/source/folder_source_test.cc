#include "capture-svc/source/folder_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <deque>
#include <filesystem>
#include <fstream>

#include "capture-svc/source/pcapng_writer.h"
#include "capture-svc/source/test_pcap.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using test_pcap::Header;
using test_pcap::Pcap;
using test_pcap::Records;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Gzip(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const gzFile packed = gzopen((path + ".gz").c_str(), "wb");
  gzwrite(packed, content.data(), static_cast<unsigned>(content.size()));
  gzclose(packed);
  return path + ".gz";
}

class FolderSourceTest : public ::testing::Test {
 protected:
  absl::Status Open(bool follow, const std::string& glob = "") {
    auto source = FolderSource::Open({.folder = folder_.path(),
                                      .glob = glob,
                                      .follow = follow,
                                      .wait = [this] { OnWait(); },
                                      .follow_links = follow_links_});
    if (source.ok()) source_ = *std::move(source);
    return source.status();
  }
  absl::Status OpenOther(const std::string& folder) {
    FolderOptions options;
    options.folder = folder;
    return FolderSource::Open(options).status();
  }
  // What happens in the folder, one step for each time that the source has nothing.
  void Then(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void Append(const std::string& name, const std::string& bytes) {
    std::ofstream(folder_.File(name), std::ios::binary | std::ios::app) << bytes;
  }

  // The times of all packets up to the end; a follower finishes when its steps are done.
  std::vector<int64_t> ReadAll() {
    std::vector<int64_t> times;
    while (true) {
      const absl::StatusOr<PacketBlock> block = source_->Read();
      EXPECT_TRUE(block.ok()) << block.status();
      if (!block.ok()) return times;
      for (const RawPacket& packet : block->packets) times.push_back(packet.time_ns);
      if (block->end) return times;
    }
  }
  const FolderNotes& notes() const { return source_->notes(); }

  TemporaryFolder folder_;
  bool follow_links_ = true;
  std::unique_ptr<FolderSource> source_;

 private:
  void OnWait() {
    if (steps_.empty()) {
      EXPECT_TRUE(source_->Finish());
      return;
    }
    const auto step = std::move(steps_.front());
    steps_.pop_front();
    step();
  }
  std::deque<std::function<void()>> steps_;
};

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
