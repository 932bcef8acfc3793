#pragma once

#include <memory>
#include <string>

#include "capture-svc/source/byte_stream.h"

namespace silhouette {

// Streams of unpacked bytes, in constant memory. Errors of Read: DATA_LOSS naming `name` and the
// compressed offset when the data is damaged or ends too early.
std::unique_ptr<ByteStream> UnpackGzip(std::unique_ptr<ByteStream> packed, std::string name);
std::unique_ptr<ByteStream> UnpackZstd(std::unique_ptr<ByteStream> packed, std::string name);

}  // namespace silhouette
