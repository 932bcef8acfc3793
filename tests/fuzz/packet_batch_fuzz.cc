// feature-svc's engine on any two packet batches of one run: each is taken or refused, and what is
// emitted keeps the accounting identity, gives out no settled window and settles no more than came.
// All kinds of subjects and all schemas at once, with limits that few packets reach; with and
// without a change of the specs between the batches, and as the first stream of its run or one that
// goes on with it.

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "common/accounting.h"
#include "common/window_spec.h"
#include "feature-svc/engine.h"

namespace silhouette {
namespace {

constexpr FeatureLimits kTiny{.subjects = 16, .window_samples = 3, .samples = 24};

SpecSet Specs() {
  SpecSet set;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1,protocol=udp",
                           "subject=flow,window=1s,schema=presence.v1",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1",
                           "subject=device-mac,window=2s,schema=traffic.v2"}) {
    set.specs.push_back(*ParseSpec(text));
  }
  set.hash = "fuzz";
  return set;
}

// One of them stays, one comes for subjects that are known, one for others.
SpecSet OtherSpecs() {
  SpecSet set = Specs();
  set.specs[0].set_schema("traffic.v1");
  set.specs[1].mutable_filter()->add_ip_protocols(6);
  set.specs.pop_back();
  return set;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

// What a stream may do besides bringing batches.
struct Variant {
  bool change_specs = false;  // behind each batch
  bool goes_on = false;  // with a run of which the first batch was settled, up to its watermark
};

// As a sender does it to batches that it sends again.
void GoOn(const v1::PacketBatch& first, bool is_first, v1::BatchHeader* header) {
  header->set_sequence(is_first ? 5 : 6);
  header->set_replay_of_settled(is_first);
  header->set_settled_until_ns(first.header().watermark_ns());
  header->set_complete_from_ns(first.time_ns_size() > 0 ? first.time_ns(0) : 0);
}

// The engine, and what is known of it from outside.
class Stream {
 public:
  explicit Stream(const Variant& variant)
      : variant_(variant), engine_(*FeatureEngine::Create(Specs(), kTiny)) {}

  absl::Status Consume(const v1::PacketBatch& batch) {
    const v1::BatchHeader& header = batch.header();
    // Of the specs that come later, no window is settled.
    if (sequences_.empty() && header.has_settled_until_ns() && !variant_.change_specs) {
      settled_until_ns_ = header.settled_until_ns();
    }
    if (!header.replay_of_settled()) packets_ += static_cast<uint64_t>(batch.time_ns_size());
    sequences_.push_back(header.sequence());
    return engine_->Consume(batch, [this](const v1::WindowBatch& windows) {
      CheckWindows(windows);
      CheckAck(windows.header().sequence());
      return absl::OkStatus();
    });
  }

  void ChangeSpecs() { Require(engine_->SetSpecs(OtherSpecs()).ok()); }

  void CheckUse() const {
    const FeatureUse use = engine_->use();
    const size_t specs = Specs().specs.size();
    Require(use.subjects <= specs * kTiny.subjects && use.samples <= specs * kTiny.samples);
  }

 private:
  void CheckWindows(const v1::WindowBatch& windows) const {
    const v1::Accounting& accounting = windows.header().accounting();
    Require(Balanced(accounting) && accounting.pending() <= accounting.received());
    for (const v1::WindowTable& table : windows.tables()) {
      for (uint32_t subject : table.subject()) {
        Require(subject < static_cast<uint32_t>(table.subjects_size()));
      }
      if (!settled_until_ns_) continue;
      for (int64_t start_ns : table.start_ns()) {
        Require(start_ns + table.spec().length_ns() > *settled_until_ns_);
      }
    }
  }

  // Settles no batch that did not come, and decides on no packet that is not to be counted.
  void CheckAck(uint64_t windows_sequence) {
    v1::Ack windows;
    windows.set_sequence(windows_sequence);
    const v1::Ack ack = engine_->AckFor(windows);
    Require(ack.sequence() == 0 ||
            std::count(sequences_.begin(), sequences_.end(), ack.sequence()));
    const v1::Accounting& decided = ack.accounting();
    Require(decided.windowed() + decided.shed() + FilteredPackets(decided) <= packets_);
  }

  const Variant variant_;
  const std::unique_ptr<FeatureEngine> engine_;
  std::optional<int64_t> settled_until_ns_;
  uint64_t packets_ = 0;
  std::vector<uint64_t> sequences_;
};

void ConsumeBoth(const uint8_t* data, size_t size, const Variant& variant) {
  const size_t half = size / 2;
  v1::PacketBatch first;
  Stream stream(variant);
  for (const bool is_first : {true, false}) {
    v1::PacketBatch batch;
    const uint8_t* bytes = is_first ? data : data + half;
    if (!batch.ParseFromArray(bytes, static_cast<int>(is_first ? half : size - half))) return;
    if (is_first) first = batch;
    if (variant.goes_on) GoOn(first, is_first, batch.mutable_header());
    // Identities that a lying sender breaks are the sender's; start from one that holds.
    v1::Accounting* accounting = batch.mutable_header()->mutable_accounting();
    accounting->Clear();
    accounting->set_received(2 * size);
    accounting->set_pending(2 * size);
    if (!stream.Consume(batch).ok()) return;
    stream.CheckUse();
    if (variant.change_specs) stream.ChangeSpecs();
  }
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (bool change_specs : {false, true}) {
    for (bool goes_on : {false, true}) silhouette::ConsumeBoth(data, size, {change_specs, goes_on});
  }
  return 0;
}
