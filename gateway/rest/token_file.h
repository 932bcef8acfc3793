#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace silhouette {

// The secret that clients of the API must know, in a file that may change at any time. Thread-safe.
class TokenFile {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  // Reads the file, which is one line: 16 or more letters, digits and -._~+/=, as `openssl rand
  // -hex 32` writes. Logs a warning if everybody can read it. Errors: as ReadFile,
  // INVALID_ARGUMENT (no such line).
  static absl::StatusOr<std::unique_ptr<TokenFile>> Open(const std::string& path,
                                                         Now now = Clock::now);

  // Compares in constant time. A file that has changed is read again, within a second; while it
  // holds no token, the one before it stays.
  bool IsToken(std::string_view token);

 private:
  using Hash = std::array<uint8_t, 32>;

  TokenFile(std::string path, Now now) : path_(std::move(path)), now_(std::move(now)) {}
  static Hash HashOf(std::string_view token);
  static absl::StatusOr<std::string> ReadToken(const std::string& path);
  std::string Stamp() const;  // another one when the file has changed
  Hash Current();

  const std::string path_;
  const Now now_;
  std::mutex mutex_;
  Hash hash_{};               // guarded by mutex_
  std::string stamp_;         // guarded by mutex_
  Clock::time_point looked_;  // guarded by mutex_
};

}  // namespace silhouette
