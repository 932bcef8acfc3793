#include "capture-svc/open_capture.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <span>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "capture-svc/pcap_format.h"
#include "capture-svc/pcap_reader.h"
#include "capture-svc/pcapng_reader.h"
#include "common/files.h"

namespace silhouette {
namespace {

absl::Status NotACapture(const std::string& name, std::span<const uint8_t> first) {
  if (first.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, ": is empty; even a capture without packets has a header, so capture again"));
  }
  if (first.size() < PcapFormat::kFileHeader) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": not a capture (only ", first.size(),
                     " bytes, less than any header); give a pcap or pcapng file"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat(name,
                   ": not a capture (its first bytes are neither pcap's nor pcapng's); give a pcap "
                   "or pcapng file, plain or packed by gzip or zstd"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PacketSource>> OpenCaptureBytes(const std::string& name,
                                                               std::unique_ptr<ByteStream> bytes,
                                                               uint64_t bytes_total) {
  auto unpacked = Unpack(std::move(bytes), name);
  if (!unpacked.ok()) return unpacked.status();
  auto buffered = std::make_unique<BufferedBytes>(*std::move(unpacked));
  auto have = buffered->Fill(PcapFormat::kFileHeader);
  if (!have.ok()) return have.status();
  const std::span<const uint8_t> first(buffered->data(), std::min(*have, PcapFormat::kFileHeader));
  const auto& magic = PcapngReader::kMagic;
  if (first.size() >= sizeof magic &&
      std::equal(std::begin(magic), std::end(magic), first.begin())) {
    return std::make_unique<PcapngReader>(name, std::move(buffered), bytes_total);
  }
  if (first.size() < PcapFormat::kFileHeader) return NotACapture(name, first);
  auto format = PcapFormat::Read(first);
  if (!format.ok()) {
    return absl::Status(format.status().code(),
                        absl::StrCat(name, ": ", std::string(format.status().message())));
  }
  if (!format->has_value()) return NotACapture(name, first);
  buffered->Take(PcapFormat::kFileHeader);
  return std::make_unique<PcapReader>(name, **format, std::move(buffered), bytes_total);
}

absl::StatusOr<std::unique_ptr<PacketSource>> OpenCapture(const std::string& path) {
  if (path == "-") {
    return OpenCaptureBytes("standard input", ReadDescriptor(dup(STDIN_FILENO), "standard input"),
                            0);
  }
  if (absl::Status status = CheckReadableFile(path); !status.ok()) return status;
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return absl::UnavailableError(absl::StrCat(path, ": cannot be opened: ", std::strerror(errno)));
  }
  std::error_code error;
  const uint64_t bytes = std::filesystem::file_size(path, error);
  return OpenCaptureBytes(path, ReadDescriptor(descriptor, path), error ? 0 : bytes);
}

}  // namespace silhouette
