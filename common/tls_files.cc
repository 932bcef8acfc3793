#include "common/tls_files.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "common/files.h"

namespace silhouette {
namespace {

absl::Status Under(const std::string& flag, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(flag, " ", std::string(status.message())));
}

// What a file holds is no fault of the command line's.
absl::Status Wrong(const std::string& flag, const std::string& path, const absl::Status& status) {
  return absl::FailedPreconditionError(
      absl::StrCat(flag, " ", path, ": ", std::string(status.message())));
}

absl::StatusOr<std::string> ReadFlagged(const std::string& flag, const std::string& path) {
  auto content = ReadFile(path);
  if (!content.ok()) return Under(flag, content.status());
  return content;
}

absl::Status ReadIdentity(const TlsOptions& options, absl::Time now, TlsContent* content) {
  auto certificate = ReadFlagged("--tls-cert", options.cert);
  if (!certificate.ok()) return certificate.status();
  auto key = ReadFlagged("--tls-key", options.key);
  if (!key.ok()) return key.status();
  auto facts = ReadCertificate(*certificate);
  if (!facts.ok()) return Wrong("--tls-cert", options.cert, facts.status());
  if (absl::Status status = CheckKey(*key); !status.ok()) {
    return Wrong("--tls-key", options.key, status);
  }
  if (!KeyFits(*key, *certificate)) {
    return absl::FailedPreconditionError(
        absl::StrCat("--tls-key ", options.key, ": is not the key of the certificate in ",
                     options.cert, "; give the two that were made together"));
  }
  if (absl::Status status = CheckHolds(*facts, now); !status.ok()) {
    return Wrong("--tls-cert", options.cert, status);
  }
  content->identity = absl::StrCat(*key, "\n", *certificate);
  content->facts = *std::move(facts);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsContent> ReadTlsFiles(const TlsOptions& options, absl::Time now) {
  TlsContent content;
  if (!options.cert.empty()) {
    if (absl::Status status = ReadIdentity(options, now, &content); !status.ok()) return status;
  }
  if (!options.ca.empty()) {
    auto authorities = ReadFlagged("--tls-ca", options.ca);
    if (!authorities.ok()) return authorities.status();
    auto first = ReadCertificate(*authorities);
    if (!first.ok()) return Wrong("--tls-ca", options.ca, first.status());
    content.authorities = *std::move(authorities);
  }
  return content;
}

std::optional<std::string> WarningAboutKey(const TlsOptions& options) {
  struct stat found {};
  if (options.key.empty() || stat(options.key.c_str(), &found) != 0) return std::nullopt;
  if ((found.st_mode & S_IROTH) == 0) return std::nullopt;
  return absl::StrCat("--tls-key ", options.key,
                      ": everybody on this machine may read it; take that away with chmod o-r");
}

std::vector<FileStamp> StampsOf(const TlsOptions& options) {
  const auto nanoseconds = [](const timespec& time) {
    return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  };
  std::vector<FileStamp> stamps;
  for (const std::string* path : {&options.cert, &options.key, &options.ca}) {
    struct stat found {};
    if (path->empty() || stat(path->c_str(), &found) != 0) found = {};
    stamps.emplace_back(found.st_dev, found.st_ino, found.st_size, nanoseconds(found.st_mtim),
                        nanoseconds(found.st_ctim));
  }
  return stamps;
}

}  // namespace silhouette
