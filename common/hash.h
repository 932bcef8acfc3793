#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace silhouette {

// 64-bit FNV-1a of `text` as 16 lower-case hex digits: equal on every machine and in every build.
// Tells versions of a schema or a spec set apart; not for secrets.
std::string StableHash(std::string_view text);

// SHA-256 of `text` as 64 hex digits.
std::string Sha256Of(std::string_view text);
// SHA-256 of a file's bytes the same way. Errors: NOT_FOUND, INVALID_ARGUMENT for a folder.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace silhouette
