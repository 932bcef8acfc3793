#pragma once

#include <google/protobuf/repeated_field.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "silhouette/v1/incident.pb.h"

namespace silhouette {

// What a window had that speaks for its class, as "412 peers in 5 s, 98 % of its 1,204 SYNs
// unanswered": of the telling features, in their order, the first three that lie outside of what is
// usual and do not say the same as one before; where none does, the first three that say how much
// of something there is. `features` are in the order of the schema; what the schema does not have
// is passed over. Empty when nothing is left, or the schema is unknown.
std::string EvidenceInWords(std::string_view schema, int64_t length_ns,
                            std::span<const double> features,
                            const google::protobuf::RepeatedPtrField<v1::TellingFeature>& telling);

}  // namespace silhouette
