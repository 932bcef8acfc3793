#include "gateway/rest/connection_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <future>

namespace silhouette {
namespace {

// While it lives, no thread can be made: there is no room for its stack.
class NoThreads {
 public:
  NoThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, size_t{1} << 47);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
  }
  ~NoThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }

 private:
  pthread_attr_t before_;
};

TEST(ConnectionPoolTest, WithoutAThreadToMakeAConnectionIsRefusedAndTheNextServed) {
  std::promise<int> served;
  ConnectionPool pool(1, [&served](int socket) { served.set_value(socket); });
  {
    const NoThreads none;
    EXPECT_FALSE(pool.Take(3));
    EXPECT_FALSE(pool.Take(4));
  }
  ASSERT_TRUE(pool.Take(5));
  EXPECT_EQ(served.get_future().get(), 5);
}

TEST(ConnectionPoolTest, AThreadThatIsFreeTakesTheNext) {
  std::atomic<int> served = 0;
  ConnectionPool pool(1, [&served](int) { ++served; });
  for (int i = 0; i < 100; ++i) {
    while (!pool.Take(i)) {
    }
  }
  pool.Stop();
  EXPECT_EQ(served, 100);
  EXPECT_FALSE(pool.Take(100));
}

}  // namespace
}  // namespace silhouette
