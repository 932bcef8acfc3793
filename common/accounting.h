#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "silhouette/v1/accounting.pb.h"

namespace silhouette {

// received = windowed + filtered + malformed + late + shed + pending, without a sum that wraps
// around, and for a few short reasons.
bool Balanced(const v1::Accounting& accounting);

// A peer may give that many reasons for packets left out, in that many bytes.
inline constexpr int kMaxReasons = 64;
inline constexpr size_t kMaxReasonBytes = 64;

uint64_t FilteredPackets(const v1::Accounting& accounting);

// Counts `packets` more under `reason`; reasons stay sorted, so that equal counts are equal
// messages.
void AddFiltered(v1::Accounting* accounting, std::string_view reason, uint64_t packets);

// Adds every count of `from` to `to`.
void AddAccounting(v1::Accounting* to, const v1::Accounting& from);

}  // namespace silhouette
