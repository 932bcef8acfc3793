#pragma once

#include <string>
#include <string_view>

namespace silhouette {

// The OpenAPI 3.0 document of all routes, made from them and from the protos with their comments.
const std::string& OpenApiJson();

// The protos that GatewayService needs, as a FileDescriptorSet with their comments, under the name
// "gateway_api.pb". It is inside the program; empty for another name.
std::string_view ProtoFile(std::string_view name);

}  // namespace silhouette
