#include "common/subject.h"

#include <netinet/in.h>

#include "absl/strings/str_cat.h"

namespace silhouette {

std::string ProtocolName(uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "tcp";
    case IPPROTO_UDP:
      return "udp";
    case IPPROTO_ICMP:
      return "icmp";
    case IPPROTO_ICMPV6:
      return "icmp6";
    default:
      return absl::StrCat("proto", static_cast<int>(protocol));
  }
}

}  // namespace silhouette
