#pragma once

#include <google/protobuf/message.h>

#include <string>

namespace silhouette {

// A message in Protobuf's own JSON mapping, on one line without its end. All fields are there,
// those that are zero, false or empty too, so that a reader finds the same names every time.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace silhouette
