#include "common/capture_file/pcap_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "common/capture_file/packet_cursor.h"
#include "common/parse/test_frames.h"
#include "common/test_folder.h"

namespace silhouette {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A capture written by libpcap; ts.tv_usec counts in the precision's unit.
std::string WriteCapture(const TemporaryFolder& folder, int link_type, u_int precision,
                         const std::vector<std::pair<timeval, test_frames::Bytes>>& packets) {
  const std::string path = folder.File("capture.pcap");
  pcap_t* handle = pcap_open_dead_with_tstamp_precision(link_type, 65535, precision);
  pcap_dumper_t* dumper = pcap_dump_open(handle, path.c_str());
  for (const auto& [time, frame] : packets) {
    const auto length = static_cast<bpf_u_int32>(frame.size());
    const pcap_pkthdr header{time, length, length + 1000};
    pcap_dump(reinterpret_cast<u_char*>(dumper), &header, frame.data());
  }
  pcap_dump_close(dumper);
  pcap_close(handle);
  return path;
}

std::string ErrorOf(const std::string& path, absl::StatusCode code) {
  const auto file = PcapFile::Open(path);
  EXPECT_EQ(file.status().code(), code);
  EXPECT_THAT(std::string(file.status().message()), StartsWith(path));
  return std::string(file.status().message());
}

TEST(PcapFile, GivesMicrosecondTimesInNanoseconds) {
  TemporaryFolder folder;
  const auto frame = test_frames::UdpFrame();
  auto file = PcapFile::Open(WriteCapture(folder, DLT_EN10MB, PCAP_TSTAMP_PRECISION_MICRO,
                                          {{{1'700'000'000, 123'456}, frame}}));
  ASSERT_TRUE(file.ok()) << file.status();
  PacketCursor cursor(file->get());
  RawPacket packet;
  ASSERT_TRUE(*cursor.Next(&packet));
  EXPECT_EQ(packet.time_ns, 1'700'000'000'123'456'000);
  EXPECT_EQ(packet.captured.size(), frame.size());
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), packet.captured.begin()));
  EXPECT_EQ(packet.wire_bytes, frame.size() + 1000) << "the length on the wire";
  EXPECT_FALSE(*cursor.Next(&packet));
  EXPECT_EQ((*file)->bytes_read(), (*file)->bytes_total());
}

TEST(PcapFile, KeepsNanosecondTimes) {
  TemporaryFolder folder;
  auto file = PcapFile::Open(WriteCapture(folder, DLT_RAW, PCAP_TSTAMP_PRECISION_NANO,
                                          {{{1'700'000'000, 123'456'789}, {0x45}}}));
  ASSERT_TRUE(file.ok()) << file.status();
  PacketCursor cursor(file->get());
  RawPacket packet;
  ASSERT_TRUE(*cursor.Next(&packet));
  EXPECT_EQ(packet.time_ns, 1'700'000'000'123'456'789);
}

TEST(PcapFile, ACutInsideAPacketSaysByteAndPacket) {
  TemporaryFolder folder;
  const auto frame = test_frames::UdpFrame();
  const std::string path = WriteCapture(folder, DLT_EN10MB, PCAP_TSTAMP_PRECISION_MICRO,
                                        {{{1, 0}, frame}, {{2, 0}, frame}, {{3, 0}, frame}});
  const size_t record = 16 + frame.size();
  const size_t cut = 24 + 2 * record + 20;  // inside the third packet's bytes
  std::filesystem::resize_file(path, cut);
  auto file = PcapFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  PacketCursor cursor(file->get());
  RawPacket packet;
  ASSERT_TRUE(*cursor.Next(&packet));
  ASSERT_TRUE(*cursor.Next(&packet));
  const auto end = cursor.Next(&packet);
  EXPECT_TRUE(absl::IsDataLoss(end.status()));
  EXPECT_THAT(
      std::string(end.status().message()),
      AllOf(StartsWith(path), HasSubstr("byte " + std::to_string(cut)), HasSubstr("packet 3")));
}

TEST(PcapFile, ACutInsideARecordsHeaderSaysSoToo) {
  TemporaryFolder folder;
  const auto frame = test_frames::UdpFrame();
  const std::string path = WriteCapture(folder, DLT_EN10MB, PCAP_TSTAMP_PRECISION_MICRO,
                                        {{{1, 0}, frame}, {{2, 0}, frame}});
  const size_t cut = 24 + 16 + frame.size() + 7;
  std::filesystem::resize_file(path, cut);
  auto file = PcapFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  PacketCursor cursor(file->get());
  RawPacket packet;
  ASSERT_TRUE(*cursor.Next(&packet));
  const auto end = cursor.Next(&packet);
  EXPECT_TRUE(absl::IsDataLoss(end.status()));
  EXPECT_THAT(std::string(end.status().message()),
              AllOf(HasSubstr("byte " + std::to_string(cut)), HasSubstr("packet 2")));
}

TEST(PcapFile, ACaptureWithoutPacketsIsGood) {
  TemporaryFolder folder;
  auto file = PcapFile::Open(WriteCapture(folder, DLT_EN10MB, PCAP_TSTAMP_PRECISION_MICRO, {}));
  ASSERT_TRUE(file.ok()) << file.status();
  PacketCursor cursor(file->get());
  RawPacket packet;
  EXPECT_FALSE(*cursor.Next(&packet));
}

TEST(PcapFile, WhatCannotBeACaptureIsRefusedByNameAndReason) {
  TemporaryFolder folder;
  EXPECT_THAT(ErrorOf(folder.File("missing.pcap"), absl::StatusCode::kNotFound),
              HasSubstr("no such file"));
  EXPECT_THAT(ErrorOf(folder.path(), absl::StatusCode::kInvalidArgument), HasSubstr("directory"));
  EXPECT_THAT(ErrorOf(folder.Write("empty.pcap", ""), absl::StatusCode::kInvalidArgument),
              HasSubstr("empty"));
  EXPECT_THAT(ErrorOf(folder.Write("text.pcap", "This is a text of more than 24 bytes.\n"),
                      absl::StatusCode::kInvalidArgument),
              HasSubstr("not a capture"));
  EXPECT_THAT(
      ErrorOf(folder.Write("short.pcap", "\xd4\xc3\xb2\xa1"), absl::StatusCode::kInvalidArgument),
      HasSubstr("not a capture"));
}

}  // namespace
}  // namespace silhouette
