// feature-svc's engine on any two packet batches of one run: each is taken or refused, and what is
// emitted keeps the accounting identity. All kinds of subjects and all schemas at once, with limits
// that few packets reach; with and without a change of the specs between the batches.

#include <cstdlib>
#include <utility>

#include "common/accounting.h"
#include "common/window_spec.h"
#include "feature-svc/engine.h"

namespace {

constexpr silhouette::FeatureLimits kTiny{.subjects = 16, .window_samples = 3, .samples = 24};

silhouette::SpecSet Specs() {
  silhouette::SpecSet set;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1,protocol=udp",
                           "subject=flow,window=1s,schema=presence.v1",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1",
                           "subject=device-mac,window=2s,schema=traffic.v1"}) {
    set.specs.push_back(*silhouette::ParseSpec(text));
  }
  set.hash = "fuzz";
  return set;
}

// One of them stays, one comes for subjects that are known, one for others.
silhouette::SpecSet OtherSpecs() {
  silhouette::SpecSet set = Specs();
  set.specs[0].set_schema("traffic.v1");
  set.specs[1].mutable_filter()->add_ip_protocols(6);
  set.specs.pop_back();
  return set;
}

absl::Status CheckWindows(const silhouette::v1::WindowBatch& windows) {
  if (!silhouette::Balanced(windows.header().accounting())) std::abort();
  for (const silhouette::v1::WindowTable& table : windows.tables()) {
    for (uint32_t subject : table.subject()) {
      if (subject >= static_cast<uint32_t>(table.subjects_size())) std::abort();
    }
  }
  return absl::OkStatus();
}

void ConsumeBoth(const uint8_t* data, size_t size, bool change_specs) {
  auto engine = silhouette::FeatureEngine::Create(Specs(), kTiny);
  const size_t half = size / 2;
  for (const auto& [from, bytes] : {std::pair(size_t{0}, half), std::pair(half, size - half)}) {
    silhouette::v1::PacketBatch batch;
    if (!batch.ParseFromArray(data + from, static_cast<int>(bytes))) return;
    // Identities that a lying sender breaks are the sender's; start from one that holds.
    silhouette::v1::Accounting* accounting = batch.mutable_header()->mutable_accounting();
    accounting->Clear();
    accounting->set_received(2 * size);
    accounting->set_pending(2 * size);
    if (!(*engine)->Consume(batch, CheckWindows).ok()) return;
    const silhouette::FeatureUse use = (*engine)->use();
    const size_t specs = Specs().specs.size();
    if (use.subjects > specs * kTiny.subjects || use.samples > specs * kTiny.samples) std::abort();
    if (change_specs && !(*engine)->SetSpecs(OtherSpecs()).ok()) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (bool change_specs : {false, true}) ConsumeBoth(data, size, change_specs);
  return 0;
}
