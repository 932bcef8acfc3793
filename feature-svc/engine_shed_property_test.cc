// Under overload whole devices are shed: every window that is not marked partial is a whole one,
// and devices that are kept lose nothing.

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "common/shed_hash.h"
#include "feature-svc/test_traffic.h"

namespace silhouette {
namespace {

using namespace test_packets;

using Windows = std::map<std::tuple<std::string, std::string, int64_t>, Row>;

std::vector<v1::WindowSpec> Specs() {
  std::vector<v1::WindowSpec> specs;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1",
                           "subject=flow,window=1s,schema=presence.v1",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1",
                           "subject=device-mac,window=2s,schema=presence.v1"}) {
    specs.push_back(*ParseSpec(text));
  }
  return specs;
}

// As capture-svc does it.
bool IsShed(const Packet& packet, uint32_t share) {
  const FlowKey flow = FlowOf(packet);
  if (ShedHash(flow.home.bytes.data()) >= share) return false;
  return !flow.remote_is_home || ShedHash(flow.remote.bytes.data()) < share;
}

// Of 40 packets each; those of number `from` to `until` shed a share that grows.
Windows Read(const std::vector<Packet>& packets, size_t from, size_t until, uint64_t* shed) {
  const auto engine = MakeEngine(Specs());
  BatchMaker maker(kLateness, kStart);
  Windows windows;
  const auto keep = [&](const v1::WindowBatch& batch) {
    for (const v1::WindowTable& table : batch.tables()) {
      std::vector<Row> rows;
      AppendRows(table, &rows);
      for (Row& row : rows) {
        windows[{SpecText(table.spec()), row.subject, row.start_ns}] = std::move(row);
      }
    }
    return absl::OkStatus();
  };
  size_t number = 0;
  for (size_t at = 0; at < packets.size(); at += 40, ++number) {
    const uint32_t share =
        number >= from && number < until ? static_cast<uint32_t>(32 + number % 4 * 64) : 0;
    std::vector<Packet> kept;
    v1::Shed gone;
    for (size_t i = at; i < std::min(at + 40, packets.size()); ++i) {
      if (!IsShed(packets[i], share)) {
        kept.push_back(packets[i]);
        continue;
      }
      ++*shed;
      const int64_t time_ns = packets[i].time_ns;
      if (gone.share() == 0 || time_ns < gone.from_ns()) gone.set_from_ns(time_ns);
      if (gone.share() == 0 || time_ns > gone.until_ns()) gone.set_until_ns(time_ns);
      gone.set_share(share);
    }
    v1::PacketBatch batch = maker.Make(kept);
    if (gone.share() > 0) *batch.mutable_shed() = gone;
    EXPECT_EQ(engine->Consume(batch, keep), absl::OkStatus());
  }
  v1::PacketBatch last = maker.Make({}, /*end_of_run=*/true);
  last.mutable_header()->set_watermark_ns(packets.back().time_ns + kLateness);
  EXPECT_EQ(engine->Consume(last, keep), absl::OkStatus());
  return windows;
}

TEST(EngineShedProperty, AWindowThatIsNotMarkedIsAWholeOne) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(4000));
    uint64_t none = 0, shed = 0;
    const Windows whole = Read(packets, 0, 0, &none);
    const Windows windows = Read(packets, 30, 50, &shed);
    EXPECT_EQ(none, 0u);
    EXPECT_GT(shed, 100u);
    size_t partial = 0, kept_meanwhile = 0;
    for (const auto& [key, row] : windows) {
      partial += row.partial ? 1 : 0;
      if (row.partial) continue;
      const auto at = whole.find(key);
      ASSERT_NE(at, whole.end()) << std::get<1>(key);
      ASSERT_EQ(at->second, row) << std::get<0>(key) << " " << row.subject << " " << row.start_ns;
      kept_meanwhile += row.start_ns > packets[30 * 40].time_ns + kLateness &&
                                row.start_ns < packets[50 * 40].time_ns - kLateness
                            ? 1
                            : 0;
    }
    EXPECT_GT(partial, 0u);
    EXPECT_LT(partial, windows.size() / 2);
    EXPECT_GT(kept_meanwhile, 0u) << "while some are shed, others are not";
  }
}

}  // namespace
}  // namespace silhouette
