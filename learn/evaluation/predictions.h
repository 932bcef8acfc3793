#pragma once

#include <cstddef>
#include <vector>

namespace silhouette {

// What a model said of rows that it was tested on. Entry i of each list is about the same row.
struct Predictions {
  size_t classes = 0;
  std::vector<size_t> row;            // in the data set, ascending
  std::vector<size_t> truth;          // class
  std::vector<size_t> said;           // class
  std::vector<double> probabilities;  // row-major, rows x classes; see Classifier::Predict

  size_t rows() const { return row.size(); }
};

}  // namespace silhouette
