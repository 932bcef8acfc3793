#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/subject.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {

// Checks that the columns of a batch have equal lengths, that every flow index is inside the table,
// and that each network is one we know. Errors: INVALID_ARGUMENT naming the column.
absl::Status CheckColumns(const v1::PacketBatch& batch);

// The rows of a checked batch's flow table.
std::vector<FlowKey> ReadFlows(const v1::FlowTable& table);

}  // namespace silhouette
