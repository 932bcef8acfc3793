#include "common/parse/link_type.h"

#include <pcap/pcap.h>

#include "absl/strings/str_cat.h"

namespace silhouette {

uint32_t LinkTypeOfDlt(int dlt) {
  if (dlt == DLT_RAW) return kLinkRaw;
  if (dlt == DLT_LOOP) return kLinkLoop;
  return static_cast<uint32_t>(dlt);
}

std::string LinkTypeName(uint32_t link_type) {
  const int dlt = link_type == kLinkRaw ? DLT_RAW : static_cast<int>(link_type);
  const char* name = pcap_datalink_val_to_name(dlt);
  return absl::StrCat(link_type, " (", name != nullptr ? name : "unknown", ")");
}

}  // namespace silhouette
