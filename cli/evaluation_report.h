#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "learn/data/dataset.h"
#include "learn/evaluation/comparison.h"

namespace silhouette {

// More would draw slower than a person can use it. The page says what it leaves out.
inline constexpr size_t kTimelineWindows = 5000;  // of a sequence, its first ones
inline constexpr size_t kTimelineSequences = 20;  // of a result, those with the most windows

// What the page shows, for cli/report/*.js. `results` and `curves` are as ResultJson and CurveJson
// give them, with titles for people; `timelines` has what XGBoost said, window by window, on each
// split that does not leak, or where all do, the first result. Equal input gives equal JSON.
nlohmann::ordered_json ReportJson(const Dataset& data, const Comparison& comparison,
                                  size_t positive);

// The comparison for people: one HTML file that needs no other and asks no network for anything.
std::string ReportPage(const Dataset& data, const Comparison& comparison, size_t positive);

}  // namespace silhouette
