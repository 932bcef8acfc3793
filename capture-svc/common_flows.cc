#include "capture-svc/common_flows.h"

#include <algorithm>

namespace silhouette {

CommonFlows::CommonFlows() : slots_(kSlots, Flow{}) { static_assert(sizeof(Flow) == 40); }

void CommonFlows::Clear() {
  if (++batch_ != 0) return;
  std::fill(slots_.begin(), slots_.end(), Flow{});
  batch_ = 1;
}

}  // namespace silhouette
