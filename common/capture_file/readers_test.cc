// Our own readers against libpcap, field by field, and on what libpcap refuses.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"
#include "common/capture_file/pcap_file.h"
#include "common/capture_file/robustness_captures.h"
#include "common/capture_file/test_zstd.h"

namespace silhouette {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Read {
  std::vector<std::string> packets;  // each with all its fields
  std::string error;
  SourceLoss loss;
};

template <typename Source>
Read ReadAll(absl::StatusOr<std::unique_ptr<Source>> source) {
  Read read;
  if (!source.ok()) {
    read.error = std::string(source.status().message());
    return read;
  }
  PacketCursor cursor(source->get());
  RawPacket packet;
  while (true) {
    const absl::StatusOr<bool> more = cursor.Next(&packet);
    if (!more.ok()) read.error = std::string(more.status().message());
    if (!more.ok() || !*more) break;
    std::string bytes(packet.captured.begin(), packet.captured.end());
    read.packets.push_back(absl::StrCat(packet.time_ns, " ", packet.wire_bytes, " ",
                                        packet.link_type, " ", absl::BytesToHexString(bytes)));
  }
  read.loss = (*source)->loss();
  return read;
}

class FromMemory : public ByteStream {
 public:
  explicit FromMemory(std::string bytes) : bytes_(std::move(bytes)) {}
  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    // Never more than three bytes at once: records must not depend on how they arrive.
    const size_t count = std::min({size, bytes_.size() - at_, size_t{3}});
    std::memcpy(to, bytes_.data() + at_, count);
    at_ += count;
    return count;
  }
  uint64_t bytes_read() const override { return at_; }

 private:
  const std::string bytes_;
  size_t at_ = 0;
};

Read ReadBytes(std::string bytes) {
  const uint64_t size = bytes.size();
  return ReadAll(OpenCaptureBytes("x", std::make_unique<FromMemory>(std::move(bytes)), size));
}

// Numbers in either byte order.
class Writer {
 public:
  explicit Writer(bool big = false) : big_(big) {}
  Writer& U16(uint64_t value) { return Put(value, 2); }
  Writer& U32(uint64_t value) { return Put(value, 4); }
  Writer& U64(uint64_t value) { return Put(value, 8); }
  Writer& Text(const std::string& text) {
    bytes_ += text;
    return *this;
  }
  Writer& Block(uint32_t type, const std::string& body) {
    const size_t length = 12 + body.size();
    return U32(type).U32(length).Text(body).U32(length);
  }
  const std::string& bytes() const { return bytes_; }

 private:
  Writer& Put(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) {
      const int shift = 8 * (big_ ? size - 1 - i : i);
      bytes_ += static_cast<char>(value >> shift);
    }
    return *this;
  }
  const bool big_;
  std::string bytes_;
};

