#include "tests/bench/tcp_server.h"

#include <string>
#include <utility>

#include "tests/bench/check.h"

namespace silhouette::bench {

TcpServer::TcpServer(grpc::Service* service, TlsCredentials* tls) {
  auto bound = StartGrpcServer("bench", "127.0.0.1:0", {service}, {.tls = tls});
  Check(bound.status());
  bound_ = *std::move(bound);
  channel_ = OpenChannel("127.0.0.1:" + std::to_string(bound_.port), tls);
}

TcpServer::~TcpServer() { bound_.server->Shutdown(); }

}  // namespace silhouette::bench
