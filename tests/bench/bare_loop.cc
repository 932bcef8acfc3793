#include "tests/bench/bare_loop.h"

#include <pcap/pcap.h>

#include "absl/strings/str_cat.h"
#include "tests/bench/check.h"

namespace silhouette::bench {

BareLoopCounts BareLoop(const std::string& path) {
  char reason[PCAP_ERRBUF_SIZE];
  pcap_t* handle = pcap_open_offline(path.c_str(), reason);
  if (handle == nullptr) Check(absl::InternalError(reason));
  pcap_pkthdr* header;
  const u_char* bytes;
  BareLoopCounts counts;
  int result;
  while ((result = pcap_next_ex(handle, &header, &bytes)) == 1) {
    ++counts.packets;
    counts.wire_bytes += header->len;
  }
  if (result != PCAP_ERROR_BREAK) Check(absl::InternalError(pcap_geterr(handle)));
  pcap_close(handle);
  if (counts.packets == 0) Check(absl::InternalError(absl::StrCat(path, ": no packets")));
  return counts;
}

}  // namespace silhouette::bench