std::string Section(bool big) {
  return Writer(big)
      .Block(0x0a0d0d0a, Writer(big).U32(0x1a2b3c4d).U16(1).U16(0).U64(~0ull).bytes())
      .bytes();
}
std::string Interface(bool big, uint16_t link_type, uint32_t snap,
                      const std::string& options = "") {
  return Writer(big)
      .Block(1, Writer(big).U16(link_type).U16(0).U32(snap).Text(options).bytes())
      .bytes();
}
std::string Packet(bool big, uint32_t interface, uint64_t ticks, const std::string& data,
                   uint32_t wire) {
  std::string padded = data;
  padded.resize((data.size() + 3) / 4 * 4);
  return Writer(big)
      .Block(6, Writer(big)
                    .U32(interface)
                    .U32(ticks >> 32)
                    .U32(ticks)
                    .U32(data.size())
                    .U32(wire)
                    .Text(padded)
                    .bytes())
      .bytes();
}
std::string Pcap(bool big, uint32_t magic, const std::string& extra_header = "") {
  return Writer(big)
      .U32(magic)
      .U16(2)
      .U16(4)
      .U32(0)
      .U32(0)
      .U32(100)
      .U32(1)
      .U32(1'700'000'000)
      .U32(5)
      .U32(4)
      .U32(60)
      .Text(extra_header)
      .Text("abcd")
      .bytes();
}

TEST(PcapReader, ReadsBothByteOrdersAndBothResolutions) {
  for (bool big : {false, true}) {
    EXPECT_THAT(ReadBytes(Pcap(big, 0xa1b2c3d4)).packets,
                ElementsAre("1700000000000005000 60 1 61626364"));
    EXPECT_THAT(ReadBytes(Pcap(big, 0xa1b23c4d)).packets,
                ElementsAre("1700000000000000005 60 1 61626364"));
    EXPECT_THAT(ReadBytes(Pcap(big, 0xa1b2cd34, std::string(8, 'x'))).packets,
                ElementsAre("1700000000000005000 60 1 61626364"));
  }
}

TEST(PcapReader, ACutAtEachByteGivesThePacketsBeforeAndSaysWhere) {
  const std::string whole = Pcap(false, 0xa1b2c3d4);
  for (size_t size = 25; size < whole.size(); ++size) {
    const Read read = ReadBytes(whole.substr(0, size));
    EXPECT_TRUE(read.packets.empty());
    EXPECT_THAT(read.error, HasSubstr(absl::StrCat("cut at byte ", size, ", inside packet 1")));
  }
  EXPECT_EQ(ReadBytes(whole.substr(0, 24)).error, "");
}

TEST(PcapReader, ARecordLongerThanAnyPacketIsDamage) {
  std::string bytes = Pcap(false, 0xa1b2c3d4);
  bytes[24 + 8 + 3] = 0x7f;
  EXPECT_THAT(ReadBytes(bytes).error, HasSubstr("damaged at byte 24, behind packet 0"));
}

TEST(PcapngReader, ReadsInterfacesOfDifferentTypesSnapLengthsAndResolutions) {
  for (bool big : {false, true}) {
    // Nanoseconds, and an offset of 1000 s.
    const std::string options = Writer(big)
                                    .U16(9)
                                    .U16(1)
                                    .Text(std::string("\x09\0\0\0", 4))
                                    .U16(14)
                                    .U16(8)
                                    .U64(1000)
                                    .U16(0)
                                    .U16(0)
                                    .bytes();
    const Read read =
        ReadBytes(Section(big) + Interface(big, 1, 64) + Interface(big, 101, 0, options) +
                  Packet(big, 0, 7, "abcde", 60) + Packet(big, 1, 7, "xy", 2));
    EXPECT_EQ(read.error, "");
    EXPECT_THAT(read.packets, ElementsAre("7000 60 1 6162636465", "1000000000007 2 101 7879"));
  }
}

TEST(PcapngReader, SectionsMayChangeTheByteOrderAndForgetInterfaces) {
  const Read read =
      ReadBytes(Section(false) + Interface(false, 1, 0) + Packet(false, 0, 1, "a", 1) +
                Section(true) + Interface(true, 101, 0) + Packet(true, 0, 2, "b", 1) +
                Section(false) + Packet(false, 0, 3, "c", 1));
  EXPECT_THAT(read.packets, ElementsAre("1000 1 1 61", "2000 1 101 62"));
  EXPECT_THAT(read.error, HasSubstr("a packet of interface 0, which is not described"));
}

TEST(PcapngReader, DropsInStatisticsBlocksAreLoss) {
  const auto statistics = [](uint64_t interface_drops, uint64_t system_drops) {
    return Writer()
        .Block(5, Writer()
                      .U32(0)
                      .U32(0)
                      .U32(0)
                      .U16(5)
                      .U16(8)
                      .U64(interface_drops)
                      .U16(7)
                      .U16(8)
                      .U64(system_drops)
                      .U16(0)
                      .U16(0)
                      .bytes())
        .bytes();
  };
  const Read read = ReadBytes(Section(false) + Interface(false, 1, 0) + statistics(3, 10) +
                              Packet(false, 0, 1, "a", 1) + statistics(5, 10));
  EXPECT_EQ(read.loss.interface_dropped, 5u);
  EXPECT_EQ(read.loss.kernel_dropped, 10u);
}

TEST(PcapngReader, ACutAtEachByteLosesOnlyWhatFollows) {
  const std::string head = Section(false) + Interface(false, 1, 0) + Packet(false, 0, 1, "a", 1);
  const std::string whole = head + Packet(false, 0, 2, "b", 1);
  for (size_t size = head.size() + 1; size < whole.size(); ++size) {
    const Read read = ReadBytes(whole.substr(0, size));
    EXPECT_EQ(read.packets.size(), 1u);
    EXPECT_THAT(read.error, HasSubstr("behind packet 1"));
  }
}

TEST(PcapngReader, BlocksThatContradictThemselvesAreDamage) {
  const std::string head = Section(false) + Interface(false, 1, 0);
  for (const std::string& block :
       {Writer().U32(6).U32(13).U32(0).U32(13).bytes(),    // not a multiple of four
        Writer().U32(6).U32(8).U32(0).bytes(),             // shorter than its frame
        Writer().U32(6).U32(0x7ffffffc).U32(0).bytes(),    // longer than any
        Writer().U32(6).U32(12).U32(16).bytes(),           // two lengths
        Writer().Block(6, std::string(16, '\0')).bytes(),  // no room for its fields
        Writer().Block(6, Writer().U32(0).U32(0).U32(0).U32(99).U32(99).bytes()).bytes()}) {
    EXPECT_THAT(ReadBytes(head + block).error, HasSubstr("at byte 48, behind packet 0"));
  }
}

std::string Gzip(const std::string& text) {
  z_stream deflate_stream{};
  deflateInit2(&deflate_stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&deflate_stream, text.size()), '\0');
  deflate_stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  deflate_stream.avail_in = static_cast<uInt>(text.size());
  deflate_stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  deflate_stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&deflate_stream, Z_FINISH);
  packed.resize(deflate_stream.total_out);
  deflateEnd(&deflate_stream);
  return packed;
}

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the command does
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

