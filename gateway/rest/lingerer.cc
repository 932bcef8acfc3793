#include "gateway/rest/lingerer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

namespace silhouette {
namespace {

constexpr std::chrono::seconds kMostTime(2);
constexpr uint64_t kMostBytes = 64 << 20;
constexpr size_t kMostSockets = 256;  // what comes beyond is closed at once

}  // namespace

Lingerer::Lingerer()
    : wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { Run(); }) {}

Lingerer::~Lingerer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  eventfd_write(wake_fd_, 1);
  thread_.join();
  for (const Closing& closing : added_) close(closing.socket);
  close(wake_fd_);
}

void Lingerer::Close(int socket) {
  shutdown(socket, SHUT_WR);
  std::lock_guard lock(mutex_);
  if (stopping_ || added_.size() >= kMostSockets) {
    close(socket);
    return;
  }
  added_.push_back({socket, std::chrono::steady_clock::now() + kMostTime, kMostBytes});
  eventfd_write(wake_fd_, 1);
}

bool Lingerer::IsDone(Closing* closing, bool has_more) {
  if (std::chrono::steady_clock::now() >= closing->until) return true;
  if (!has_more) return false;
  std::array<char, 65'536> thrown_away;
  const ssize_t got = recv(closing->socket, thrown_away.data(), thrown_away.size(), MSG_DONTWAIT);
  if (got <= 0 || static_cast<uint64_t>(got) > closing->bytes_left) return true;
  closing->bytes_left -= static_cast<uint64_t>(got);
  return false;
}

void Lingerer::Run() {
  std::vector<Closing> open;
  std::vector<pollfd> entries;
  while (true) {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) break;
      for (const Closing& closing : added_) {
        if (open.size() < kMostSockets) {
          open.push_back(closing);
        } else {
          close(closing.socket);
        }
      }
      added_.clear();
    }
    entries.assign(1, {wake_fd_, POLLIN, 0});
    for (const Closing& closing : open) entries.push_back({closing.socket, POLLIN, 0});
    poll(entries.data(), entries.size(), open.empty() ? -1 : 100);
    eventfd_t count = 0;
    eventfd_read(wake_fd_, &count);
    std::vector<Closing> still_open;
    for (size_t i = 0; i < open.size(); ++i) {
      if (IsDone(&open[i], entries[i + 1].revents != 0)) {
        close(open[i].socket);
      } else {
        still_open.push_back(open[i]);
      }
    }
    open.swap(still_open);
  }
  for (const Closing& closing : open) close(closing.socket);
}

}  // namespace silhouette
