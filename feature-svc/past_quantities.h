#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace silhouette {

// What a derived schema keeps of each subject's windows: only of those that hold a packet, so that
// many subjects of few packets cost little.
class PastQuantities {
 public:
  // Of windows that are `step` numbers apart, those of the last `reach` steps are kept, `width`
  // quantities each.
  PastQuantities(size_t width, int64_t reach, int64_t step);

  void Grow(size_t subjects);
  void Forget(uint32_t id);
  // Subjects have new numbers: numbers[old], all below `subjects`; `none` for those that are gone.
  void Renumber(std::span<const uint32_t> numbers, uint32_t none, size_t subjects);

  // Those of the windows before `window` that are a whole number of steps away and in reach,
  // row-major, the newest last; until the next call.
  std::span<const double> Before(uint32_t id, int64_t window);
  // Of windows in rising order.
  void Keep(uint32_t id, int64_t window, std::span<const double> quantities);

 private:
  // Both as long, oldest first.
  struct Windows {
    std::vector<int64_t> number;
    std::vector<double> quantities;
  };
  void DropOutOfReach(int64_t window, Windows* windows) const;

  const size_t width_;
  const int64_t reach_;
  const int64_t step_;
  std::vector<Windows> subjects_;
  std::vector<double> found_;
};

}  // namespace silhouette
