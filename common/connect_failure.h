#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <optional>
#include <string>

namespace silhouette {

// What is probably wrong and what to do about it, from gRPC's words for a connection that does not
// come about; none where they tell enough. `encrypted`: this end speaks TLS.
std::optional<std::string> ExplainConnectFailure(const std::string& grpc_words, bool encrypted);

// Puts the explanation before gRPC's words in the status of every call of a channel.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeConnectExplainers(
    bool encrypted);

}  // namespace silhouette
