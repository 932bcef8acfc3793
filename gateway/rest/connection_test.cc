#include "gateway/rest/connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

namespace silhouette {
namespace {

using Head = Connection::Head;

class ConnectionTest : public ::testing::Test {
 protected:
  ConnectionTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets_.data()), 0);
    connection_.emplace(sockets_[0]);
  }
  ~ConnectionTest() override {
    for (const int socket : sockets_) close(socket);
  }
  void Send(const std::string& text) {
    ASSERT_EQ(send(sockets_[1], text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // What becomes of a head of these lines.
  Head Read(const std::string& lines) {
    Send(lines + "\r\n");
    return connection_->ReadHead(std::chrono::seconds(10));
  }
  // What httplib is told of the head.
  std::string Told() {
    std::string told(Connection::kMostHeadBytes, '\0');
    told.resize(static_cast<size_t>(connection_->read(told.data(), told.size())));
    return told;
  }

  std::array<int, 2> sockets_;
  std::optional<Connection> connection_;
};

constexpr char kHost[] = "Host: localhost\r\n";

TEST_F(ConnectionTest, ARequestLineIsNeverTakenForAHeader) {
  ASSERT_EQ(Read(std::string("Range x HTTP/1.1\r\nGET /v1/runs HTTP/1.1\r\n") + kHost),
            Head::kMalformed);
  Connection other(sockets_[0]);
  Send(std::string("Accept-Encoding / HTTP/1.1\r\n") + kHost + "\r\n");
  ASSERT_EQ(other.ReadHead(std::chrono::seconds(10)), Head::kRead);
  std::array<char, 100> told{};
  other.read(told.data(), told.size());
  EXPECT_TRUE(std::string_view(told.data()).starts_with("Accept-Encoding / HTTP/1.1\r\n"));
}

TEST_F(ConnectionTest, HeadersThatNobodyNeedsAreLeftOut) {
  ASSERT_EQ(Read(std::string("GET / HTTP/1.1\r\nrange: bytes=0-\r\n") + kHost +
                 "Accept-Encoding:br\r\nCOOKIE: " + std::string(9000, 'c') +
                 "\r\nContent-Type:  text/csv \r\nRanges: a\r\n"),
            Head::kRead);
  EXPECT_EQ(Told(), std::string("GET / HTTP/1.1\r\n") + kHost + "Ranges: a\r\n\r\n");
  EXPECT_EQ(connection_->content_type(), "text/csv");
  EXPECT_FALSE(connection_->is_last());
}

TEST_F(ConnectionTest, AHeaderIsANameWithAColon) {
  for (const char* header : {"Host : localhost", " localhost", "no header", "\tHost: localhost"}) {
    Connection connection(sockets_[0]);
    Send(std::string("GET / HTTP/1.1\r\n") + kHost + header + "\r\n\r\n");
    EXPECT_EQ(connection.ReadHead(std::chrono::seconds(10)), Head::kMalformed) << header;
  }
}

TEST_F(ConnectionTest, AHeaderHas8KiB) {
  ASSERT_EQ(
      Read(std::string("GET / HTTP/1.1\r\n") + kHost + "X: " + std::string(9000, 'x') + "\r\n"),
      Head::kTooLong);
}

TEST_F(ConnectionTest, ThereIsOneHostAndAllSeeTheSame) {
  for (const std::string hosts : {"", "Host: %6cocalhost\r\n", "Host:\r\nHost: localhost\r\n",
                                  "Host: localhost\r\nhost: attacker.example\r\n"}) {
    Connection connection(sockets_[0]);
    Send("GET / HTTP/1.1\r\n" + hosts + "\r\n");
    EXPECT_EQ(connection.ReadHead(std::chrono::seconds(10)), Head::kWrongHost) << hosts;
  }
}

TEST_F(ConnectionTest, OnlyARequestOfHttp11WithoutABodyIsFollowedByAnother) {
  const auto must_end = [this](const std::string& version, const std::string& header) {
    Connection connection(sockets_[0]);
    Send("GET / " + version + "\r\n" + kHost + header + "\r\n");
    EXPECT_EQ(connection.ReadHead(std::chrono::seconds(10)), Head::kRead);
    return connection.must_end();
  };
  EXPECT_FALSE(must_end("HTTP/1.1", ""));
  EXPECT_FALSE(must_end("HTTP/1.1", "Content-Length: 0\r\n"));
  EXPECT_TRUE(must_end("HTTP/1.1", "Content-Length: 1\r\n"));
  EXPECT_TRUE(must_end("HTTP/1.1", "Transfer-Encoding: chunked\r\n"));
  EXPECT_TRUE(must_end("HTTP/1.0", "Connection: Keep-Alive\r\n"));
}

TEST_F(ConnectionTest, ALineIsBoundedABodyThatTricklesIsNot) {
  ASSERT_EQ(Read(std::string("PUT / HTTP/1.1\r\n") + kHost), Head::kRead);
  Told();
  std::array<char, 100> bytes;
  for (int i = 0; i < 10'000; ++i) {
    Send("x");
    ASSERT_EQ(connection_->read(bytes.data(), bytes.size()), 1) << i;
  }
  Send(std::string(5000, 'x'));
  int line = 0;
  while (connection_->read(bytes.data(), 1) == 1) ++line;
  EXPECT_EQ(line, 4096);
}

}  // namespace
}  // namespace silhouette
