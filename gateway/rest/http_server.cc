#include "gateway/rest/http_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/rest/http_error.h"

namespace silhouette {
namespace {

constexpr std::chrono::seconds kFirstRequest(10);
constexpr std::chrono::seconds kNextRequest(5);
constexpr int kMostRequests = 1000;  // over one connection
constexpr int kBacklog = 256;        // httplib's own is 5

}  // namespace

const httplib::Headers& SecurityHeaders() {
  static const httplib::Headers headers{
      {"Content-Security-Policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
       "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
      {"Referrer-Policy", "no-referrer"},
      {"X-Content-Type-Options", "nosniff"},
  };
  return headers;
}

HttpServer::HttpServer(int most_threads, WebMetrics* metrics)
    : metrics_(metrics),
      wake_fd_(eventfd(0, EFD_CLOEXEC)),
      pool_(most_threads, [this](int socket) { ServeConnection(socket); }) {
  set_default_headers(SecurityHeaders());
  set_keep_alive_max_count(kMostRequests);
  set_keep_alive_timeout(kNextRequest.count());
  // Not httplib's own options, which would share a port that is taken.
  set_socket_options([this](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    listening_ = socket;
  });
}

HttpServer::~HttpServer() {
  Stop(std::chrono::milliseconds(0));
  close(wake_fd_);
}

absl::StatusOr<int> HttpServer::Bind(const std::string& flag, const std::string& address) {
  const size_t colon = address.rfind(':');
  absl::string_view host(address.data(), colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  int port = 0;
  const bool is_number = absl::SimpleAtoi(address.substr(colon + 1), &port);
  if (is_number && port == 0) {
    port = bind_to_any_port(std::string(host));
  } else if (!is_number || !bind_to_port(std::string(host), port)) {
    port = -1;
  }
  if (port <= 0 || ::listen(listening_, kBacklog) != 0) {
    listening_ = -1;
    return absl::UnavailableError(absl::StrCat(
        flag, " ", address,
        ": cannot listen there: the port is in use or the address is not this machine's; choose "
        "another with ",
        flag));
  }
  return port;
}

void HttpServer::Start() {
  acceptor_ = std::thread([this] { Accept(); });
}

// httplib's own ends for good at the first error that it does not know.
void HttpServer::Accept() {
  while (!stopping_) {
    pollfd entries[] = {{listening_, POLLIN, 0}, {wake_fd_, POLLIN, 0}};
    poll(entries, 2, -1);
    if (entries[0].revents == 0) continue;
    const int socket = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
      // Most likely out of files; clients wait in the backlog.
      poll(&entries[1], 1, 20);
    } else if (!pool_.Take(socket)) {
      Refuse(
          socket, "threads", 503,
          absl::UnavailableError("there are as many connections as --web-threads, or the "
                                 "system's limit on threads, allows; try again in a few seconds"));
      lingerer_.Close(socket);
    }
  }
}

void HttpServer::Stop(std::chrono::milliseconds grace) {
  if (stopping_.exchange(true)) return;
  eventfd_write(wake_fd_, 1);
  if (acceptor_.joinable()) acceptor_.join();
  if (listening_ >= 0) close(listening_);
  {
    std::unique_lock lock(mutex_);
    for (const auto& [socket, waits] : sockets_) {
      if (waits) shutdown(socket, SHUT_RDWR);
    }
    changed_.wait_for(lock, grace, [this] { return sockets_.empty(); });
    for (const auto& [socket, waits] : sockets_) shutdown(socket, SHUT_RDWR);
  }
  pool_.Stop();
}

// False: it is too late to wait for a request.
bool HttpServer::MarkWaiting(int socket, bool waits) {
  std::lock_guard lock(mutex_);
  sockets_[socket] = waits;
  return !stopping_;
}

void HttpServer::ServeConnection(int socket) {
  metrics_->connections().Increment();
  {
    Connection connection(socket);
    std::chrono::milliseconds patience = kFirstRequest;
    for (int left = kMostRequests; left > 0 && MarkWaiting(socket, true); --left) {
      if (!ServeRequest(&connection, patience, left == 1)) break;
      patience = kNextRequest;
    }
  }
  metrics_->connections().Decrement();
  {
    std::lock_guard lock(mutex_);
    sockets_.erase(socket);
  }
  changed_.notify_all();
  lingerer_.Close(socket);
}

// Whether another request may follow.
bool HttpServer::ServeRequest(Connection* connection, std::chrono::milliseconds patience,
                              bool is_last) {
  const Connection::Head head = connection->ReadHead(patience);
  const int socket = connection->socket();
  MarkWaiting(socket, false);
  switch (head) {
    case Connection::Head::kRead:
      break;
    case Connection::Head::kNone:
      return false;
    case Connection::Head::kTooSlow:
      Refuse(socket, "slow", 408,
             absl::DeadlineExceededError("the head of a request must come within 10 seconds"));
      return false;
    case Connection::Head::kTooLong:
      Refuse(socket, "large", 431,
             absl::InvalidArgumentError(
                 "the head of a request may have 16 KiB, a header of it 8 KiB; ask for less"));
      return false;
    case Connection::Head::kMalformed:
      Refuse(socket, "malformed", 400,
             absl::InvalidArgumentError(
                 "not HTTP: a line does not end in CR LF, holds NUL, or is no header"));
      return false;
    case Connection::Head::kWrongHost:
      Refuse(socket, "host", 421,
             absl::PermissionDeniedError("a request has one Host header, without a '%'"));
      return false;
  }
  const bool ends = is_last || connection->must_end() || stopping_;
  bool client_ends = false;
  const bool served = process_request(*connection, ends, client_ends, nullptr);
  return served && !ends && !client_ends && !connection->is_last();
}

void HttpServer::Refuse(int socket, const char* reason, int http_status,
                        const absl::Status& status) {
  metrics_->CountRefusal(reason);
  const std::string body = ErrorJson(status);
  std::string answer = absl::StrCat(
      "HTTP/1.1 ", http_status, " Refused\r\nConnection: close\r\nContent-Length: ", body.size(),
      "\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n");
  for (const auto& [name, value] : SecurityHeaders()) {
    absl::StrAppend(&answer, name, ": ", value, "\r\n");
  }
  if (http_status == 503) answer += "Retry-After: 5\r\n";
  absl::StrAppend(&answer, "\r\n", body);
  // There is room for it: nothing else was sent, or all of it was read.
  send(socket, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace silhouette
