#include "learn/simulate/pcap_writer.h"

#include <gtest/gtest.h>
#include <pcap/pcap.h>

#include <filesystem>
#include <fstream>

#include "learn/simulate/frame.h"
#include "learn/simulate/home.h"

namespace silhouette::simulate {
namespace {

std::string TempPath(const std::string& name) { return ::testing::TempDir() + "/simulate_" + name; }

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(PcapWriterTest, LibpcapReadsBackEveryPacketWithHeadersOnly) {
  const absl::StatusOr<Simulation> home = SimulateHome({.call = {.duration_s = 10}});
  ASSERT_TRUE(home.ok()) << home.status();
  const std::string path = TempPath("home.pcap");
  ASSERT_TRUE(WritePcap(path, home->packets).ok());

  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  ASSERT_NE(capture, nullptr) << error;
  EXPECT_EQ(pcap_datalink(capture), DLT_EN10MB);
  pcap_pkthdr* record = nullptr;
  const u_char* bytes = nullptr;
  size_t read = 0;
  while (pcap_next_ex(capture, &record, &bytes) == 1) {
    ASSERT_LT(read, home->packets.size());
    const SimulatedPacket& packet = home->packets[read++];
    ASSERT_EQ(record->ts.tv_sec * kNanosPerSecond + record->ts.tv_usec, packet.time_ns);
    ASSERT_EQ(record->len, packet.wire_bytes);
    ASSERT_EQ(record->caplen, HeaderBytes(packet));
    ASSERT_EQ(std::vector<uint8_t>(bytes, bytes + record->caplen), BuildHeaders(packet));
  }
  pcap_close(capture);
  EXPECT_EQ(read, home->packets.size());
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST(PcapWriterTest, SameSeedMakesTheSameFileAndAnotherSeedAnother) {
  const std::string first = TempPath("first.pcap");
  const std::string again = TempPath("again.pcap");
  const std::string other = TempPath("other.pcap");
  ASSERT_TRUE(WritePcap(first, SimulateCall({.seed = 1, .duration_s = 20})->packets).ok());
  ASSERT_TRUE(WritePcap(again, SimulateCall({.seed = 1, .duration_s = 20})->packets).ok());
  ASSERT_TRUE(WritePcap(other, SimulateCall({.seed = 2, .duration_s = 20})->packets).ok());
  EXPECT_EQ(Contents(first), Contents(again));
  EXPECT_NE(Contents(first), Contents(other));
}

TEST(PcapWriterTest, RefusesPacketsOutOfOrderAndLeavesNoFile) {
  std::vector<SimulatedPacket> packets(2);
  for (SimulatedPacket& packet : packets) packet.wire_bytes = 100;
  packets[0].time_ns = 1000;
  const std::string path = TempPath("disorder.pcap");
  EXPECT_EQ(WritePcap(path, packets).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".partial"));
}

TEST(PcapWriterTest, RefusesAFrameShorterThanItsHeaders) {
  std::vector<SimulatedPacket> packets(1);
  packets[0].wire_bytes = 41;
  const absl::Status status = WritePcap(TempPath("short.pcap"), packets);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("packet 0"), absl::string_view::npos) << status;
}

TEST(PcapWriterTest, SaysWhichFolderIsMissing) {
  const absl::Status status = WritePcap(TempPath("missing/call.pcap"), {});
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("missing/call.pcap"), absl::string_view::npos) << status;
}

TEST(PcapWriterTest, FullDiskIsAnErrorAndNotAShortFile) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const std::string path = TempPath("full.pcap");
  std::filesystem::remove(path + ".partial");
  std::filesystem::create_symlink("/dev/full", path + ".partial");
  EXPECT_FALSE(WritePcap(path, SimulateCall({.duration_s = 5})->packets).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace silhouette::simulate
