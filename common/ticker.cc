#include "common/ticker.h"

#include <utility>

namespace silhouette {

Ticker::Ticker(std::chrono::milliseconds interval, std::function<void()> call)
    : interval_(interval), call_(std::move(call)), thread_([this] { Run(); }) {}

Ticker::~Ticker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

void Ticker::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, interval_, [this] { return stopping_; })) {
    lock.unlock();
    call_();
    lock.lock();
  }
}

}  // namespace silhouette
