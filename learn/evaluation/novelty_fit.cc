#include "learn/evaluation/novelty_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "classify-svc/novelty.h"
#include "learn/data/split.h"

namespace silhouette {
namespace {

constexpr size_t kGroups = 16;   // of a class
constexpr size_t kRows = 2000;   // of a class, at the most
constexpr int kRounds = 20;      // of k-means
constexpr double kHeld = 0.99;   // share of its rows within a group's radius
constexpr double kLeast = 0.25;  // radius, in spreads of a feature

using Points = std::vector<double>;  // row-major

double SquaredDistance(const double* a, const double* b, size_t n) {
  double squares = 0;
  for (size_t i = 0; i < n; ++i) squares += (a[i] - b[i]) * (a[i] - b[i]);
  return squares;
}

double Quantile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

// Limits and scales by feature: the standard deviation of its logarithm becomes 1 / sqrt(features),
// so that distances are about 1.
void AddScales(const Dataset& data, std::span<const size_t> rows, v1::NoveltyModel* model) {
  const auto n = static_cast<double>(rows.size());
  for (size_t f = 0; f < data.feature_names.size(); ++f) {
    double low = std::numeric_limits<double>::infinity(), high = 0, sum = 0, squares = 0;
    for (size_t row : rows) {
      const double value = data.row(row)[f];
      low = std::min(low, value);
      high = std::max(high, value);
      const double log = std::log1p(value);
      sum += log;
      squares += log * log;
    }
    const double spread = std::sqrt(std::max(squares / n - sum / n * (sum / n), 0.0));
    if (low < 0 || spread < 1e-6) continue;
    model->add_features(data.feature_names[f]);
    model->add_low(low);
    model->add_high(high);
    model->add_scale(1 / spread);
  }
  const double count = std::sqrt(static_cast<double>(std::max(model->features_size(), 1)));
  for (double& scale : *model->mutable_scale()) scale /= count;
}

Points PlaceRows(const Dataset& data, std::span<const size_t> rows, const v1::NoveltyModel& model) {
  std::vector<size_t> columns;
  for (const std::string& name : model.features()) {
    columns.push_back(
        static_cast<size_t>(std::find(data.feature_names.begin(), data.feature_names.end(), name) -
                            data.feature_names.begin()));
  }
  Points points;
  for (size_t row : rows) {
    for (size_t i = 0; i < columns.size(); ++i) {
      const int f = static_cast<int>(i);
      points.push_back(NoveltyCoordinate(data.row(row)[columns[i]], model.low(f), model.high(f),
                                         model.scale(f)));
    }
  }
  return points;
}

// The nearest of the middles to each point, and how far it is.
struct Nearest {
  std::vector<size_t> group;
  std::vector<double> distance;
};
Nearest FindNearest(const Points& points, const Points& middles, size_t n) {
  Nearest nearest;
  for (size_t p = 0; p < points.size(); p += n) {
    size_t best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (size_t m = 0; m < middles.size(); m += n) {
      const double squares = SquaredDistance(&points[p], &middles[m], n);
      if (squares >= least) continue;
      least = squares;
      best = m / n;
    }
    nearest.group.push_back(best);
    nearest.distance.push_back(std::sqrt(least));
  }
  return nearest;
}

// Begins with points as far from each other as can be (Gonzalez 1985), so that rare kinds of
// windows have a group as well.
Points FirstMiddles(const Points& points, size_t n) {
  Points middles(points.begin(), points.begin() + static_cast<ptrdiff_t>(n));
  while (middles.size() < kGroups * n) {
    const Nearest nearest = FindNearest(points, middles, n);
    const auto farthest = std::max_element(nearest.distance.begin(), nearest.distance.end());
    if (*farthest < 1e-9) break;
    const auto place = static_cast<size_t>(farthest - nearest.distance.begin()) * n;
    for (size_t i = 0; i < n; ++i) middles.push_back(points[place + i]);
  }
  return middles;
}

Points FindMiddles(const Points& points, size_t n) {
  Points middles = FirstMiddles(points, n);
  for (int round = 0; round < kRounds; ++round) {
    const Nearest nearest = FindNearest(points, middles, n);
    Points sums(middles.size());
    std::vector<double> counts(middles.size() / n);
    for (size_t p = 0; p < nearest.group.size(); ++p) {
      ++counts[nearest.group[p]];
      for (size_t i = 0; i < n; ++i) sums[nearest.group[p] * n + i] += points[p * n + i];
    }
    for (size_t m = 0; m < middles.size(); ++m) {
      if (counts[m / n] > 0) middles[m] = sums[m] / counts[m / n];
    }
  }
  return middles;
}

void AddGroups(const Points& points, size_t n, v1::NoveltyModel* model) {
  const Points middles = FindMiddles(points, n);
  const Nearest nearest = FindNearest(points, middles, n);
  std::vector<std::vector<double>> distances(middles.size() / n);
  for (size_t p = 0; p < nearest.group.size(); ++p) {
    distances[nearest.group[p]].push_back(nearest.distance[p]);
  }
  for (size_t g = 0; g < distances.size(); ++g) {
    if (distances[g].empty()) continue;
    for (size_t i = 0; i < n; ++i) model->add_prototypes(middles[g * n + i]);
    model->add_radii(std::max(Quantile(distances[g], kHeld), kLeast));
  }
}

}  // namespace

v1::NoveltyModel FitNovelty(const Dataset& data, std::span<const size_t> rows) {
  v1::NoveltyModel model;
  std::vector<std::vector<size_t>> by_class(data.classes.size());
  for (size_t row : rows) by_class[static_cast<size_t>(data.label[row])].push_back(row);
  std::vector<size_t> drawn;
  for (auto& of_class : by_class) {
    of_class = Thinned(of_class, kRows);
    drawn.insert(drawn.end(), of_class.begin(), of_class.end());
  }
  AddScales(data, drawn, &model);
  const auto n = static_cast<size_t>(model.features_size());
  if (n == 0) return model;
  for (const auto& of_class : by_class) {
    if (!of_class.empty()) AddGroups(PlaceRows(data, of_class, model), n, &model);
  }
  const double median = Quantile({model.radii().begin(), model.radii().end()}, 0.5);
  for (double& radius : *model.mutable_radii()) radius = std::max(radius, median);
  return model;
}

v1::NoveltyModel Scaled(v1::NoveltyModel model, double factor) {
  for (double& radius : *model.mutable_radii()) radius *= factor;
  return model;
}

}  // namespace silhouette
