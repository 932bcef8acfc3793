#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace silhouette {

// Calls a function again and again, from a thread of its own, for as long as it lives.
class Ticker {
 public:
  Ticker(std::chrono::milliseconds interval, std::function<void()> call);
  // Returns once no call is under way.
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

 private:
  void Run();

  const std::chrono::milliseconds interval_;
  const std::function<void()> call_;
  std::mutex mutex_;
  bool stopping_ = false;  // guarded by mutex_
  std::condition_variable stop_;
  std::thread thread_;  // last: uses the others
};

}  // namespace silhouette
