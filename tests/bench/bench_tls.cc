#include "tests/bench/bench_tls.h"

#include <filesystem>
#include <utility>

#include "common/test_certificates.h"
#include "tests/bench/check.h"

namespace silhouette::bench {

BenchTls::BenchTls() {
  const TestAuthority authority("bench CA");
  const TestAuthority::Pair pair = authority.Sign("bench");
  TlsOptions options;
  options.cert = folder_.Write("bench.crt", pair.certificate);
  options.key = folder_.Write("bench.key", pair.key);
  options.ca = folder_.Write("ca.crt", authority.certificate());
  std::filesystem::permissions(options.key, std::filesystem::perms::owner_read);
  auto credentials = TlsCredentials::Read(options);
  Check(credentials.status());
  credentials_ = *std::move(credentials);
}

}  // namespace silhouette::bench
