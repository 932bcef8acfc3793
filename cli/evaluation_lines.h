#pragma once

#include <ostream>
#include <string>

#include "learn/data/dataset.h"
#include "learn/evaluation/comparison.h"

namespace silhouette {

// JSON Lines, one for each model on each split. Shares go from 0 to 1; what was not measured is
// left out.
void WriteResultsJson(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out);

// A table for people, and what to believe.
void WriteResultsText(const Dataset& data, const Comparison& comparison, size_t positive,
                      std::ostream* out);

// CSV: what each model said of each row that it was tested on.
std::string PredictionsCsv(const Dataset& data, const Comparison& comparison);

}  // namespace silhouette
