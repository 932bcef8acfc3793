#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>

#include <memory>

#include "tests/bench/credentials.h"

namespace silhouette::bench {

// A service behind a TCP port of its own on this machine, and a channel to it.
class TcpServer {
 public:
  explicit TcpServer(grpc::Service* service, const Credentials& credentials = Plaintext());
  ~TcpServer();

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace silhouette::bench
