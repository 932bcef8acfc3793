#pragma once

#include <cstddef>
#include <span>

#include "learn/data/dataset.h"
#include "silhouette/v1/model.pb.h"

namespace silhouette {

// Where the windows of `rows` lie: for each class the middles of some groups (k-means, Lloyd 1982)
// over the features that spread, with the radius that holds 99 of 100 rows of the group (the
// median of all radii at least). Equal input gives an equal model.
v1::NoveltyModel FitNovelty(const Dataset& data, std::span<const size_t> rows);

// The same with its radii `factor` times as large.
v1::NoveltyModel Scaled(v1::NoveltyModel model, double factor);

}  // namespace silhouette
