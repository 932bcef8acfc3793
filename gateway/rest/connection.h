#pragma once

#include <httplib.h>

#include <chrono>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace silhouette {

// One client's connection, as httplib's reader and writer see it. It bounds what httplib does not:
// how long the head of a request may be and take, how long a line within a chunked body is, and how
// slow a client may read. Belongs to the thread that serves it; Shutdown may come from any.
class Connection : public httplib::Stream {
 public:
  static constexpr size_t kMostHeadBytes = 16'384;

  // Does not close `socket`.
  explicit Connection(int socket);
  ~Connection() override;

  // The connection that this thread serves. httplib's handlers are told of the request alone.
  static Connection& OfThisThread();

  enum class Head { kRead, kNone, kTooSlow, kTooLong, kMalformed, kWrongHost };
  // Waits for a request for `patience`, and reads its head for ten seconds at most. kNone: the
  // client is gone, or does not ask for more. kTooLong: the head, or a header of more than 8 KiB.
  // kWrongHost: there is not one Host header, or it holds a '%'; httplib decodes headers and
  // leaves out empty ones, so it would see another than a proxy before us does.
  //
  // Headers that make httplib do what nobody needs are left out of it: ranges, which it multiplies,
  // compression, which it does at brotli's slowest, forms, of which it keeps more than it should,
  // and cookies, which a browser sends to all ports of localhost, however long they are.
  Head ReadHead(std::chrono::milliseconds patience);

  // The request's Content-Type, as it came.
  const std::string& content_type() const { return content_type_; }

  // No request can follow this one. It says that a body follows, and what nobody reads of that
  // would be taken for the next request; or it is one of HTTP/1.0, where the end of an answer in
  // pieces is that of the connection.
  bool must_end() const { return announces_body_ || is_http_1_0_; }

  // The client wants no other request, or httplib gave up within the head of this one.
  bool is_last() const { return says_close_ || head_read_ < head_.size(); }

  // The client has closed the connection, or its half of it.
  bool PeerIsGone() const;

  // Which route the request went; for the metrics.
  std::string route_label;

  bool is_readable() const override { return true; }
  bool is_writable() const override { return !PeerIsGone(); }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* from, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool Receive(Clock::time_point until);  // more into buffer_
  Head TakeHead(size_t size);             // the first bytes of buffer_ become head_
  Head TakeHeader(absl::string_view line);

  const int socket_;
  std::string head_;  // what httplib is to read of the head
  size_t head_read_ = 0;
  std::string buffer_;  // came behind it
  size_t buffer_read_ = 0;
  size_t line_bytes_ = 0;  // read one by one since the last end of a line
  std::string content_type_;
  int hosts_ = 0;  // Host headers
  bool announces_body_ = false;
  bool is_http_1_0_ = false;
  bool says_close_ = false;
};

}  // namespace silhouette
