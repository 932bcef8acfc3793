#include "learn/models/opencv_library.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <string>

namespace silhouette {
namespace {

bool OpencvIsLoaded() {
  std::ifstream file("/proc/self/maps");
  const std::string maps(std::istreambuf_iterator<char>(file), {});
  return maps.find("libopencv") != std::string::npos;
}

TEST(OpencvLibraryTest, ItIsOpenedWhenItIsAskedForAndNotBefore) {
  // In a process of its own, whatever other tests asked for.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        const bool before = OpencvIsLoaded();
        const bool opened = OpenOpencvLibrary().ok();
        exit(!before && opened && OpencvIsLoaded() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace silhouette
