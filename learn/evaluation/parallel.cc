#include "learn/evaluation/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace silhouette {

void ParallelFor(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next = 0;
  const auto take = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  const size_t processors = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> others;
  for (size_t i = 1; i < std::min(count, processors); ++i) others.emplace_back(take);
  take();
}

}  // namespace silhouette
