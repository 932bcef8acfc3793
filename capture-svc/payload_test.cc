// No payload byte leaves the parser: it does not even look at one.

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <random>

#include "capture-svc/engine.h"
#include "common/capture_file/fake_packet_source.h"
#include "common/capture_file/robustness_captures.h"
#include "common/parse/parser.h"
#include "common/parse/test_frames.h"

namespace silhouette {
namespace {

using namespace test_frames;

constexpr Tunnels kAllTunnels{true, true, true};

// A page of memory with one behind it that ends the program when somebody reads it.
class GuardedPage {
 public:
  GuardedPage()
      : page_bytes_(static_cast<size_t>(sysconf(_SC_PAGESIZE))),
        pages_(static_cast<uint8_t*>(mmap(nullptr, 2 * page_bytes_, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    mprotect(pages_ + page_bytes_, page_bytes_, PROT_NONE);
  }
  ~GuardedPage() { munmap(pages_, 2 * page_bytes_); }
  size_t size() const { return page_bytes_; }

  // The bytes, with their first `readable` ones before the edge.
  std::span<const uint8_t> Place(std::span<const uint8_t> bytes, size_t readable) {
    uint8_t* start = pages_ + page_bytes_ - readable;
    std::copy_n(bytes.begin(), readable, start);
    return {start, bytes.size()};
  }

 private:
  const size_t page_bytes_;
  uint8_t* const pages_;
};

struct Parsed {
  ParseOutcome outcome;
  PacketHeaders headers;
};

Parsed Parse(RawPacket packet, std::span<const uint8_t> bytes, const Tunnels& tunnels) {
  packet.captured = bytes;
  Parsed parsed;
  parsed.outcome = ParsePacket(packet, tunnels, &parsed.headers);
  return parsed;
}

// True for a packet that comes out of a tunnel and is not one more that cannot be read inside.
bool LooksInside(const RawPacket& packet) {
  const Parsed outside = Parse(packet, packet.captured, {});
  const Parsed inside = Parse(packet, packet.captured, kAllTunnels);
  const bool tunnel =
      inside.headers.protocol == IPPROTO_GRE || inside.headers.protocol == IPPROTO_IPIP ||
      inside.headers.protocol == IPPROTO_IPV6 || inside.headers.destination_port == 4789;
  return !tunnel && outside.headers.header_end != inside.headers.header_end;
}

// Parses with everything behind the headers out of reach; the result must be the same.
void ExpectNoLookAtPayload(const RawPacket& packet, const Tunnels& tunnels, GuardedPage* page) {
  const Parsed open = Parse(packet, packet.captured, tunnels);
  if (open.outcome != ParseOutcome::kOk) return;
  ASSERT_GE(open.headers.header_end, packet.captured.data());
  ASSERT_LE(open.headers.header_end, packet.captured.data() + packet.captured.size());
  const auto header_bytes = static_cast<size_t>(open.headers.header_end - packet.captured.data());
  if (header_bytes > page->size() || packet.captured.size() - header_bytes > page->size()) return;
  const auto guarded = page->Place(packet.captured, header_bytes);
  const Parsed closed = Parse(packet, guarded, tunnels);
  EXPECT_EQ(closed.outcome, ParseOutcome::kOk);
  EXPECT_EQ(static_cast<const PacketEnds&>(closed.headers),
            static_cast<const PacketEnds&>(open.headers));
  EXPECT_EQ(closed.headers.tcp_flags, open.headers.tcp_flags);
  EXPECT_EQ(closed.headers.fragment, open.headers.fragment);
}

std::vector<Bytes> FramesWithPayload() {
  const Bytes secret(400, 0x5e);
  Ipv4Fields tcp, icmp, gre, later;
  tcp.protocol = IPPROTO_TCP;
  icmp.protocol = IPPROTO_ICMP;
  gre.protocol = IPPROTO_GRE;
  later.fragment = 0x0010;
  const Bytes inner = Ipv4({}, Join({Udp(1, 2), secret}));
  return {
      Ethernet(0x0800, Ipv4({}, Join({Udp(50000, 443), secret}))),
      Ethernet(0x0800, Ipv4(tcp, Join({Tcp(50000, 443, 0x18), secret}))),
      Ethernet(0x0800, Ipv4(icmp, Join({Bytes(8, 0), secret}))),
      Ethernet(0x0800, Ipv4(later, secret)),
      Ethernet(0x0800, Ipv4(gre, Join({U16(0), U16(0x0800), inner}))),
      Ethernet(0x86dd, Ipv6("fd00::20", "2001:db8::7", IPPROTO_UDP, Join({Udp(1, 2), secret}))),
      Ethernet(0x888e, secret),
      Ethernet(400, secret),
  };
}

TEST(Payload, TheParserDoesNotLookAtIt) {
  GuardedPage page;
  for (const Bytes& frame : FramesWithPayload()) {
    const RawPacket packet{0, 1500, kLinkEthernet, frame};
    ExpectNoLookAtPayload(packet, {}, &page);
    if (LooksInside(packet)) ExpectNoLookAtPayload(packet, kAllTunnels, &page);
  }
}

TEST(PayloadDeathTest, TheGuardWouldTell) {
  GuardedPage page;
  const Bytes frame = FramesWithPayload()[0];
  const auto guarded = page.Place(frame, 40);  // two bytes of the UDP header are out of reach
  const auto sum = [&] {
    volatile uint8_t byte = guarded[41];
    return byte;
  };
  EXPECT_DEATH(sum(), "");
}

TEST(Payload, TheParserDoesNotLookAtItInRealCaptures) {
  const auto captures = RobustnessCaptures();
  if (captures.empty()) GTEST_SKIP() << kNoRobustnessCaptures;
  GuardedPage page;
  for (const std::string& path : captures) {
    ForEachPacket(path, [&page](const RawPacket& packet) {
      ExpectNoLookAtPayload(packet, {}, &page);
      if (LooksInside(packet)) ExpectNoLookAtPayload(packet, kAllTunnels, &page);
    });
    if (HasFailure()) FAIL() << path;
  }
}

// Everything that leaves the engine, as bytes.
std::string BatchesOf(const std::vector<Bytes>& frames) {
  FakePacketSource source;
  for (const Bytes& frame : frames) source.Add(1, frame, 1500);
  CaptureOptions options;
  options.origin = "x";
  options.run = "1";
  std::string all;
  CaptureEngine engine(options, [&](const v1::PacketBatch& batch) {
    all += batch.SerializeAsString();
    return absl::OkStatus();
  });
  EXPECT_TRUE(engine.Read(&source).ok());
  return all;
}

TEST(Payload, WhateverItIsTheBatchesAreTheSame) {
  std::vector<Bytes> frames = FramesWithPayload();
  const std::string before = BatchesOf(frames);
  EXPECT_EQ(before.find(std::string(8, 0x5e)), std::string::npos);
  std::mt19937 random(1);
  for (Bytes& frame : frames) {
    for (size_t i = frame.size() - 392; i < frame.size(); ++i) {
      if (frame[i] == 0x5e) frame[i] = static_cast<uint8_t>(random());
    }
  }
  EXPECT_EQ(BatchesOf(frames), before);
}

}  // namespace
}  // namespace silhouette
