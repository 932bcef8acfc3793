#pragma once

#include <memory>
#include <string>

#include "common/capture_file/byte_stream.h"

namespace silhouette {

// Streams of unpacked bytes, in constant memory. Errors of Read: DATA_LOSS naming `name` and the
// compressed offset when the data is damaged, ends too early, or asks for more memory than it may
// have; INVALID_ARGUMENT when it gives more than it may.
std::unique_ptr<ByteStream> UnpackGzip(std::unique_ptr<ByteStream> packed, std::string name,
                                       UnpackLimits limits);
std::unique_ptr<ByteStream> UnpackZstd(std::unique_ptr<ByteStream> packed, std::string name,
                                       UnpackLimits limits);

}  // namespace silhouette
