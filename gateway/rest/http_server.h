#pragma once

#include <httplib.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gateway/rest/connection.h"
#include "gateway/rest/connection_pool.h"
#include "gateway/rest/lingerer.h"
#include "gateway/rest/web_metrics.h"

namespace silhouette {

// Headers of every answer: what a browser may do with it.
const httplib::Headers& SecurityHeaders();

// httplib's server, whose connections are ours: a thread for each, no more than so many, an answer
// to those beyond, none without limits (see Connection), and none that goes on behind a body that
// was not read. Set its handlers before Start.
class HttpServer : public httplib::Server {
 public:
  // `metrics` must outlive it.
  HttpServer(int most_threads, WebMetrics* metrics);
  ~HttpServer() override;

  // Binds "host:port"; connections wait until Start. The port, which is another one for port 0.
  // Errors: UNAVAILABLE naming `flag`.
  absl::StatusOr<int> Bind(const std::string& flag, const std::string& address);
  void Start();

  // No new connections; what is under way has `grace` to end, then it is cut off.
  void Stop(std::chrono::milliseconds grace);

 private:
  void Accept();
  void ServeConnection(int socket);
  bool MarkWaiting(int socket, bool waits);
  bool ServeRequest(Connection* connection, std::chrono::milliseconds patience, bool is_last);
  void Refuse(int socket, const char* reason, int http_status, const absl::Status& status);

  WebMetrics* const metrics_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, bool> sockets_;  // being served; true: waits for a request; guarded by mutex_
  std::atomic<bool> stopping_ = false;
  int listening_ = -1;
  const int wake_fd_;
  Lingerer lingerer_;
  ConnectionPool pool_;
  std::thread acceptor_;
};

}  // namespace silhouette
