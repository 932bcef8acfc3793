#include "common/capture_file/unpack.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <array>
#include <span>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// What the two have in common: a piece of packed bytes at a time.
class PackedStream : public ByteStream {
 public:
  PackedStream(std::unique_ptr<ByteStream> packed, std::string name, UnpackLimits limits)
      : limits_(limits), packed_(std::move(packed)), name_(std::move(name)) {}
  uint64_t bytes_read() const override { return packed_->bytes_read(); }

 protected:
  // The next piece; empty at the end.
  absl::StatusOr<std::span<const uint8_t>> NextPiece() {
    auto got = packed_->Read(piece_.data(), piece_.size());
    if (!got.ok()) return got.status();
    return std::span<const uint8_t>(piece_.data(), *got);
  }
  // What Read returns that has unpacked so many bytes.
  absl::StatusOr<size_t> Give(size_t bytes) {
    unpacked_ += bytes;
    const bool is_bomb = limits_.most_ratio > 0 && unpacked_ > limits_.free_bytes &&
                         unpacked_ / limits_.most_ratio > bytes_read();
    if (!is_bomb) return bytes;
    return absl::InvalidArgumentError(
        absl::StrCat(name_, ": unpacks to more than ", limits_.most_ratio,
                     " times its size; hand it in unpacked if it is a capture"));
  }
  absl::Status Damaged(const char* format, const char* reason) const {
    return Unusable(
        absl::StrCat(format, " data is damaged before byte ", bytes_read(), " (", reason, ")"));
  }
  absl::Status Unusable(const std::string& what) const {
    return absl::DataLossError(absl::StrCat(name_, ": ", what, "; everything before it is used"));
  }

  const UnpackLimits limits_;

 private:
  const std::unique_ptr<ByteStream> packed_;
  const std::string name_;
  uint64_t unpacked_ = 0;
  std::array<uint8_t, 64 << 10> piece_;
};

class GzipStream : public PackedStream {
 public:
  GzipStream(std::unique_ptr<ByteStream> packed, std::string name, UnpackLimits limits)
      : PackedStream(std::move(packed), std::move(name), limits) {
    constexpr int kGzipOnly = 16;
    inflateInit2(&inflate_, kGzipOnly + MAX_WBITS);
  }
  ~GzipStream() override { inflateEnd(&inflate_); }

  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    inflate_.next_out = to;
    inflate_.avail_out = static_cast<uInt>(size);
    while (inflate_.avail_out == size) {
      if (inflate_.avail_in == 0) {
        auto piece = NextPiece();
        if (!piece.ok()) return piece.status();
        if (piece->empty()) {
          if (member_done_) return 0;
          return Damaged("gzip", "it ends too early");
        }
        inflate_.next_in = const_cast<Bytef*>(piece->data());
        inflate_.avail_in = static_cast<uInt>(piece->size());
      }
      if (member_done_) inflateReset(&inflate_);
      const int result = inflate(&inflate_, Z_NO_FLUSH);
      member_done_ = result == Z_STREAM_END;
      if (result != Z_OK && !member_done_ && result != Z_BUF_ERROR) {
        return Damaged("gzip", inflate_.msg != nullptr ? inflate_.msg : "not gzip");
      }
    }
    return Give(size - inflate_.avail_out);
  }

 private:
  z_stream inflate_{};
  bool member_done_ = false;
};

class ZstdStream : public PackedStream {
 public:
  ZstdStream(std::unique_ptr<ByteStream> packed, std::string name, UnpackLimits limits)
      : PackedStream(std::move(packed), std::move(name), limits), context_(ZSTD_createDCtx()) {
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, limits.zstd_window_log);
  }

  absl::StatusOr<size_t> Read(uint8_t* to, size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (in_.pos == in_.size && !more_inside_) {
        auto piece = NextPiece();
        if (!piece.ok()) return piece.status();
        if (piece->empty()) {
          if (frame_done_) return 0;
          return Damaged("zstd", "it ends too early");
        }
        in_ = {piece->data(), piece->size(), 0};
      }
      const size_t result = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(result)) return Refused(result);
      frame_done_ = result == 0;
      more_inside_ = result != 0 && out.pos == out.size;
    }
    return Give(out.pos);
  }

 private:
  struct Deleter {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  absl::Status Refused(size_t result) const {
    if (ZSTD_getErrorCode(result) != ZSTD_error_frameParameter_windowTooLarge) {
      return Damaged("zstd", ZSTD_getErrorName(result));
    }
    return Unusable(absl::StrCat("zstd data before byte ", bytes_read(),
                                 " asks for a window of more than ",
                                 1 << (limits_.zstd_window_log - 20),
                                 " MiB of memory; pack it again without --long and --ultra"));
  }

  const std::unique_ptr<ZSTD_DCtx, Deleter> context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool frame_done_ = false;
  bool more_inside_ = false;  // the decoder holds unpacked bytes that did not fit
};

}  // namespace

std::unique_ptr<ByteStream> UnpackGzip(std::unique_ptr<ByteStream> packed, std::string name,
                                       UnpackLimits limits) {
  return std::make_unique<GzipStream>(std::move(packed), std::move(name), limits);
}

std::unique_ptr<ByteStream> UnpackZstd(std::unique_ptr<ByteStream> packed, std::string name,
                                       UnpackLimits limits) {
  return std::make_unique<ZstdStream>(std::move(packed), std::move(name), limits);
}

}  // namespace silhouette
