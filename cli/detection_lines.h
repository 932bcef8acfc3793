#pragma once

#include <ostream>

#include "google/protobuf/repeated_ptr_field.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// How a model that raises alarms did, a result for each split, for people.
void WriteDetectionText(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out);
// JSON Lines: {"result": EvaluationResult} for each.
void WriteDetectionJson(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out);

}  // namespace silhouette
