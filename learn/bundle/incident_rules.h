#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "learn/data/dataset.h"
#include "learn/evaluation/detector_parts.h"
#include "silhouette/v1/incident.pb.h"

namespace silhouette {

// A rule for each class that is an incident: its features are those that add most to the class's
// score on rows of the class (SHAP values, mean over some of `rows`), with the range that 99 of 100
// benign (class 0) rows with packets lie in. `model` is the bytes of a .ubj file. Errors: INTERNAL
// (XGBoost).
absl::StatusOr<std::vector<v1::IncidentRule>> MakeIncidentRules(
    const Dataset& data, std::span<const size_t> rows, std::string_view model,
    const std::map<std::string, v1::Severity>& severities, const DetectionOptions& options);

}  // namespace silhouette
