#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace silhouette {

// Closes connections whose client may still be sending. To close them at once would make the kernel
// answer with a reset, which takes from the client the answer that it has not read yet. So the rest
// is read and thrown away, for a time and up to a size. Thread-safe.
class Lingerer {
 public:
  Lingerer();
  ~Lingerer();

  // Owns `socket` from here on.
  void Close(int socket);

 private:
  struct Closing {
    int socket;
    std::chrono::steady_clock::time_point until;
    uint64_t bytes_left;
  };
  void Run();
  static bool IsDone(Closing* closing, bool has_more);

  int wake_fd_;
  std::mutex mutex_;
  std::vector<Closing> added_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_
  std::thread thread_;
};

}  // namespace silhouette
