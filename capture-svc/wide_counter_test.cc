#include "capture-svc/wide_counter.h"

#include <gtest/gtest.h>

namespace silhouette {
namespace {

TEST(WideCounter, GoesOnWhereTheReadingWrapsAround) {
  WideCounter counter;
  EXPECT_EQ(counter.Advance(0xfffffff0u), 0xfffffff0u);
  EXPECT_EQ(counter.Advance(0xfffffff0u), 0xfffffff0u);
  EXPECT_EQ(counter.Advance(0x10u), 0x100000010u);
}

}  // namespace
}  // namespace silhouette
