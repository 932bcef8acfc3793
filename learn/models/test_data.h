#pragma once

#include <algorithm>
#include <numeric>

#include "learn/data/dataset.h"
#include "learn/models/classifier.h"

namespace silhouette {

inline std::vector<size_t> AllRowsOf(const Dataset& data) {
  std::vector<size_t> rows(data.rows());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

// Twelve rows of two features whose classes overlap: (5 i mod 12, i² mod 7 - 3).
inline Dataset TwelveRows(const std::vector<int>& labels) {
  Dataset data;
  data.feature_names = {"a", "b"};
  for (int i = 0; i < 12; ++i) {
    data.features.push_back(i * 5 % 12);
    data.features.push_back(i * i % 7 - 3);
  }
  data.label = labels;
  data.classes.resize(static_cast<size_t>(*std::max_element(labels.begin(), labels.end())) + 1);
  return data;
}

}  // namespace silhouette
