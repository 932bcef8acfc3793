// feature-svc's engine on any two packet batches of one run: each is taken or refused, and what is
// emitted keeps the accounting identity.

#include <cstdlib>
#include <utility>

#include "common/accounting.h"
#include "feature-svc/engine.h"

namespace {

silhouette::SpecSet PresenceSpecs() {
  silhouette::v1::WindowSpec spec;
  spec.set_subject(silhouette::v1::SUBJECT_KIND_CONVERSATION);
  spec.set_length_ns(500'000'000);
  spec.set_schema("presence.v1");
  return {{spec}, "fuzz"};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto engine = silhouette::FeatureEngine::Create(PresenceSpecs());
  const size_t half = size / 2;
  for (const auto& [from, bytes] : {std::pair(size_t{0}, half), std::pair(half, size - half)}) {
    silhouette::v1::PacketBatch batch;
    if (!batch.ParseFromArray(data + from, static_cast<int>(bytes))) return 0;
    // Identities that a lying sender breaks are the sender's; start from one that holds.
    silhouette::v1::Accounting* accounting = batch.mutable_header()->mutable_accounting();
    accounting->Clear();
    accounting->set_received(2 * size);
    accounting->set_pending(2 * size);
    const absl::Status status =
        (*engine)->Consume(batch, [](const silhouette::v1::WindowBatch& windows) {
          if (!silhouette::Balanced(windows.header().accounting())) std::abort();
          return absl::OkStatus();
        });
    if (!status.ok()) return 0;
  }
  return 0;
}
