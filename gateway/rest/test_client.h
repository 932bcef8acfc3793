#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

namespace silhouette {

// An HTTP client that says exactly what the test says, right or wrong.
class TestClient {
 public:
  explicit TestClient(int port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) abort();
  }
  ~TestClient() { Close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // A whole request without a body; `headers` end in CR LF.
  void Request(const std::string& line, const std::string& headers = "") {
    Send(line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  }
  // False: the server does not take all of it within `patience`.
  bool Send(std::string_view text, std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    while (!text.empty()) {
      if (!Wait(POLLOUT, patience)) return false;
      const ssize_t sent = send(socket_, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return false;
      text.remove_prefix(static_cast<size_t>(sent));
      sent_ += static_cast<size_t>(sent);
    }
    return true;
  }
  size_t sent() const { return sent_; }
  void Close() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }

  // What came, once it holds `text`, or once no more comes.
  const std::string& ReadUntil(std::string_view text) {
    while (came_.find(text) == std::string::npos && Receive()) {
    }
    return came_;
  }
  // What came until the server closed the connection.
  const std::string& ReadAll() {
    while (Receive()) {
    }
    return came_;
  }
  // The server closed the connection in an orderly way.
  bool was_closed() const { return was_closed_; }

 private:
  bool Wait(short events, std::chrono::milliseconds patience) {
    pollfd entry{socket_, events, 0};
    return poll(&entry, 1, static_cast<int>(patience.count())) > 0;
  }
  bool Receive() {
    char buffer[65'536];
    if (!Wait(POLLIN, std::chrono::seconds(30))) return false;
    const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
    was_closed_ = got == 0;
    if (got <= 0) return false;
    came_.append(buffer, static_cast<size_t>(got));
    return true;
  }

  int socket_;
  size_t sent_ = 0;
  std::string came_;
  bool was_closed_ = false;
};

}  // namespace silhouette
