#include "common/ticker.h"

#include <gtest/gtest.h>

#include <future>

namespace silhouette {
namespace {

TEST(Ticker, CallsAgainAndAgainUntilItEnds) {
  std::promise<void> third;
  int calls = 0;
  {
    const Ticker ticker(std::chrono::milliseconds(1), [&] {
      if (++calls == 3) third.set_value();
    });
    EXPECT_EQ(third.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
  }
  EXPECT_GE(calls, 3);  // nobody writes it any more
}

TEST(Ticker, EndsAtOnceWhateverItsInterval) {
  bool called = false;
  {
    const Ticker ticker(std::chrono::hours(1), [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace silhouette
