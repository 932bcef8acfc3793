#include "common/stop_signal.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

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

TEST(StopSignal, AWaitMayHaveAnEnd) {
  StopSignal stop;
  stop.WaitFor(std::chrono::milliseconds(1));
}

TEST(StopSignalDeathTest, ASecondSignalKillsWhenItIsLet) {
  StopSignal stop;
  EXPECT_EXIT(
      {
        stop.LetTheNextOneKill();  // there was none yet
        pthread_kill(pthread_self(), SIGINT);
        stop.Wait();
        stop.LetTheNextOneKill();
        pthread_kill(pthread_self(), SIGINT);
        _exit(0);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace silhouette
