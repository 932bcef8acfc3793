#include "common/proto_json.h"

#include <google/protobuf/util/json_util.h>

namespace silhouette {

std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string json;
  // It fails for values of Any and the like alone, which our messages do not have.
  (void)google::protobuf::util::MessageToJsonString(message, &json, options);
  return json;
}

}  // namespace silhouette
