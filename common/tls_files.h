#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "common/certificate.h"
#include "common/tls_options.h"

namespace silhouette {

// What the files of TlsOptions hold.
struct TlsContent {
  std::string identity;                   // PEM: the key, then the certificates; empty: none given
  std::string authorities;                // PEM; empty: none given
  std::optional<CertificateFacts> facts;  // of the certificate

  bool operator==(const TlsContent& other) const {
    return identity == other.identity && authorities == other.authorities;
  }
};

// Reads the files and checks that they are whole, fit together and hold at `now`.
// Errors: NOT_FOUND, PERMISSION_DENIED, FAILED_PRECONDITION; each names flag, file and remedy.
absl::StatusOr<TlsContent> ReadTlsFiles(const TlsOptions& options, absl::Time now);

// In words, if people other than the owner and the group may read the key.
std::optional<std::string> WarningAboutKey(const TlsOptions& options);

// Differs from an earlier one when a file was written, replaced or made readable since.
using FileStamp = std::tuple<uint64_t, uint64_t, int64_t, int64_t, int64_t>;
std::vector<FileStamp> StampsOf(const TlsOptions& options);

}  // namespace silhouette
