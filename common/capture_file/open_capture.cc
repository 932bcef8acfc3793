#include "common/capture_file/open_capture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/capture_file/pcap_format.h"
#include "common/capture_file/pcap_reader.h"
#include "common/capture_file/pcapng_reader.h"
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

// A reader for what the unpacked bytes hold.
absl::StatusOr<std::unique_ptr<PacketSource>> OpenUnpacked(const std::string& name,
                                                           std::unique_ptr<BufferedBytes> bytes,
                                                           uint64_t bytes_total) {
  auto have = bytes->Fill(PcapFormat::kFileHeader);
  if (!have.ok()) return have.status();
  const std::span<const uint8_t> first(bytes->data(), std::min(*have, PcapFormat::kFileHeader));
  const auto& magic = PcapngReader::kMagic;
  if (first.size() >= sizeof magic &&
      std::equal(std::begin(magic), std::end(magic), first.begin())) {
    return std::make_unique<PcapngReader>(name, std::move(bytes), bytes_total);
  }
  if (first.size() < PcapFormat::kFileHeader) return NotACapture(name, first);
  auto format = PcapFormat::Read(first);
  if (!format.ok()) {
    return absl::Status(format.status().code(),
                        absl::StrCat(name, ": ", std::string(format.status().message())));
  }
  if (!format->has_value()) return NotACapture(name, first);
  bytes->Take(PcapFormat::kFileHeader);
  return std::make_unique<PcapReader>(name, **format, std::move(bytes), bytes_total);
}

absl::StatusOr<std::unique_ptr<PacketSource>> OpenStandardInput(std::function<bool()> give_up) {
  const std::string name = "standard input";
  const int descriptor = dup(STDIN_FILENO);
  auto stream = ReadDescriptor(descriptor, name);
  struct stat status;
  const bool is_file = fstat(descriptor, &status) != 0 || S_ISREG(status.st_mode);
  if (is_file) return OpenCaptureBytes(name, std::move(stream), 0);
  return OpenPipe(name, std::move(stream), WaitForDescriptor(descriptor), std::move(give_up));
}

bool MapsPacked(const MappedFile& file) {
  return IsPacked(std::string_view(reinterpret_cast<const char*>(file.data()),
                                   std::min<size_t>(file.ready(), 4)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PacketSource>> OpenCaptureBytes(const std::string& name,
                                                               std::unique_ptr<ByteStream> bytes,
                                                               uint64_t bytes_total,
                                                               UnpackLimits limits) {
  auto unpacked = Unpack(std::move(bytes), name, limits);
  if (!unpacked.ok()) return unpacked.status();
  return OpenUnpacked(name, std::make_unique<BufferedBytes>(*std::move(unpacked)), bytes_total);
}

absl::StatusOr<std::unique_ptr<PacketSource>> OpenPipe(const std::string& name,
                                                       std::unique_ptr<ByteStream> bytes,
                                                       WaitForBytes wait,
                                                       std::function<bool()> give_up,
                                                       UnpackLimits limits) {
  auto pipe =
      std::make_unique<PipeStream>(std::move(bytes), std::move(wait), name, std::move(give_up));
  PipeStream* const opened = pipe.get();
  auto source = OpenCaptureBytes(name, std::move(pipe), 0, limits);
  if (!source.ok()) return source.status();
  opened->TellSilence();
  return std::make_unique<PipeSource>(*std::move(source));
}

absl::StatusOr<std::unique_ptr<PacketSource>> OpenCapture(const std::string& path,
                                                          std::function<bool()> give_up) {
  if (path == "-") return OpenStandardInput(std::move(give_up));
  // A named pipe is opened whether somebody writes to it by now or not.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return CannotOpen(path, errno);
  auto stream = ReadDescriptor(descriptor, path);
  struct stat status;
  if (fstat(descriptor, &status) != 0) return CannotOpen(path, errno);
  if (S_ISDIR(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": is a directory; name a file inside it"));
  }
  if (!S_ISREG(status.st_mode)) {
    fcntl(descriptor, F_SETFL, 0);
    return OpenPipe(path, std::move(stream), WaitForDescriptor(descriptor), std::move(give_up));
  }
  auto file = MappedFile::Map(descriptor);
  if (file == nullptr || MapsPacked(*file)) {
    return OpenCaptureBytes(path, std::move(stream), static_cast<uint64_t>(status.st_size));
  }
  return OpenUnpacked(path, std::make_unique<BufferedBytes>(std::move(file), path),
                      static_cast<uint64_t>(status.st_size));
}

}  // namespace silhouette
