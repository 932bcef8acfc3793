#pragma once

#include <pcap/pcap.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace silhouette {

// How an interface is captured from.
struct LiveOptions {
  std::string interface;  // "eth0", or "any" for all of them
  std::string filter;     // as tcpdump's, see pcap-filter(7); empty for everything
  int snap_length = 128;  // bytes kept of each packet: room for headers, and little else
  // The kernel keeps packets here while nobody reads: 16 MiB are about 70,000 of 128 bytes. It
  // comes in blocks of 256 KiB, at least one.
  size_t buffer_bytes = 16 << 20;
  bool promiscuous = true;  // also what is addressed to others
};

// The kernel hands packets over in blocks, and an unfilled one after this time at the earliest.
inline constexpr std::chrono::milliseconds kBlockTimeout{50};

struct PcapCloser {
  void operator()(pcap_t* handle) const { pcap_close(handle); }
};
using PcapHandle = std::unique_ptr<pcap_t, PcapCloser>;

struct OpenInterface {
  PcapHandle handle;            // does not block
  int64_t ns_per_fraction = 1;  // of a packet's tv_usec
  std::string warning;          // for people; empty without
};

// Errors: NOT_FOUND (says which interfaces there are), PERMISSION_DENIED (says the remedy),
// INVALID_ARGUMENT (an option, with libpcap's words for the filter), UNAVAILABLE (try again).
absl::StatusOr<OpenInterface> OpenLiveInterface(const LiveOptions& options);

}  // namespace silhouette
