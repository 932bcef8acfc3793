#include "gateway/rest/token_file.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "common/log.h"

namespace silhouette {
namespace {

constexpr size_t kLeastLength = 16;
constexpr std::chrono::milliseconds kLookEvery(500);

// What RFC 6750 allows in a header.
bool IsTokenCharacter(unsigned char c) {
  return absl::ascii_isalnum(c) ||
         std::string_view("-._~+/=").find(static_cast<char>(c)) != std::string_view::npos;
}

void WarnIfOthersCanRead(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0 || (file.st_mode & S_IROTH) == 0) return;
  LogWarn(absl::StrCat(path, ": everybody on this machine can read the token; chmod o= ", path));
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenFile>> TokenFile::Open(const std::string& path, Now now) {
  std::unique_ptr<TokenFile> file(new TokenFile(path, std::move(now)));
  file->stamp_ = file->Stamp();
  auto token = ReadToken(path);
  if (!token.ok()) return token.status();
  WarnIfOthersCanRead(path);
  file->hash_ = HashOf(*token);
  file->looked_ = file->now_();
  return file;
}

absl::StatusOr<std::string> TokenFile::ReadToken(const std::string& path) {
  auto content = ReadFile(path);
  if (!content.ok()) return content.status();
  const absl::string_view line = absl::StripAsciiWhitespace(*content);
  const bool is_token =
      line.size() >= kLeastLength && std::all_of(line.begin(), line.end(), IsTokenCharacter);
  if (is_token) return std::string(line);
  return absl::InvalidArgumentError(absl::StrCat(
      path,
      ": holds no token; it is one line of 16 or more letters, digits and -._~+/=; write one "
      "by: (umask 077; openssl rand -hex 32 > ",
      path, ")"));
}

TokenFile::Hash TokenFile::HashOf(std::string_view token) {
  Hash hash;
  SHA256(reinterpret_cast<const uint8_t*>(token.data()), token.size(), hash.data());
  return hash;
}

std::string TokenFile::Stamp() const {
  struct stat file {};
  if (stat(path_.c_str(), &file) != 0) return "";
  return absl::StrCat(file.st_ino, " ", file.st_size, " ", file.st_mtim.tv_sec, ".",
                      file.st_mtim.tv_nsec);
}

TokenFile::Hash TokenFile::Current() {
  std::lock_guard lock(mutex_);
  if (now_() - looked_ < kLookEvery) return hash_;
  looked_ = now_();
  const std::string stamp = Stamp();
  if (stamp == stamp_) return hash_;
  stamp_ = stamp;
  auto token = ReadToken(path_);
  if (token.ok()) {
    hash_ = HashOf(*token);
    WarnIfOthersCanRead(path_);
    LogInfo(path_ + " has changed: its new token counts from now on");
  } else {
    LogError(
        absl::StrCat(std::string(token.status().message()), "; the token before it still counts"));
  }
  return hash_;
}

bool TokenFile::IsToken(std::string_view token) {
  // Of equal length, whatever came.
  const Hash ours = Current();
  const Hash theirs = HashOf(token);
  return CRYPTO_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
}

}  // namespace silhouette
