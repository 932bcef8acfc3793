#pragma once

#include <string>

#include "absl/status/status.h"

namespace silhouette {

// The HTTP status for an error, as grpc-gateway maps them, but for two that tell more:
// FAILED_PRECONDITION is 409, and CANCELLED 503, since only a gateway that stops cancels a call
// whose client is still there to read the answer.
int HttpStatus(absl::StatusCode code);

// {"error":{"code":"NOT_FOUND","message":"..."}}
std::string ErrorJson(const absl::Status& status);

}  // namespace silhouette
