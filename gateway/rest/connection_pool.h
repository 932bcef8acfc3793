#pragma once

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

namespace silhouette {

// Threads that serve a connection each, made as they are needed. What is beyond them is refused at
// once: a queue would only make clients wait for those that do not go. Thread-safe.
class ConnectionPool {
 public:
  // `serve` gets each socket on a thread of its own.
  ConnectionPool(int most_threads, std::function<void(int socket)> serve);
  ~ConnectionPool();

  // False: all threads are busy, and there may be no more of them, or can be.
  bool Take(int socket);

  // Waits until all that were taken are served. Nothing is taken any more.
  void Stop();

 private:
  bool AddThread();  // under mutex_; false: the system has none to give
  void Work();

  const size_t most_threads_;
  const std::function<void(int)> serve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<int> waiting_;            // guarded by mutex_; a free thread will take each at once
  size_t busy_ = 0;                   // guarded by mutex_; with those waiting
  bool stopping_ = false;             // guarded by mutex_
  std::vector<std::thread> threads_;  // guarded by mutex_
};

}  // namespace silhouette
