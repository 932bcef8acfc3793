#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"
#include "learn/data/dataset.h"
#include "learn/evaluation/detection.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// How a model that raises alarms did, a result for each split, for people.
void WriteDetectionText(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out);
// JSON Lines: {"result": EvaluationResult} for each.
void WriteDetectionJson(const google::protobuf::RepeatedPtrField<v1::EvaluationResult>& results,
                        std::ostream* out);

// CSV: what was said of each window that was judged.
std::string DetectionCsv(const Dataset& data, const std::vector<DetectionResult>& results);

}  // namespace silhouette
