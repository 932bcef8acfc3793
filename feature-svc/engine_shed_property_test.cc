// Under overload whole devices are shed: every window that is not marked partial is a whole one,
// and devices that are kept lose nothing.

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "feature-svc/test_shedding.h"

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

Windows WindowsOf(const SheddingRun& run) {
  const auto engine = MakeEngine(Specs());
  Windows windows;
  for (const v1::PacketBatch& batch : run.batches) {
    const absl::Status status = engine->Consume(batch, [&](const v1::WindowBatch& closed) {
      for (const v1::WindowTable& table : closed.tables()) {
        std::vector<Row> rows;
        AppendRows(table, &rows);
        for (Row& row : rows) {
          windows[{SpecText(table.spec()), row.subject, row.start_ns}] = std::move(row);
        }
      }
      return absl::OkStatus();
    });
    EXPECT_EQ(status, absl::OkStatus());
  }
  return windows;
}

// Batches 30 to 49 shed a share that grows.
uint32_t ShareOf(size_t batch) {
  return batch >= 30 && batch < 50 ? static_cast<uint32_t>(32 + batch % 4 * 64) : 0;
}

TEST(EngineShedProperty, AWindowThatIsNotMarkedIsAWholeOne) {
  for (uint32_t seed = 1; seed <= 4; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(4000));
    const Windows whole = WindowsOf(MakeSheddingRun(packets, 40, [](size_t) { return 0u; }));
    const SheddingRun shedding = MakeSheddingRun(packets, 40, ShareOf);
    const Windows windows = WindowsOf(shedding);
    EXPECT_GT(shedding.shed, 100u);
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
