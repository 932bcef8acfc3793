#include "common/capture_file/pcapng_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <limits>

#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"
#include "common/capture_file/pcap_file.h"
#include "common/files.h"
#include "common/parse/link_type.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Stored {
  int64_t time_ns;
  uint32_t wire_bytes;
  uint32_t link_type;
  std::vector<uint8_t> captured;
  bool operator==(const Stored&) const = default;
};

class PcapngWriterTest : public ::testing::Test {
 protected:
  std::unique_ptr<PcapngWriter> Create(const std::string& interface_name = "") {
    auto writer = PcapngWriter::Create(path_, interface_name);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }
  absl::Status Write(PcapngWriter* writer, const Stored& packet, size_t kept = 1000) {
    return writer->Write({packet.time_ns, packet.wire_bytes, packet.link_type, packet.captured},
                         kept);
  }
  std::vector<Stored> Packets(PacketSource* source) {
    std::vector<Stored> packets;
    PacketCursor cursor(source);
    RawPacket packet;
    absl::StatusOr<bool> more = cursor.Next(&packet);
    for (; more.ok() && *more; more = cursor.Next(&packet)) {
      packets.push_back({packet.time_ns,
                         packet.wire_bytes,
                         packet.link_type,
                         {packet.captured.begin(), packet.captured.end()}});
    }
    EXPECT_TRUE(more.ok()) << more.status();
    return packets;
  }
  // What our own reader finds.
  std::vector<Stored> ReadBack() {
    auto source = OpenCapture(path_);
    if (!source.ok()) ADD_FAILURE() << source.status();
    if (!source.ok()) return {};
    std::vector<Stored> packets = Packets(source->get());
    loss_ = (*source)->loss();
    quiet_until_ns_ = (*source)->quiet_until_ns();
    return packets;
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.File("x.pcapng");
  SourceLoss loss_;
  int64_t quiet_until_ns_ = 0;
};

constexpr int64_t kLatest = std::numeric_limits<int64_t>::max();

TEST_F(PcapngWriterTest, GivesBackTimesLengthsLinkTypesAndBytes) {
  const std::vector<Stored> packets = {{0, 60, kLinkEthernet, {1, 2, 3, 4, 5}},
                                       {1'700'000'000'123'456'789, 2, kLinkRaw, {6}},
                                       {kLatest, 4'000'000'000, kLinkEthernet, {}},
                                       {7, 4, kLinkWifi, {7, 8, 9, 10}}};
  auto writer = Create("eth0");
  for (const Stored& packet : packets) ASSERT_TRUE(Write(writer.get(), packet).ok());
  ASSERT_TRUE(writer->Close(std::nullopt, {}).ok());
  EXPECT_EQ(ReadBack(), packets);
  EXPECT_EQ(quiet_until_ns_, PacketSource::kNever);
}

TEST_F(PcapngWriterTest, LibpcapReadsIt) {
  const std::vector<Stored> packets = {{1'700'000'000'123'456'789, 60, kLinkEthernet, {1, 2, 3}},
                                       {1'700'000'001'000'000'001, 61, kLinkEthernet, {4}}};
  auto writer = Create("eth0");
  for (const Stored& packet : packets) ASSERT_TRUE(Write(writer.get(), packet).ok());
  ASSERT_TRUE(writer->Close(1'700'000'002'000'000'000, {1, 2}).ok());
  auto source = PcapFile::Open(path_);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(Packets(source->get()), packets);
}

TEST_F(PcapngWriterTest, KeepsNoMoreBytesThanAskedAndTheOriginalLength) {
  auto writer = Create();
  ASSERT_TRUE(Write(writer.get(), {1, 1500, kLinkEthernet, {1, 2, 3, 4}}, 2).ok());
  ASSERT_TRUE(writer->Close(std::nullopt, {}).ok());
  EXPECT_THAT(ReadBack(), ElementsAre(Stored{1, 1500, kLinkEthernet, {1, 2}}));
}

TEST_F(PcapngWriterTest, StatisticsTellTheEndAndTheLossOnceForAllInterfaces) {
  auto writer = Create();
  ASSERT_TRUE(Write(writer.get(), {1, 1, kLinkEthernet, {1}}).ok());
  ASSERT_TRUE(Write(writer.get(), {2, 1, kLinkRaw, {1}}).ok());
  ASSERT_TRUE(writer->Close(5'000'000'000, {10, 3}).ok());
  ReadBack();
  EXPECT_EQ(quiet_until_ns_, 5'000'000'000);
  EXPECT_EQ(loss_.kernel_dropped, 10u);
  EXPECT_EQ(loss_.interface_dropped, 3u);
}

TEST_F(PcapngWriterTest, LossIsToldEvenWhereNoPacketCame) {
  auto writer = Create();
  ASSERT_TRUE(writer->Close(std::nullopt, {10, 3}).ok());
  EXPECT_THAT(ReadBack(), IsEmpty());
  EXPECT_EQ(loss_.kernel_dropped, 10u);
}

TEST_F(PcapngWriterTest, WhatTheFormatCannotHoldIsRefusedAndCountedAndOthersFollow) {
  auto writer = Create();
  const absl::Status early = Write(writer.get(), {-5, 1, kLinkEthernet, {1}});
  EXPECT_EQ(early.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(early.message()), HasSubstr("before 1970 (-5 ns)"));
  const absl::Status wide = Write(writer.get(), {5, 1, 65536, {1}});
  EXPECT_THAT(std::string(wide.message()), HasSubstr("link type 65536"));
  EXPECT_TRUE(Write(writer.get(), {5, 1, 65535, {1}}).ok());
  EXPECT_EQ(writer->refused(), 2u);
  ASSERT_TRUE(writer->Close(-1, {}).ok());
  EXPECT_THAT(ReadBack(), ElementsAre(Stored{5, 1, 65535, {1}}));
  EXPECT_EQ(quiet_until_ns_, PacketSource::kNever);
}

TEST_F(PcapngWriterTest, CanBeReadWhileItIsWritten) {
  auto writer = Create();
  EXPECT_THAT(ReadBack(), IsEmpty());
  ASSERT_TRUE(Write(writer.get(), {1, 1, kLinkEthernet, {1}}).ok());
  ASSERT_TRUE(writer->Flush().ok());
  EXPECT_THAT(ReadBack(), ElementsAre(Stored{1, 1, kLinkEthernet, {1}}));
  // Beyond the buffer, without being asked: whole blocks only.
  const Stored large{2, 1000, kLinkEthernet, std::vector<uint8_t>(1000, 7)};
  for (int i = 0; i < 700; ++i) ASSERT_TRUE(Write(writer.get(), large).ok());
  const size_t seen = ReadBack().size();
  EXPECT_GT(seen, 200u);
  EXPECT_LT(seen, 701u);
}

TEST_F(PcapngWriterTest, OnlyTheOwnerMayReadItEvenIfItWasThereBefore) {
  folder_.Write("x.pcapng", "something longer than a section header, which goes");
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  Create();
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_THAT(ReadBack(), IsEmpty());
}

TEST_F(PcapngWriterTest, WhatWasNotClosedIsWrittenAllTheSame) {
  auto writer = Create();
  ASSERT_TRUE(Write(writer.get(), {1, 1, kLinkEthernet, {1}}).ok());
  writer.reset();
  EXPECT_THAT(ReadBack(), ElementsAre(Stored{1, 1, kLinkEthernet, {1}}));
}

TEST_F(PcapngWriterTest, ErrorsNameTheFileAndTheReason) {
  const auto missing = PcapngWriter::Create(folder_.File("no/x.pcapng"), "");
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(missing.status().message()),
              HasSubstr("no/x.pcapng: cannot be written: No such file"));
  const auto full = PcapngWriter::Create("/dev/full", "");
  EXPECT_EQ(full.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.status().message()),
              HasSubstr("/dev/full: cannot be written: No sp"));
}

}  // namespace
}  // namespace silhouette
