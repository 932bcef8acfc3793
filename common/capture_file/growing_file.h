#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/capture_file/byte_stream.h"

namespace silhouette {

// A plain file that somebody may still be writing: behind its end there can be more later.
class GrowingFile : public ByteStream {
 public:
  // Errors: NOT_FOUND, PERMISSION_DENIED.
  static absl::StatusOr<std::unique_ptr<GrowingFile>> Open(const std::string& path);

  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override;
  uint64_t bytes_read() const override { return stream_->bytes_read(); }
  bool grows() const override { return true; }

  // How often a read met the end.
  uint64_t ends_met() const { return ends_met_; }
  // There is more than was read.
  bool has_more() const;
  // It was removed, or cut so that what follows is another file's: nothing more will come.
  bool is_lost() const;
  // Its first bytes as they are now, with the first packet's time where there is one.
  std::string Head() const;

 private:
  GrowingFile(int descriptor, std::string path)
      : descriptor_(descriptor), stream_(ReadDescriptor(descriptor, std::move(path))) {}

  const int descriptor_;  // the stream's
  const std::unique_ptr<ByteStream> stream_;
  uint64_t ends_met_ = 0;
};

}  // namespace silhouette
