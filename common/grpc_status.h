#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace silhouette {

// The one place where the two kinds of status meet; codes have equal numbers.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace silhouette
