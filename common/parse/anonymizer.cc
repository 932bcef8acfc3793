#include "common/parse/anonymizer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/files.h"

namespace silhouette {
namespace {

constexpr size_t kHexDigits = 2 * Anonymizer::kKeyBytes;

absl::Status NotAKey(const std::string& path, std::string_view found) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": not a key: ", std::string(found),
                   "; a key is 32 bytes or 64 hex digits, and `head -c 32 /dev/urandom > key` "
                   "makes one"));
}

// A little more than the longest key, so that a device without an end is refused like a long file.
absl::StatusOr<std::string> ReadKeyFile(const std::string& path) {
  constexpr size_t kLongest = kHexDigits + std::string_view("\r\n").size();
  if (absl::Status status = CheckReadableFile(path); !status.ok()) return status;
  std::ifstream file(path, std::ios::binary);
  std::string content(kLongest + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (file.bad()) return absl::DataLossError(absl::StrCat(path, ": reading failed"));
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kLongest) {
    return NotAKey(path, absl::StrCat("it holds more than ", kLongest, " bytes"));
  }
  return content;
}

bool IsHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

// The bytes of a key file's content, whichever way it is written.
absl::StatusOr<std::string> ParseKey(const std::string& path, const std::string& content) {
  std::string_view digits = content;
  if (digits.size() == Anonymizer::kKeyBytes) {
    // By chance so once in 10^34 keys; half a key in hex otherwise.
    if (!IsHex(digits)) return content;
    return NotAKey(path, "it holds 32 hex digits, which are 16 bytes");
  }
  if (digits.ends_with('\n')) digits.remove_suffix(1);
  if (digits.ends_with('\r')) digits.remove_suffix(1);
  if (digits.size() != kHexDigits) {
    return NotAKey(path, absl::StrCat("it holds ", content.size(), " bytes"));
  }
  if (!IsHex(digits)) return NotAKey(path, "it holds 64 characters that are not all hex digits");
  return absl::HexStringToBytes(std::string(digits));
}

void CopyBits(const std::array<uint8_t, 16>& from, size_t bits, std::array<uint8_t, 16>* to) {
  std::copy_n(from.begin(), bits / 8, to->begin());
  if (bits % 8 == 0) return;
  const auto mask = static_cast<uint8_t>(0xff00 >> bits % 8);
  uint8_t& last = (*to)[bits / 8];
  last = static_cast<uint8_t>((from[bits / 8] & mask) | (last & ~mask));
}

// The value of `key`, from the memory if it is there. A full memory starts afresh: what is asked
// for often is soon back.
template <typename Address, typename Compute>
Address Remember(absl::flat_hash_map<Address, Address>* memory, const Address& key,
                 Compute compute) {
  if (auto known = memory->find(key); known != memory->end()) return known->second;
  if (memory->size() >= Anonymizer::kMaxRemembered) memory->clear();
  return memory->emplace(key, compute()).first->second;
}

}  // namespace

absl::StatusOr<std::string> Anonymizer::ReadKey(const std::string& path) {
  auto content = ReadKeyFile(path);
  if (!content.ok()) return content.status();
  return ParseKey(path, *content);
}

absl::StatusOr<std::unique_ptr<Anonymizer>> Anonymizer::FromOptionalKey(std::string_view key) {
  if (key.empty()) return nullptr;
  return FromKey(key);
}

absl::StatusOr<std::unique_ptr<Anonymizer>> Anonymizer::FromKey(std::string_view key) {
  if (key.size() != kKeyBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a key of ", key.size(), " bytes; give ", kKeyBytes));
  }
  Cipher cipher(EVP_CIPHER_CTX_new());
  const auto* bytes = reinterpret_cast<const uint8_t*>(key.data());
  if (cipher == nullptr ||
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_ecb(), nullptr, bytes, nullptr) != 1) {
    return absl::InternalError("OpenSSL has no AES-128; check its configuration (openssl.cnf)");
  }
  EVP_CIPHER_CTX_set_padding(cipher.get(), 0);
  return std::unique_ptr<Anonymizer>(new Anonymizer(key, std::move(cipher)));
}

void Anonymizer::FreeCipher::operator()(evp_cipher_ctx_st* cipher) const {
  EVP_CIPHER_CTX_free(cipher);
}

Anonymizer::Anonymizer(std::string_view key, Cipher cipher) : cipher_(std::move(cipher)) {
  std::copy(key.begin(), key.end(), key_.begin());
  std::copy_n(key.begin() + pad_.size(), pad_.size(), pad_.begin());
  Encrypt({&pad_, 1});
}

void Anonymizer::Encrypt(std::span<Block> blocks) {
  int size = 0;
  uint8_t* data = blocks.data()->data();
  const int done =
      EVP_EncryptUpdate(cipher_.get(), data, &size, data, static_cast<int>(blocks.size_bytes()));
  if (done != 1) std::abort();  // rather than give out an address as it was
}

IpAddress Anonymizer::Map(const IpAddress& address) {
  if (address == IpAddress()) return address;
  return Remember(&addresses_, address,
                  [&] { return MapLastBytes(address, address.is_v4() ? 4 : 16); });
}

IpAddress Anonymizer::MapLastBytes(const IpAddress& address, size_t count) {
  const size_t start = address.bytes.size() - count;
  Block original{};
  std::copy_n(address.bytes.begin() + start, count, original.begin());
  // Bit i is flipped by the first bit of AES(the i bits before it, filled up from the pad).
  std::array<Block, 128> blocks{};
  const std::span<Block> used = std::span(blocks).first(8 * count);
  for (size_t i = 0; i < used.size(); ++i) {
    used[i] = pad_;
    CopyBits(original, i, &used[i]);
  }
  Encrypt(used);
  IpAddress mapped = address;
  for (size_t i = 0; i < used.size(); ++i) {
    mapped.bytes[start + i / 8] ^= static_cast<uint8_t>((used[i][0] & 0x80) >> i % 8);
  }
  return mapped;
}

MacAddress Anonymizer::Map(const MacAddress& address) {
  constexpr MacAddress kBroadcast{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
  if (address.is_zero() || address == kBroadcast) return address;
  return Remember(&macs_, address, [&] { return MapByHmac(address); });
}

MacAddress Anonymizer::MapByHmac(const MacAddress& address) const {
  constexpr uint8_t kGroup = 0x01, kLocallyAdministered = 0x02;
  std::array<uint8_t, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()), address.bytes.data(),
           address.bytes.size(), digest.data(), &size) == nullptr) {
    std::abort();  // rather than give out bytes that are no mapping
  }
  MacAddress mapped = MacAddress::From(digest.data());
  mapped.bytes[0] = static_cast<uint8_t>((mapped.bytes[0] & ~kGroup) | kLocallyAdministered |
                                         (address.bytes[0] & kGroup));
  return mapped;
}

void Anonymizer::Apply(FlowKey* key) {
  if (key->network == Network::kIp || key->network == Network::kArp) {
    key->home = Map(key->home);
    key->remote = Map(key->remote);
  }
  key->home_mac = Map(key->home_mac);
  key->remote_mac = Map(key->remote_mac);
}

}  // namespace silhouette
