#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

namespace silhouette::bench {

// What the two ends of a connection to 127.0.0.1 need.
struct Credentials {
  std::shared_ptr<grpc::ServerCredentials> server;
  std::shared_ptr<grpc::ChannelCredentials> channel;
};

Credentials Plaintext();

// TLS with a certificate for 127.0.0.1 that is made here and signs itself.
Credentials Tls();

}  // namespace silhouette::bench
