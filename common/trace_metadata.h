#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include "silhouette/v1/batch.pb.h"

namespace silhouette {

// Trace contexts as gRPC's metadata "traceparent", at the beginning of a call.

// Sends it with the call, unless it is none. Before the call.
void SendTrace(const v1::TraceContext& trace, grpc::ClientContext* context);

// What came with a call; unset where nothing did, or what is none.
v1::TraceContext ReceivedTrace(const grpc::ServerContext& context);

}  // namespace silhouette
