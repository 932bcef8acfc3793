#include "common/capture_file/pcap_file.h"

#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/parse/link_type.h"

namespace silhouette {

namespace {

// With the precision asked for, tv_usec holds nanoseconds. A pcapng file can claim any second; one
// that does not fit gives a time that IsPlausibleTime refuses.
int64_t ToNanoseconds(const timeval& time) {
  int64_t ns = 0;
  if (__builtin_mul_overflow(int64_t{time.tv_sec}, int64_t{1'000'000'000}, &ns) ||
      __builtin_add_overflow(ns, int64_t{time.tv_usec}, &ns)) {
    return std::numeric_limits<int64_t>::max();
  }
  return ns;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PcapFile>> PcapFile::Open(const std::string& path) {
  if (absl::Status status = CheckReadableFile(path); !status.ok()) return status;
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  if (!error && bytes == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": is empty; even a capture without packets has a header, so capture again"));
  }
  char reason[PCAP_ERRBUF_SIZE] = "";
  pcap_t* handle =
      pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, reason);
  if (handle == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": not a capture (", reason, "); give a pcap or pcapng file"));
  }
  return std::unique_ptr<PcapFile>(new PcapFile(path, handle, error ? 0 : bytes));
}

PcapFile::PcapFile(std::string path, pcap_t* handle, uint64_t bytes_total)
    : path_(std::move(path)), handle_(handle), bytes_total_(bytes_total) {}

absl::StatusOr<PacketBlock> PcapFile::Read() {
  pcap_pkthdr* header = nullptr;
  const u_char* bytes = nullptr;
  const int result = pcap_next_ex(handle_.get(), &header, &bytes);
  if (result == PCAP_ERROR_BREAK) return PacketBlock{{}, true};
  if (result != 1) return ReadError();
  ++packets_;
  packet_.time_ns = ToNanoseconds(header->ts);
  packet_.wire_bytes = header->len;
  packet_.captured = {bytes, header->caplen};
  packet_.link_type = LinkTypeOfDlt(pcap_datalink(handle_.get()));
  return PacketBlock{{&packet_, 1}};
}

absl::Status PcapFile::ReadError() const {
  const std::string reason = pcap_geterr(handle_.get());
  if (absl::StrContains(reason, "truncated")) {
    return absl::DataLossError(absl::StrCat(path_, ": cut at byte ", bytes_read(),
                                            ", inside packet ", packets_ + 1, " (", reason,
                                            "); everything before it is used"));
  }
  return absl::DataLossError(absl::StrCat(path_, ": cannot be read on from byte ", bytes_read(),
                                          ", behind packet ", packets_, " (", reason,
                                          "); everything before it is used"));
}

uint64_t PcapFile::bytes_read() const {
  const long position = std::ftell(pcap_file(handle_.get()));
  return position < 0 ? 0 : static_cast<uint64_t>(position);
}

}  // namespace silhouette
