#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/address.h"
#include "common/mac_address.h"
#include "common/subject.h"

struct evp_cipher_ctx_st;  // OpenSSL's

namespace silhouette {

// Replaces addresses by others under a secret key, alike in every run with the same key.
//
// IP addresses by Crypto-PAn (Xu, Fan, Ammar, Moon: Prefix-Preserving IP Address Anonymization,
// ICNP 2002): two addresses share as many leading bits afterwards as before, so that networks stay
// networks. Whoever can send packets of their own through the capture can learn some of it, as the
// paper says. Home networks must be told apart before, by the true addresses.
// Hardware addresses by HMAC-SHA256, without their maker's prefix.
//
// Not thread-safe: mapped addresses are remembered. Memory is bounded.
class Anonymizer {
 public:
  static constexpr size_t kKeyBytes = 32;
  static constexpr size_t kMaxRemembered = 65'536;  // of each kind of address

  // The kKeyBytes bytes of a file of 32 bytes or of 64 hex digits, a newline behind them allowed.
  // Who reads it can undo everything, so it should be its owner's alone (mode 600); that is not
  // checked. Errors: INVALID_ARGUMENT (what was found and how to make a key), or as
  // CheckReadableFile.
  static absl::StatusOr<std::string> ReadKey(const std::string& path);
  // From kKeyBytes secret bytes, else INVALID_ARGUMENT. INTERNAL without AES in OpenSSL.
  static absl::StatusOr<std::unique_ptr<Anonymizer>> FromKey(std::string_view key);
  // The same, but null, which is to change nothing, for no key.
  static absl::StatusOr<std::unique_ptr<Anonymizer>> FromOptionalKey(std::string_view key);

  Anonymizer(const Anonymizer&) = delete;
  Anonymizer& operator=(const Anonymizer&) = delete;

  // IPv4 stays IPv4. IpAddress(), which means none (and ::), stays what it is.
  IpAddress Map(const IpAddress& address);
  // A group address stays one; every result is locally administered. Zero, which means none, and
  // broadcast stay what they are.
  MacAddress Map(const MacAddress& address);
  // Both ends' addresses. Which ends are home was said before and stays.
  void Apply(FlowKey* key);

 private:
  using Block = std::array<uint8_t, 16>;
  struct FreeCipher {
    void operator()(evp_cipher_ctx_st* cipher) const;
  };
  using Cipher = std::unique_ptr<evp_cipher_ctx_st, FreeCipher>;

  Anonymizer(std::string_view key, Cipher cipher);

  // AES of each of at most 128 blocks, in place.
  void Encrypt(std::span<Block> blocks);
  // Crypto-PAn of the last `count` bytes of an address.
  IpAddress MapLastBytes(const IpAddress& address, size_t count);
  MacAddress MapByHmac(const MacAddress& address) const;

  std::array<uint8_t, kKeyBytes> key_;
  Cipher cipher_;  // AES-128 under the key's first half
  Block pad_;      // the key's second half, encrypted
  absl::flat_hash_map<IpAddress, IpAddress> addresses_;
  absl::flat_hash_map<MacAddress, MacAddress> macs_;
};

}  // namespace silhouette
