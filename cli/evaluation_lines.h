#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <string>

#include "learn/data/dataset.h"
#include "learn/evaluation/comparison.h"

namespace silhouette {

// How a model did on a split, and its learning curve. Shares go from 0 to 1; what was not measured
// is left out.
nlohmann::ordered_json ResultJson(const Dataset& data, const ModelResult& result, size_t positive);
nlohmann::ordered_json CurveJson(const LearningCurve& curve, const std::string& split);

// The model's name for people, with what tells it from the same one on another scale.
std::string ScaledTitle(const ModelResult& result);

// JSON Lines, one for each model on each split and for each learning curve.
void WriteResultsJson(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out);

// A table for people, and what to believe.
void WriteResultsText(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out);

// CSV: what each model said of each row that it was tested on.
std::string PredictionsCsv(const Dataset& data, const Comparison& comparison);

}  // namespace silhouette
