#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_stream.h"
#include "common/capture_file/packet_source.h"
#include "common/capture_file/pipe_source.h"

namespace silhouette {

// Opens a capture by what it holds, not by its name: pcap or pcapng, plain or packed by gzip or
// zstd. "-" is standard input. Waits until a pipe gives its first bytes, or `give_up` is true,
// which is asked now and then. Errors, each naming the file and the remedy: NOT_FOUND,
// PERMISSION_DENIED, INVALID_ARGUMENT (a folder, empty, not a capture), UNIMPLEMENTED, CANCELLED
// (given up).
absl::StatusOr<std::unique_ptr<PacketSource>> OpenCapture(const std::string& path,
                                                          std::function<bool()> give_up = {});

// The same from bytes that are already there; `name` is for messages.
absl::StatusOr<std::unique_ptr<PacketSource>> OpenCaptureBytes(const std::string& name,
                                                               std::unique_ptr<ByteStream> bytes,
                                                               uint64_t bytes_total,
                                                               UnpackLimits limits = {});

// The same from bytes that `wait` waits for, as PipeStream does; the source is a PipeSource.
absl::StatusOr<std::unique_ptr<PacketSource>> OpenPipe(const std::string& name,
                                                       std::unique_ptr<ByteStream> bytes,
                                                       WaitForBytes wait,
                                                       std::function<bool()> give_up,
                                                       UnpackLimits limits = {});

}  // namespace silhouette
