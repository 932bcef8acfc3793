#include "gateway/rest/connection_pool.h"

#include <system_error>
#include <utility>

namespace silhouette {

ConnectionPool::ConnectionPool(int most_threads, std::function<void(int socket)> serve)
    : most_threads_(static_cast<size_t>(most_threads)), serve_(std::move(serve)) {}

ConnectionPool::~ConnectionPool() { Stop(); }

bool ConnectionPool::Take(int socket) {
  std::lock_guard lock(mutex_);
  if (stopping_ || busy_ == most_threads_) return false;
  if (busy_ == threads_.size() && !AddThread()) return false;
  ++busy_;
  waiting_.push_back(socket);
  changed_.notify_one();
  return true;
}

bool ConnectionPool::AddThread() {
  try {
    threads_.emplace_back([this] { Work(); });
    return true;
  } catch (const std::system_error&) {  // a limit on threads or memory
    return false;
  }
}

void ConnectionPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const int socket = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    serve_(socket);
    lock.lock();
    --busy_;
  }
}

void ConnectionPool::Stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace silhouette
