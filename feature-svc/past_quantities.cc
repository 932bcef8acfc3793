#include "feature-svc/past_quantities.h"

#include <algorithm>
#include <utility>

#include "feature-svc/reserve.h"

namespace silhouette {

PastQuantities::PastQuantities(size_t width, int64_t reach, int64_t step)
    : width_(width), reach_(reach), step_(step) {}

void PastQuantities::Grow(size_t subjects) {
  if (width_ == 0 || subjects <= subjects_.size()) return;
  ReserveFor(subjects, &subjects_);
  subjects_.resize(subjects);
}

void PastQuantities::Forget(uint32_t id) {
  if (id < subjects_.size()) subjects_[id] = Windows();
}

void PastQuantities::Renumber(std::span<const uint32_t> numbers, uint32_t none, size_t subjects) {
  if (width_ == 0) return;
  std::vector<Windows> renumbered(subjects);
  for (size_t old = 0; old < numbers.size(); ++old) {
    if (numbers[old] != none) renumbered[numbers[old]] = std::move(subjects_[old]);
  }
  subjects_.swap(renumbered);
}

std::span<const double> PastQuantities::Before(uint32_t id, int64_t window) {
  found_.clear();
  if (width_ == 0) return found_;
  const Windows& windows = subjects_[id];
  for (size_t i = 0; i < windows.number.size(); ++i) {
    const int64_t back = window - windows.number[i];
    if (back > reach_ * step_ || back % step_ != 0) continue;
    const auto begin = windows.quantities.begin() + static_cast<std::ptrdiff_t>(i * width_);
    found_.insert(found_.end(), begin, begin + static_cast<std::ptrdiff_t>(width_));
  }
  return found_;
}

void PastQuantities::Keep(uint32_t id, int64_t window, std::span<const double> quantities) {
  if (reach_ == 0) return;
  Windows& windows = subjects_[id];
  // Seldom enough to cost nothing, and before it would grow.
  if (windows.number.size() == windows.number.capacity()) DropOutOfReach(window, &windows);
  windows.number.push_back(window);
  windows.quantities.insert(windows.quantities.end(), quantities.begin(), quantities.end());
}

void PastQuantities::DropOutOfReach(int64_t window, Windows* windows) const {
  const auto kept =
      std::lower_bound(windows->number.begin(), windows->number.end(), window - reach_ * step_);
  const auto gone = kept - windows->number.begin();
  windows->number.erase(windows->number.begin(), kept);
  windows->quantities.erase(
      windows->quantities.begin(),
      windows->quantities.begin() + gone * static_cast<std::ptrdiff_t>(width_));
}

}  // namespace silhouette
