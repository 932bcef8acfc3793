// A sender's buffer between any acks, with breaks of its stream in between. The first byte picks
// the limits; then come steps: a batch to send, one sent, a break, an ack of any bytes. Whatever
// the acks say, the buffer stays within its limits, and the accounts in headers and acks add up and
// count no packet that was not sent.

#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/link_buffer.h"
#include "silhouette/v1/packet.pb.h"

namespace silhouette {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

using Wide = unsigned __int128;  // no sum of counts wraps around

class Bytes {
 public:
  explicit Bytes(std::span<const uint8_t> left) : left_(left) {}
  bool empty() const { return left_.empty(); }
  // 0 at the end.
  uint8_t One() {
    if (left_.empty()) return 0;
    const uint8_t byte = left_.front();
    left_ = left_.subspan(1);
    return byte;
  }
  std::span<const uint8_t> Take(size_t count) {
    const auto taken = left_.first(std::min(count, left_.size()));
    left_ = left_.subspan(taken.size());
    return taken;
  }

 private:
  std::span<const uint8_t> left_;
};

constexpr size_t kMostPackets = 7;  // of a batch, which takes some 450 bytes then

LinkLimits LimitsOf(uint8_t byte) {
  LinkLimits limits;
  limits.bytes = 4'000;
  limits.unsent_bytes = 2'000;
  limits.forgets = byte & 1;
  limits.keeps_unsettled = !(byte & 2);
  return limits;
}

Wide Decided(const v1::Accounting& accounting) {
  Wide packets = Wide{accounting.windowed()} + accounting.shed();
  for (const v1::FilteredCount& count : accounting.filtered()) packets += count.packets();
  return packets;
}

class Link {
 public:
  explicit Link(const LinkLimits& limits) : limits_(limits), buffer_(limits) {}

  void Step(Bytes* bytes) {
    const uint8_t step = bytes->One();
    Run* run = &runs_[step >> 2 & 1];
    switch (step & 3) {
      case 0:
        Add(run, step >> 3 & kMostPackets, bytes->One(), /*end=*/step >> 6 == 3);
        break;
      case 1:
        Send();
        break;
      case 2:
        Break();
        break;
      case 3:
        Settle(run, bytes->Take(bytes->One()));
        break;
    }
    CheckUse();
  }

 private:
  struct Run {
    std::string name;
    std::vector<uint64_t> packets = {0};  // up to each batch
    uint64_t offered = 0;
    int64_t newest_ns = 0;
    uint64_t sent_last = 0;  // over this stream
  };

  void Add(Run* run, size_t packets, uint8_t step_ns, bool end) {
    if (run->name.empty()) run->name = std::to_string(++names_);
    if (!buffer_.HasRoom()) return;
    auto batch = std::make_shared<v1::PacketBatch>();
    for (size_t i = 0; i < packets; ++i) batch->add_time_ns(run->newest_ns += step_ns);
    v1::BatchHeader* header = batch->mutable_header();
    header->set_origin("o");
    header->set_run(run->name);
    header->set_sequence(run->packets.size());
    header->set_end_of_run(end);
    run->packets.push_back(run->packets.back() + packets);
    header->mutable_accounting()->set_received(run->packets.back());
    header->mutable_accounting()->set_pending(run->packets.back());
    largest_ = std::max(largest_, batch->SpaceUsedLong());
    by_name_[run->name] = run;
    buffer_.Add(std::move(batch));
    if (end) EndRun(run);
  }

  // Another begins in its place.
  void EndRun(Run* run) {
    ended_.push_back(std::make_unique<Run>(std::move(*run)));
    by_name_[ended_.back()->name] = ended_.back().get();
    *run = Run();
  }

  void Send() {
    const auto batch = buffer_.Next();
    Require((batch == nullptr) == buffer_.all_sent());
    if (batch == nullptr) return;
    const v1::BatchHeader& header = batch->header();
    Run* run = by_name_.at(header.run());
    Require(run->sent_last == 0 || header.sequence() == run->sent_last + 1);
    run->sent_last = header.sequence();
    run->offered = std::max(run->offered, header.sequence());
    const v1::Accounting& accounting = header.accounting();
    Require(accounting.received() == run->packets[header.sequence()]);
    Require(Decided(accounting) + accounting.pending() == accounting.received());
    buffer_.MarkSent();
  }

  void Break() {
    for (const v1::Ack& ack : buffer_.Rewind()) CheckTold(ack);
    for (auto& [name, run] : by_name_) run->sent_last = 0;
  }

  void Settle(Run* run, std::span<const uint8_t> bytes) {
    v1::Ack ack;
    if (!ack.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    if (ack.origin().empty()) {
      ack.set_origin("o");
      ack.set_run(run->name.empty() && !ended_.empty() ? ended_.back()->name : run->name);
    }
    const LinkUse before = buffer_.use();
    if (const auto told = buffer_.Settle(ack); told.has_value()) {
      CheckTold(*told);
    } else {
      Require(buffer_.use().bytes == before.bytes);
    }
  }

  void CheckTold(const v1::Ack& ack) {
    const Run* run = by_name_.at(ack.run());
    Require(ack.sequence() <= run->offered);
    Require(Decided(ack.accounting()) <= run->packets[run->offered]);
  }

  void CheckUse() {
    const LinkUse& use = buffer_.use();
    Require(use.unsent_bytes <= use.bytes);
    Require(use.bytes <= limits_.bytes + largest_);
    uint64_t packets = 0;
    for (const auto& [name, run] : by_name_) packets += run->packets[run->offered];
    Require(use.shed_packets <= packets);
  }

  const LinkLimits limits_;
  LinkBuffer<v1::PacketBatch> buffer_;
  size_t largest_ = 0;
  int names_ = 0;
  Run runs_[2];
  std::vector<std::unique_ptr<Run>> ended_;
  std::map<std::string, Run*> by_name_;
};

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  silhouette::Bytes bytes({data, size});
  silhouette::Link link(silhouette::LimitsOf(bytes.One()));
  while (!bytes.empty()) link.Step(&bytes);
  return 0;
}
