#include "common/stop_signal.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <csignal>
#include <thread>

namespace silhouette {
namespace {

TEST(StopSignal, ARequestEndsTheWaitWheneverItComes) {
  StopSignal stop;
  std::thread other([&] { stop.Request(); });
  stop.Wait();
  other.join();
  stop.Wait();  // it stays requested
}

TEST(StopSignal, ATerminationSignalEndsTheWaitAndNotTheProcess) {
  for (int number : {SIGTERM, SIGINT}) {
    StopSignal stop;
    // To this thread, for others may have started before the signals were blocked.
    pthread_kill(pthread_self(), number);
    stop.Wait();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, number);
    const timespec no_time{};
    EXPECT_EQ(sigtimedwait(&signals, nullptr, &no_time), number) << "or the next test has it";
  }
}

}  // namespace
}  // namespace silhouette
