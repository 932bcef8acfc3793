#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace silhouette {

// Appends pcapng blocks to a buffer, in this machine's byte order, which the format allows.
class PcapngBlock {
 public:
  PcapngBlock(std::string* buffer, uint32_t type) : buffer_(*buffer), start_(buffer->size()) {
    U32(type).U32(0);
  }
  // The length is known now, and stands at both ends.
  ~PcapngBlock() {
    const auto length = static_cast<uint32_t>(buffer_.size() - start_ + sizeof(uint32_t));
    U32(length);
    buffer_.replace(start_ + 4, sizeof length, Bytes(&length), sizeof length);
  }
  PcapngBlock(const PcapngBlock&) = delete;
  PcapngBlock& operator=(const PcapngBlock&) = delete;

  PcapngBlock& U16(uint16_t value) { return Put(&value, sizeof value); }
  PcapngBlock& U32(uint32_t value) { return Put(&value, sizeof value); }
  PcapngBlock& U64(uint64_t value) { return Put(&value, sizeof value); }
  // Times are two halves, the upper one first in either byte order.
  PcapngBlock& Time(int64_t ns) {
    const auto ticks = static_cast<uint64_t>(ns);
    return U32(static_cast<uint32_t>(ticks >> 32)).U32(static_cast<uint32_t>(ticks));
  }
  PcapngBlock& Data(std::span<const uint8_t> bytes) {
    Put(bytes.data(), bytes.size());
    return Pad();
  }

  PcapngBlock& TextOption(uint16_t code, std::string_view text) {
    U16(code).U16(static_cast<uint16_t>(text.size())).Put(text.data(), text.size());
    return Pad();
  }
  PcapngBlock& ByteOption(uint16_t code, uint8_t value) {
    U16(code).U16(1).Put(&value, 1);
    return Pad();
  }
  PcapngBlock& CountOption(uint16_t code, uint64_t value) { return U16(code).U16(8).U64(value); }
  PcapngBlock& TimeOption(uint16_t code, int64_t ns) { return U16(code).U16(8).Time(ns); }
  PcapngBlock& EndOfOptions() { return U32(0); }

 private:
  static const char* Bytes(const void* value) { return static_cast<const char*>(value); }
  PcapngBlock& Put(const void* bytes, size_t size) {
    if (size > 0) buffer_.append(Bytes(bytes), size);
    return *this;
  }
  PcapngBlock& Pad() {
    while ((buffer_.size() - start_) % 4 != 0) buffer_ += '\0';
    return *this;
  }

  std::string& buffer_;
  const size_t start_;
};

}  // namespace silhouette
