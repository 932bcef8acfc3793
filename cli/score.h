#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "learn/data/truth.h"

namespace silhouette {

struct SubjectFindings;

// How often each pair (truth, said) came, in windows.
using Confusion = std::map<std::pair<std::string, std::string>, uint64_t>;

// The share of windows in which both are the same, 0 to 1; 0 for none.
double Accuracy(const Confusion& confusion);

// Verdicts against the truth. A window takes the truth's label at its middle; windows outside of
// all its intervals are not scored.
struct Score {
  uint64_t windows = 0;  // scored
  uint64_t outside = 0;  // of no interval
  Confusion per_window;
  Confusion timeline;  // Viterbi
};

Score ScoreFindings(const std::vector<const SubjectFindings*>& subjects, const Truth& truth,
                    int64_t zero_ns);

}  // namespace silhouette
