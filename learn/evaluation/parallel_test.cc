#include "learn/evaluation/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace silhouette {
namespace {

TEST(ParallelForTest, DoesEachOnceHoweverManyThereAre) {
  for (size_t count : {0, 1, 2, 100}) {
    std::vector<std::atomic<int>> done(count);
    ParallelFor(count, [&](size_t i) { ++done[i]; });
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(done[i], 1) << i << " of " << count;
  }
}

}  // namespace
}  // namespace silhouette
