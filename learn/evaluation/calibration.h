#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace silhouette {

// log probability times `slope` plus the class's bias, scaled to add up to 1: temperature scaling
// (Guo et al. 2017) with a bias for each class, for two classes Platt's (1999) on the log odds.
struct Calibration {
  double slope = 1;
  std::vector<double> bias;  // by class; the first is 0
};

// The calibration under which `truth` is most likely, given the probabilities that a model stated
// of rows that it had not seen (row-major, rows x classes). A penalty as of one row holds it at
// slope 1 without biases where the rows say nothing else, also where they are rightly named all.
Calibration FitCalibration(std::span<const double> probabilities, std::span<const size_t> truth,
                           size_t classes);

}  // namespace silhouette
