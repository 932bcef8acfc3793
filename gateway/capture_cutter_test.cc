#include "gateway/capture_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <iterator>

#include "common/capture_file/open_capture.h"
#include "common/files.h"
#include "common/parse/parser.h"
#include "common/test_folder.h"
#include "gateway/test_captures.h"

namespace silhouette {
namespace {

using namespace test_captures;
using ::testing::HasSubstr;
using ::testing::Not;

absl::Status KeepAll(uint64_t) { return absl::OkStatus(); }

class CaptureCutterTest : public ::testing::Test {
 protected:
  // The result of a capture that comes in pieces of `piece` bytes.
  absl::StatusOr<CaptureCutter::Result> Cut(
      const std::string& capture, size_t piece = 1000,
      std::function<absl::Status(uint64_t)> may_keep = KeepAll) {
    CaptureCutter cutter(path_, "call.pcap", std::move(may_keep));
    for (size_t at = 0; at < capture.size(); at += piece) {
      const absl::Status written = cutter.Write(std::string_view(capture).substr(at, piece));
      if (!written.ok()) return written;
    }
    return cutter.Finish();
  }
  std::string Spooled() { return *ReadFile(path_); }

  // By gzip: `begin`, and `times` what follows.
  std::string Packed(const std::string& begin, const std::string& more, int times) {
    const std::string path = folder_.File("packed.gz");
    gzFile file = gzopen(path.c_str(), "wb9");
    gzwrite(file, begin.data(), static_cast<unsigned>(begin.size()));
    for (int i = 0; i < times; ++i) gzwrite(file, more.data(), static_cast<unsigned>(more.size()));
    gzclose(file);
    return *ReadFile(path);
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.File("spool.pcapng");
};

struct Parsed {
  int64_t time_ns;
  uint32_t wire_bytes;
  uint16_t source_port;
  bool operator==(const Parsed&) const = default;
};

std::vector<Parsed> Parse(PacketSource* source) {
  std::vector<Parsed> all;
  while (true) {
    const auto block = source->Read();
    EXPECT_TRUE(block.ok()) << block.status();
    if (!block.ok()) return all;
    for (const RawPacket& packet : block->packets) {
      PacketHeaders headers;
      EXPECT_EQ(ParsePacket(packet, {}, &headers), ParseOutcome::kOk);
      all.push_back({packet.time_ns, packet.wire_bytes, headers.source_port});
    }
    if (block->end) return all;
  }
}

TEST_F(CaptureCutterTest, WhatIsKeptParsesToTheSameAndHoldsNoContent) {
  const std::string capture = Call(500);
  ASSERT_THAT(capture, HasSubstr(kSecret));
  const std::string original = folder_.Write("original.pcap", capture);
  for (size_t piece : {1u, 7u, 4096u, 1u << 20}) {
    const auto result = Cut(capture, piece);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->packets, 500u);
    EXPECT_EQ(result->incomplete, "");
    EXPECT_EQ(result->bytes, Spooled().size());
    EXPECT_THAT(Spooled(), Not(HasSubstr(kSecret)));
    EXPECT_EQ(Parse(OpenCapture(path_)->get()), Parse(OpenCapture(original)->get()));
  }
}

TEST_F(CaptureCutterTest, WhatIsNoCaptureIsRefusedByName) {
  for (const std::string& bytes :
       {std::string(), std::string("GIF89a and more than any header of a capture"),
        test_pcap::Header()}) {
    const auto result = Cut(bytes);
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("call.pcap: "));
  }
}

TEST_F(CaptureCutterTest, ACaptureThatIsCutGivesWhatItHoldsAndSaysSo) {
  const std::string capture = Call(100);
  const auto result = Cut(capture.substr(0, capture.size() - 5));
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->packets, 99u);
  EXPECT_THAT(result->incomplete, HasSubstr("call.pcap"));
}

TEST_F(CaptureCutterTest, BytesBehindDamageAreTakenAndThrownAway) {
  std::string capture = Call(10);
  capture += std::string(16, '\xff') + std::string(8 << 20, 'x');  // a packet of 4 GB
  const auto result = Cut(capture, 65'536);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->packets, 10u);
  EXPECT_NE(result->incomplete, "");
}

TEST_F(CaptureCutterTest, ItEndsWhenItMayKeepNoMore) {
  const auto result = Cut(Call(100'000), 65'536, [](uint64_t bytes) {
    return bytes < 2'000'000 ? absl::OkStatus() : absl::ResourceExhaustedError("enough");
  });
  EXPECT_TRUE(absl::IsResourceExhausted(result.status())) << result.status();
  EXPECT_LT(Spooled().size(), 4'000'000u);
}

TEST_F(CaptureCutterTest, ACaptureThatUnpacksToAbsurdlyMuchIsRefused) {
  // A frame of 60 kB of nothing, over and over.
  test_frames::Bytes frame = test_frames::UdpFrame();
  frame.resize(60'000, 0);
  const std::string record = test_pcap::Record(1'700'000'000'000'000'000, frame, 60'000);
  std::string header = test_pcap::Header();
  header.replace(16, 4, test_pcap::U32(65'535));  // the longest packet
  const auto result = Cut(Packed(header, record, 6000), 4096);
  ASSERT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("unpacks to more than"));
}

TEST_F(CaptureCutterTest, SoIsOneOfBlocksThatAreNoPackets) {
  using test_pcap::U32;
  const std::string section =
      U32(0x0a0d0d0a) + U32(28) + U32(0x1a2b3c4d) + U32(1) + std::string(8, '\xff') + U32(28);
  constexpr uint32_t kLength = 1 << 20;
  const std::string block =
      U32(0x0bad) + U32(kLength) + std::string(kLength - 12, '\0') + U32(kLength);
  const auto result = Cut(Packed(section, block, 400), 4096);
  ASSERT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("unpacks to more than"));
}

TEST_F(CaptureCutterTest, ItIsGivenUpAtAnyTime) {
  CaptureCutter cutter(path_, "call.pcap", KeepAll);
  ASSERT_TRUE(cutter.Write(Call(10)).ok());
  cutter.Abandon();
  EXPECT_TRUE(absl::IsCancelled(cutter.Write(Call(10))));
  EXPECT_TRUE(absl::IsCancelled(cutter.Finish().status()));
}

}  // namespace
}  // namespace silhouette
