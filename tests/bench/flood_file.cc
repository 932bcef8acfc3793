#include "tests/bench/flood_file.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"

namespace silhouette::bench {
namespace {

constexpr uint8_t kUdp = 17, kTcp = 6;
constexpr uint32_t kShortest = 60, kLongest = 1500;
constexpr size_t kEthernetHeader = 14, kIpHeader = 20;
constexpr size_t kHeaders = kEthernetHeader + kIpHeader + 20;
static_assert(kHeaders <= kShortest);

// Headers of one direction of a flow, but for the lengths.
using Headers = std::array<uint8_t, kHeaders>;

struct End {
  std::array<uint8_t, 6> mac;
  std::array<uint8_t, 4> address;
  uint16_t port;
};

void PutU16(uint32_t value, uint8_t* to) {
  to[0] = static_cast<uint8_t>(value >> 8);
  to[1] = static_cast<uint8_t>(value);
}

Headers MakeHeaders(const End& from, const End& to, uint8_t protocol) {
  Headers headers{};
  std::copy(to.mac.begin(), to.mac.end(), &headers[0]);
  std::copy(from.mac.begin(), from.mac.end(), &headers[6]);
  PutU16(0x0800, &headers[12]);
  uint8_t* ip = &headers[kEthernetHeader];
  ip[0] = 0x45;
  ip[8] = 64;  // hops to live
  ip[9] = protocol;
  std::copy(from.address.begin(), from.address.end(), ip + 12);
  std::copy(to.address.begin(), to.address.end(), ip + 16);
  uint8_t* transport = ip + kIpHeader;
  PutU16(from.port, transport);
  PutU16(to.port, transport + 2);
  if (protocol == kTcp) {
    transport[12] = 5 << 4;  // header length in words
    transport[13] = 0x10;    // ACK
  }
  return headers;
}

void SetLengths(uint32_t wire_bytes, uint8_t* frame) {
  const uint32_t ip_bytes = wire_bytes - kEthernetHeader;
  PutU16(ip_bytes, frame + kEthernetHeader + 2);
  const bool udp = frame[kEthernetHeader + 9] == kUdp;
  if (udp) PutU16(ip_bytes - kIpHeader, frame + kEthernetHeader + kIpHeader + 4);
}

// Two directions of each flow, one behind the other.
std::vector<Headers> MakeFlows(size_t flows, std::mt19937_64* random) {
  std::vector<Headers> directions;
  for (size_t flow = 0; flow < flows; ++flow) {
    const uint64_t r = (*random)();
    const auto byte = [r](int i) { return static_cast<uint8_t>(r >> 8 * i); };
    const uint8_t host = static_cast<uint8_t>(1 + flow % 250);
    const End home{{0x02, 0, 0, 0, byte(0), host},
                   {192, 168, byte(0), host},
                   static_cast<uint16_t>(1024 + flow % 64'000)};
    // All of 11.0.0.0 to 126.255.255.255 is no home network (100.64.0.0/10 is not either).
    const End remote{{0x02, 0, 0, 0xff, 0xff, 1},
                     {static_cast<uint8_t>(11 + byte(1) % 116), byte(2), byte(3), byte(4)},
                     static_cast<uint16_t>(flow % 3 == 0 ? 3478 : 443)};
    const uint8_t protocol = flow % 2 == 0 ? kUdp : kTcp;
    directions.push_back(MakeHeaders(home, remote, protocol));
    directions.push_back(MakeHeaders(remote, home, protocol));
  }
  return directions;
}

// Headers in this machine's byte order, as pcap has it.
struct FileHeader {
  uint32_t magic = 0xa1b2c3d4;
  uint16_t major = 2, minor = 4;
  uint32_t zone = 0, accuracy = 0;
  uint32_t snap_bytes;
  uint32_t link_type = 1;  // Ethernet
};
struct RecordHeader {
  uint32_t seconds, microseconds, captured, wire;
};

// A number from 0 to below `limit`, which is far below 2^32, from 32 random bits.
uint32_t Below(uint32_t limit, uint64_t bits) {
  return static_cast<uint32_t>((bits & 0xffff'ffff) * limit >> 32);
}

void WriteFlood(const FloodOptions& options, FILE* file) {
  std::mt19937_64 random(options.seed);
  const std::vector<Headers> directions = MakeFlows(options.flows, &random);
  const FileHeader header{.snap_bytes = options.snap_bytes};
  std::fwrite(&header, sizeof header, 1, file);
  std::vector<uint8_t> frame(kLongest);
  uint64_t time_ns = 1'700'000'000'000'000'000;
  for (size_t i = 0; i < options.packets; ++i) {
    const uint64_t r = random(), s = random();
    const Headers& headers = directions[Below(static_cast<uint32_t>(directions.size()), r)];
    const uint32_t wire = kShortest + Below(kLongest - kShortest + 1, r >> 32);
    time_ns += 100 + Below(9'901, s);
    const uint32_t captured = std::min(wire, options.snap_bytes);
    std::copy(headers.begin(), headers.end(), frame.begin());
    SetLengths(wire, frame.data());
    const RecordHeader record{static_cast<uint32_t>(time_ns / 1'000'000'000),
                              static_cast<uint32_t>(time_ns / 1'000 % 1'000'000), captured, wire};
    std::fwrite(&record, sizeof record, 1, file);
    std::fwrite(frame.data(), captured, 1, file);
  }
}

absl::Status CannotWrite(const std::string& path, int reason) {
  return absl::Status(absl::ErrnoToStatusCode(reason),
                      absl::StrCat(path, ": cannot be written: ", std::strerror(reason),
                                   "; choose a folder with more space by TMPDIR"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FloodFile>> FloodFile::Write(const FloodOptions& options) {
  std::string path = (std::filesystem::temp_directory_path() / "silhouette-flood-XXXXXX").string();
  const int descriptor = mkstemp(path.data());
  if (descriptor < 0) return CannotWrite(path, errno);
  std::unique_ptr<FloodFile> flood(new FloodFile(descriptor));
  FILE* file = std::fopen(path.c_str(), "wb");
  const int reason = errno;
  unlink(path.c_str());
  if (file == nullptr) return CannotWrite(path, reason);
  WriteFlood(options, file);
  const bool failed = std::ferror(file) != 0;
  if (std::fclose(file) != 0 || failed) return CannotWrite(path, errno);
  return flood;
}

FloodFile::~FloodFile() { close(descriptor_); }

std::string FloodFile::path() const {
  return absl::StrCat("/proc/", getpid(), "/fd/", descriptor_);
}

}  // namespace silhouette::bench