TEST(Unpack, PackedCapturesGiveTheSamePacketsInOneMemberOrSeveral) {
  const std::string whole = Pcap(false, 0xa1b2c3d4);
  for (const auto pack : {&Gzip, &Zstd}) {
    EXPECT_EQ(ReadBytes(pack(whole)).packets, ReadBytes(whole).packets);
    const Read members = ReadBytes(pack(whole.substr(0, 30)) + pack(whole.substr(30)));
    EXPECT_EQ(members.packets, ReadBytes(whole).packets);
    EXPECT_EQ(members.error, "");
  }
}

TEST(Unpack, DamageIsSaidAndCostsOnlyWhatFollows) {
  std::string whole = Pcap(false, 0xa1b2c3d4);
  for (const auto& [pack, name] : {std::pair(&Gzip, "gzip"), std::pair(&Zstd, "zstd")}) {
    const std::string packed = pack(whole);
    EXPECT_THAT(ReadBytes(packed.substr(0, packed.size() - 3)).error, HasSubstr(name));
    std::string damaged = packed;
    damaged[packed.size() / 2] = static_cast<char>(damaged[packed.size() / 2] ^ 0x55);
    EXPECT_NE(ReadBytes(damaged).error, "");
  }
}

TEST(Unpack, AWindowThatTakesTooMuchMemoryIsRefusedByName) {
  const std::string whole = Pcap(false, 0xa1b2c3d4);
  EXPECT_EQ(ReadBytes(test_zstd::Frame(27, whole)).packets, ReadBytes(whole).packets);
  EXPECT_THAT(ReadBytes(test_zstd::Frame(28, whole)).error,
              HasSubstr("asks for a window of more than 128 MiB of memory; pack it again without "
                        "--long"));
  const Read behind = ReadBytes(Zstd(whole) + test_zstd::Frame(31, whole));
  EXPECT_EQ(behind.packets.size(), 1u) << "what came before is used";
  EXPECT_THAT(behind.error, HasSubstr("asks for a window"));
}

TEST(OpenCapture, SaysWhatIsNoCapture) {
  EXPECT_THAT(ReadBytes("").error, HasSubstr("empty"));
  EXPECT_THAT(ReadBytes("short").error, HasSubstr("only 5 bytes"));
  EXPECT_THAT(ReadBytes(std::string(100, 'x')).error, HasSubstr("not a capture"));
  EXPECT_THAT(ReadBytes(Gzip("hello")).error, HasSubstr("not a capture"));
}

// libpcap takes a record's time for two signed numbers of 32 bits, we for unsigned ones, as the
// format has it. It shows in one damaged file, whose microseconds are 4293562680.
constexpr char kTimeBeyondSigned[] = "fuzz-2021-06-07-c6c72a0a56.pcap";

TEST(OpenCapture, AgreesWithLibpcapInEveryFieldOfEveryRealCapture) {
  const auto captures = RobustnessCaptures();
  if (captures.empty()) GTEST_SKIP() << kNoRobustnessCaptures;
  size_t compared = 0, refused_by_libpcap = 0;
  for (const std::string& path : captures) {
    if (path.ends_with(kTimeBeyondSigned)) continue;
    const Read theirs = ReadAll(PcapFile::Open(path));
    const Read ours = ReadAll(OpenCapture(path));
    if (theirs.error.empty()) {
      EXPECT_EQ(ours.error, "") << path;
      EXPECT_TRUE(ours.packets == theirs.packets) << path;
      ++compared;
    } else {
      EXPECT_GE(ours.packets.size(), theirs.packets.size()) << path;
      if (ours.error.empty()) ++refused_by_libpcap;
    }
  }
  EXPECT_GT(compared, 1000u);
  EXPECT_GT(refused_by_libpcap, 0u) << "mixed interfaces are why these readers exist";
}

// A plain file is mapped; the same bytes through a stream go another way.
TEST(OpenCapture, AMappedFileAndAStreamGiveTheSameOfEveryRealCapture) {
  const auto captures = RobustnessCaptures();
  if (captures.empty()) GTEST_SKIP() << kNoRobustnessCaptures;
  size_t compared = 0;
  for (const std::string& path : captures) {
    const Read mapped = ReadAll(OpenCapture(path));
    const Read streamed =
        ReadAll(OpenCaptureBytes(path, ReadDescriptor(open(path.c_str(), O_RDONLY), path), 0));
    EXPECT_EQ(mapped.error, streamed.error);
    EXPECT_TRUE(mapped.packets == streamed.packets) << path;
    EXPECT_EQ(mapped.loss.kernel_dropped, streamed.loss.kernel_dropped) << path;
    ++compared;
  }
  EXPECT_GT(compared, 1000u);
}

}  // namespace
}  // namespace silhouette
