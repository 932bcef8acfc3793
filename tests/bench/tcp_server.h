#pragma once

#include <grpcpp/channel.h>

#include <memory>

#include "common/grpc_server.h"

namespace silhouette::bench {

// A service behind a TCP port of its own on this machine, and a channel to it, as services make
// them.
class TcpServer {
 public:
  // Null: without TLS.
  explicit TcpServer(grpc::Service* service, TlsCredentials* tls = nullptr);
  ~TcpServer();

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  BoundServer bound_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace silhouette::bench
