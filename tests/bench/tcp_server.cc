#include "tests/bench/tcp_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <string>

#include "common/link_stream.h"
#include "tests/bench/check.h"

namespace silhouette::bench {

// As StartGrpcServer and OpenChannel do it, which take no credentials.
TcpServer::TcpServer(grpc::Service* service, const Credentials& credentials) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", credentials.server, &port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.RegisterService(service);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) Check(absl::InternalError("no server on 127.0.0.1"));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), credentials.channel,
                                       arguments);
}

TcpServer::~TcpServer() { server_->Shutdown(); }

}  // namespace silhouette::bench
