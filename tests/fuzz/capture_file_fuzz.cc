// Whole capture files: any bytes give packets, a clear error, or both, and end.

#include <algorithm>
#include <cstring>
#include <memory>

#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"
#include "common/parse/parser.h"

namespace {

class FromMemory : public silhouette::ByteStream {
 public:
  FromMemory(const uint8_t* data, size_t size) : data_(data), size_(size) {}
  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    const size_t count = std::min(size, size_ - at_);
    if (count == 0) return count;  // no input at all has no address either
    std::memcpy(to, data_ + at_, count);
    at_ += count;
    return count;
  }
  uint64_t bytes_read() const override { return at_; }

 private:
  const uint8_t* const data_;
  const size_t size_;
  size_t at_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto source = silhouette::OpenCaptureBytes("x", std::make_unique<FromMemory>(data, size), size);
  if (!source.ok()) return 0;
  silhouette::PacketCursor cursor(source->get());
  silhouette::RawPacket packet;
  silhouette::PacketHeaders headers;
  // A packed file can hold far more packets than bytes; enough is enough.
  for (int packets = 0; packets < 10'000; ++packets) {
    const auto more = cursor.Next(&packet);
    if (!more.ok() || !*more) return 0;
    (void)silhouette::ParsePacket(packet, {true, true, true}, &headers);
  }
  return 0;
}
