#pragma once

#include <memory>

#include "common/test_folder.h"
#include "common/tls_credentials.h"

namespace silhouette::bench {

// Mutual TLS of 127.0.0.1 as services have it, from files that are made here.
class BenchTls {
 public:
  BenchTls();
  // Must outlive the servers and channels that are made with it.
  TlsCredentials* credentials() { return credentials_.get(); }

 private:
  const TemporaryFolder folder_;
  std::unique_ptr<TlsCredentials> credentials_;
};

}  // namespace silhouette::bench
