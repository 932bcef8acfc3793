#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

namespace silhouette {

// A network of the calling thread's own, with nothing in it but loopback, for tests; the thread
// returns to its old one afterwards. Packets never leave it. Needs root.
class TestNetwork {
 public:
  TestNetwork() : old_(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
    ready_ = old_ >= 0 && unshare(CLONE_NEWNET) == 0;
    if (ready_) ready_ = SetUp("lo", true);
  }
  ~TestNetwork() {
    for (int each : sockets_) close(each);
    if (old_ < 0) return;
    setns(old_, CLONE_NEWNET);
    close(old_);
  }
  TestNetwork(const TestNetwork&) = delete;
  TestNetwork& operator=(const TestNetwork&) = delete;

  // False where the system does not allow it.
  bool ready() const { return ready_; }

  bool SetUp(const std::string& interface, bool up) {
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    const int descriptor = Socket();
    if (ioctl(descriptor, SIOCGIFFLAGS, &request) != 0) return false;
    const int flags = up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP;
    request.ifr_flags = static_cast<int16_t>(flags);
    return ioctl(descriptor, SIOCSIFFLAGS, &request) == 0;
  }

  // A UDP port on loopback that takes what comes, so that nothing answers; 0 for failure.
  uint16_t OpenPort() {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    const int descriptor = Socket();
    if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) != 0) return 0;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
  }

  // Sends `count` UDP packets with so many bytes behind their UDP header.
  bool Send(uint16_t port, int count, size_t payload_bytes) {
    const std::vector<char> payload(payload_bytes, 'x');
    const sockaddr_in address = Loopback(port);
    const int descriptor = Socket();
    for (int i = 0; i < count; ++i) {
      const ssize_t sent = sendto(descriptor, payload.data(), payload.size(), 0,
                                  reinterpret_cast<const sockaddr*>(&address), sizeof address);
      if (sent < 0) return false;
    }
    return true;
  }

 private:
  static sockaddr_in Loopback(uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  int Socket() {
    sockets_.push_back(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    return sockets_.back();
  }

  const int old_;
  bool ready_ = false;
  std::vector<int> sockets_;
};

}  // namespace silhouette
