#include "gateway/rest/connection.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace silhouette {
namespace {

constexpr std::chrono::seconds kHeadTime(10);
constexpr std::chrono::seconds kBodySilence(60);
constexpr std::chrono::seconds kWriteSilence(20);
constexpr std::chrono::microseconds kWriteTimePerByte(100);  // 10 kB/s is slow enough
constexpr size_t kMostLineBytes = 4096;                      // of a chunked body's
constexpr size_t kMostHeaderBytes = 8190;                    // httplib's own bound, without CR LF

thread_local Connection* connection_of_this_thread = nullptr;

// Waits until `events` may happen on `socket`; false at `until`.
bool Poll(int socket, short events, std::chrono::steady_clock::time_point until) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd entry{socket, events, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

void TellAddress(const sockaddr_storage& address, std::string* ip, int* port) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    *port = ntohs(v4.sin_port);
  } else if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    *port = ntohs(v6.sin6_port);
  }
  *ip = text;
}

// httplib refuses a query that holds another '?', which it may.
std::string EncodeLaterQuestionMarks(absl::string_view request_line) {
  const size_t query = std::min(request_line.find('?'), request_line.size() - 1) + 1;
  return absl::StrCat(request_line.substr(0, query),
                      absl::StrReplaceAll(request_line.substr(query), {{"?", "%3F"}}));
}

}  // namespace

Connection::Connection(int socket) : socket_(socket) {
  const int yes = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);  // an event goes out at once
  connection_of_this_thread = this;
}

Connection::~Connection() { connection_of_this_thread = nullptr; }

Connection& Connection::OfThisThread() { return *connection_of_this_thread; }

Connection::Head Connection::ReadHead(std::chrono::milliseconds patience) {
  const auto is_waiting = [this] { return buffer_read_ == buffer_.size(); };
  if (is_waiting() && !Receive(Clock::now() + patience)) return Head::kNone;
  const auto until = Clock::now() + kHeadTime;
  buffer_.erase(0, buffer_read_);
  buffer_read_ = 0;
  while (true) {
    const size_t end = buffer_.find("\r\n\r\n");
    if (std::min(end, buffer_.size()) > kMostHeadBytes) return Head::kTooLong;
    if (end != std::string::npos) return TakeHead(end + 4);
    if (!Receive(until)) return PeerIsGone() ? Head::kNone : Head::kTooSlow;
  }
}

Connection::Head Connection::TakeHead(size_t size) {
  announces_body_ = is_http_1_0_ = says_close_ = false;
  head_.clear();
  head_read_ = 0;
  hosts_ = 0;
  content_type_.clear();
  route_label = "other";
  const absl::string_view head(buffer_.data(), size - 4);
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    // httplib would see more lines here, or fewer.
    if (line.find_first_of(absl::string_view("\r\n\0", 3)) != line.npos) return Head::kMalformed;
    if (head_.empty()) {
      is_http_1_0_ = absl::EndsWith(line, "HTTP/1.0");
      head_ = EncodeLaterQuestionMarks(line) + "\r\n";
    } else if (const Head header = TakeHeader(line); header != Head::kRead) {
      return header;
    }
  }
  head_ += "\r\n";
  buffer_read_ = size;
  return hosts_ == 1 ? Head::kRead : Head::kWrongHost;
}

Connection::Head Connection::TakeHeader(absl::string_view line) {
  const size_t colon = line.find(':');
  if (colon == line.npos || line.substr(0, colon).find_first_of(" \t") != line.npos) {
    return Head::kMalformed;
  }
  const std::string name = absl::AsciiStrToLower(line.substr(0, colon));
  const absl::string_view value = absl::StripAsciiWhitespace(line.substr(colon + 1));
  if (name == "range" || name == "accept-encoding" || name == "cookie") return Head::kRead;
  if (name == "content-type") {
    content_type_ = std::string(value);
    return Head::kRead;
  }
  if (line.size() > kMostHeaderBytes) return Head::kTooLong;
  announces_body_ |= name == "transfer-encoding" || (name == "content-length" && value != "0");
  says_close_ |= name == "connection" && absl::StrContains(absl::AsciiStrToLower(value), "close");
  if (name == "host") {
    ++hosts_;
    // httplib would decode it.
    if (absl::StrContains(value, "%")) return Head::kWrongHost;
  }
  absl::StrAppend(&head_, line, "\r\n");
  return Head::kRead;
}

bool Connection::Receive(Clock::time_point until) {
  if (!Poll(socket_, POLLIN, until)) return false;
  if (buffer_read_ == buffer_.size()) {
    buffer_.clear();
    buffer_read_ = 0;
  }
  constexpr size_t kMost = 16'384;
  const size_t before = buffer_.size();
  buffer_.resize(before + kMost);
  const ssize_t got = recv(socket_, buffer_.data() + before, kMost, MSG_DONTWAIT);
  buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

ssize_t Connection::read(char* to, size_t size) {
  if (head_read_ < head_.size()) {
    size = std::min(size, head_.size() - head_read_);
    std::memcpy(to, head_.data() + head_read_, size);
    head_read_ += size;
    return static_cast<ssize_t>(size);
  }
  if (buffer_read_ == buffer_.size() && !Receive(Clock::now() + kBodySilence)) return -1;
  // httplib reads lines byte by byte, and keeps them however long they are.
  const bool is_line = size == 1;
  size = std::min(size, buffer_.size() - buffer_read_);
  std::memcpy(to, buffer_.data() + buffer_read_, size);
  buffer_read_ += size;
  line_bytes_ = is_line && *to != '\n' ? line_bytes_ + 1 : 0;
  return line_bytes_ > kMostLineBytes ? -1 : static_cast<ssize_t>(size);
}

ssize_t Connection::write(const char* from, size_t size) {
  auto until = Clock::now() + kWriteSilence;
  for (size_t written = 0; written < size;) {
    if (!Poll(socket_, POLLOUT, std::min(until, Clock::now() + kWriteSilence))) return -1;
    const ssize_t now = send(socket_, from + written, size - written, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now < 0 && errno != EAGAIN && errno != EINTR) return -1;
    written += static_cast<size_t>(std::max<ssize_t>(now, 0));
    until += std::max<ssize_t>(now, 0) * kWriteTimePerByte;
  }
  return static_cast<ssize_t>(size);
}

bool Connection::PeerIsGone() const {
  pollfd entry{socket_, POLLRDHUP, 0};
  return poll(&entry, 1, 0) > 0 && (entry.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void Connection::get_remote_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    TellAddress(address, &ip, &port);
  }
}

void Connection::get_local_ip_and_port(std::string& ip, int& port) const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    TellAddress(address, &ip, &port);
  }
}

}  // namespace silhouette
