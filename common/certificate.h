#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace silhouette {

// What people want to know of a certificate.
struct CertificateFacts {
  std::string subject;  // "CN = feature-svc"
  absl::Time from, to;  // when it holds
};

// Of the first certificate in PEM text, which is the owner's; the others are its issuers'.
// Errors: INVALID_ARGUMENT, worded to stand behind a file's name.
absl::StatusOr<CertificateFacts> ReadCertificate(const std::string& pem);

// Checks that the time is one at which the certificate holds. Errors: FAILED_PRECONDITION, worded
// likewise.
absl::Status CheckHolds(const CertificateFacts& facts, absl::Time now);

// Checks that PEM text is a private key without password. Errors: as ReadCertificate.
absl::Status CheckKey(const std::string& pem);

// True if the private key is that of the first certificate.
bool KeyFits(const std::string& key_pem, const std::string& certificate_pem);

}  // namespace silhouette
