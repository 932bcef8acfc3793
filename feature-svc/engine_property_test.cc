// A window is a pure function of its packets: however they are cut into batches, in whatever order
// they come, wherever the reading starts and whoever reads the other packets.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <tuple>

#include "feature-svc/test_traffic.h"

namespace silhouette {
namespace {

using namespace test_packets;

constexpr int64_t kLongestHorizon = 60 * kSecond;
constexpr size_t kSpecs = 4;

std::vector<v1::WindowSpec> Specs() {
  std::vector<v1::WindowSpec> specs;
  for (const char* text : {"subject=conversation,window=500ms,schema=presence.v1,protocol=udp",
                           "subject=flow,window=1s,schema=presence.v1",
                           "subject=device,window=2s,hop=1s,schema=traffic.v1",
                           "subject=device-mac,window=2s,schema=traffic.v2"}) {
    specs.push_back(*ParseSpec(text));
  }
  return specs;
}

using RowsBySpec = std::map<std::string, std::vector<Row>>;

// What an engine makes of packets, and what that costs.
struct Outcome {
  RowsBySpec rows;
  FeatureUse use;
  size_t subjects_max = 0;
  uint64_t shed = 0;
};

struct Reading {
  std::function<size_t()> next_size = [] { return 100; };  // of a batch
  FeatureLimits limits = {};
  // The run's newest packet, where another reader may have it.
  int64_t newest_ns = std::numeric_limits<int64_t>::min();
};

Outcome Read(const std::vector<Packet>& packets, const Reading& reading) {
  const auto engine = MakeEngine(Specs(), reading.limits);
  BatchMaker maker(kLateness, kStart);
  Outcome outcome;
  const auto keep = [&](const v1::WindowBatch& batch) {
    EXPECT_TRUE(Balanced(batch.header().accounting()));
    outcome.shed = batch.header().accounting().shed();
    for (const v1::WindowTable& table : batch.tables()) {
      AppendRows(table, &outcome.rows[SpecText(table.spec())]);
    }
    return absl::OkStatus();
  };
  for (size_t at = 0; at < packets.size();) {
    const size_t size = std::min(reading.next_size(), packets.size() - at);
    EXPECT_EQ(engine->Consume(maker.Make(std::span(packets).subspan(at, size)), keep),
              absl::OkStatus());
    outcome.subjects_max = std::max(outcome.subjects_max, engine->use().subjects);
    at += size;
  }
  v1::PacketBatch last = maker.Make({}, true);
  last.mutable_header()->set_watermark_ns(
      std::max(last.header().watermark_ns(), reading.newest_ns));
  EXPECT_EQ(engine->Consume(last, keep), absl::OkStatus());
  outcome.use = engine->use();
  return outcome;
}

RowsBySpec RowsWhere(const RowsBySpec& rows, const std::function<bool(const Row&)>& wanted) {
  RowsBySpec some;
  for (const auto& [spec, all] : rows) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(some[spec]), wanted);
  }
  return some;
}

int64_t NewestOf(const std::vector<Packet>& packets) {
  int64_t newest_ns = packets.front().time_ns;
  for (const Packet& packet : packets) newest_ns = std::max(newest_ns, packet.time_ns);
  return newest_ns;
}

TEST(FeatureEngineProperty, AnySplitIntoBatchesGivesTheSameWindowsToTheLastBit) {
  for (uint32_t seed = 1; seed <= 2; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(2500));
    const auto whole = Read(packets, {[&] { return packets.size(); }}).rows;
    ASSERT_EQ(whole.size(), kSpecs);
    for (const auto& [spec, rows] : whole) ASSERT_GT(rows.size(), 200u) << spec;
    for (size_t size : {1, 7, 64, 1000}) {
      EXPECT_TRUE(Read(packets, {[&] { return size; }}).rows == whole)
          << "seed " << seed << ", batches of " << size;
    }
    std::mt19937 random(seed);
    EXPECT_TRUE(Read(packets, {[&] { return 1 + random() % 200; }}).rows == whole)
        << "seed " << seed << ", batches of any size";
  }
}

TEST(FeatureEngineProperty, ABatchOfSeveralSlicesGivesTheSameWindows) {
  Traffic traffic(3);
  const std::vector<Packet> packets = traffic.Arrive(traffic.Make(2500));
  const auto in_slices = [](size_t most_packets) {
    return FeatureLimits{.subjects = 2 * FlowSubjects::kMost * most_packets};
  };
  const auto whole = Read(packets, {[&] { return packets.size(); }}).rows;
  for (size_t most_packets : {300, 731}) {
    const Outcome sliced = Read(packets, {[&] { return packets.size(); }, in_slices(most_packets)});
    ASSERT_EQ(sliced.use.evicted_subjects, 0u);
    EXPECT_TRUE(sliced.rows == whole) << "slices of " << most_packets;
  }
}

TEST(FeatureEngineProperty, TheOrderOfArrivalWithinTheLatenessDoesNotMatter) {
  Traffic traffic(4);
  const std::vector<Packet> packets = traffic.Make(2500);
  const auto by_time = Read(packets, {}).rows;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Read(traffic.Arrive(packets), {}).rows == by_time);
}

TEST(FeatureEngineProperty, AReplayFromAHorizonEarlierGivesTheSameWindows) {
  Traffic traffic(5);
  const std::vector<Packet> packets = traffic.Arrive(traffic.Make(3000));
  const auto whole = Read(packets, {}).rows;
  for (size_t i : {600, 1111, 1500, 1999, 2700}) {
    const int64_t from_ns = packets[i].time_ns;
    const auto is_after = [=](const Row& row) { return row.start_ns >= from_ns; };
    std::vector<Packet> again;
    std::copy_if(packets.begin(), packets.end(), std::back_inserter(again),
                 [=](const Packet& p) { return p.time_ns >= from_ns - kLongestHorizon; });
    EXPECT_TRUE(RowsWhere(Read(again, {}).rows, is_after) == RowsWhere(whole, is_after))
        << "from packet " << i;
  }
}

// The number of the home device that a subject's name begins with.
int HostOf(const std::string& subject) {
  constexpr std::string_view kMac = "device-mac:02:00:00:00:01:", kIp = "192.168.1.";
  if (subject.rfind(kMac, 0) == 0) return std::stoi(subject.substr(kMac.size()), nullptr, 16);
  const size_t ip = subject.find(kIp);
  return ip == std::string::npos ? -1 : std::stoi(subject.substr(ip + kIp.size()));
}

TEST(FeatureEngineProperty, TheWindowsOfAShareOfTheDevicesAreThoseOfTheWhole) {
  constexpr int kShares = 3;
  Traffic traffic(6);
  const std::vector<Packet> packets = traffic.Arrive(traffic.Make(3000));
  const auto whole = Read(packets, {}).rows;
  RowsBySpec together;
  for (int share = 0; share < kShares; ++share) {
    const auto is_ours = [=](int host) { return host % kShares == share; };
    std::vector<Packet> ours;  // those between devices of two shares go to both
    std::copy_if(packets.begin(), packets.end(), std::back_inserter(ours), [&](const Packet& p) {
      const FlowKey flow = FlowOf(p);
      return is_ours(p.host) || (flow.remote_is_home && is_ours(p.remote));
    });
    ASSERT_LT(ours.size(), packets.size());
    Reading reading;
    reading.newest_ns = NewestOf(packets);
    const auto rows = RowsWhere(Read(ours, reading).rows,
                                [&](const Row& row) { return is_ours(HostOf(row.subject)); });
    for (const auto& [spec, some] : rows) {
      together[spec].insert(together[spec].end(), some.begin(), some.end());
    }
  }
  for (auto& [spec, rows] : together) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
      return std::tie(a.start_ns, a.subject) < std::tie(b.start_ns, b.subject);
    });
  }
  EXPECT_TRUE(together == whole);
}

TEST(FeatureEngineProperty, UnderTinyLimitsAWindowIsPartialOrWhole) {
  const FeatureLimits tiny{.subjects = 16, .window_samples = 4, .samples = 64};
  uint64_t shed = 0;
  std::map<std::string, size_t> whole_windows, partial_windows;
  for (uint32_t seed = 11; seed <= 18; ++seed) {
    Traffic traffic(seed);
    const std::vector<Packet> packets = traffic.Arrive(traffic.Make(4000));
    std::mt19937 random(seed);
    const auto next_size = [&] { return 1 + random() % 50; };
    const Outcome capped = Read(packets, {next_size, tiny});
    Outcome free = Read(packets, {});
    EXPECT_LE(capped.subjects_max, kSpecs * tiny.subjects);
    EXPECT_GT(capped.use.evicted_subjects, 0u);
    shed += capped.shed;
    for (const auto& [spec, rows] : capped.rows) {
      std::map<std::pair<int64_t, std::string>, const Row*> expected;
      for (const Row& row : free.rows[spec]) expected[{row.start_ns, row.subject}] = &row;
      for (const Row& row : rows) {
        const auto same = expected.find({row.start_ns, row.subject});
        ASSERT_NE(same, expected.end()) << spec << " " << row.subject << " " << row.start_ns;
        ++(row.partial ? partial_windows : whole_windows)[spec];
        if (row.partial) continue;
        ASSERT_TRUE(row == *same->second)
            << "seed " << seed << ", " << spec << ", " << row.subject << " at " << row.start_ns;
      }
    }
  }
  EXPECT_GT(shed, 0u);
  for (const v1::WindowSpec& spec : Specs()) {
    EXPECT_GT(whole_windows[SpecText(spec)], 0u) << SpecText(spec);
    EXPECT_GT(partial_windows[SpecText(spec)], 0u) << SpecText(spec);
  }
}

}  // namespace
}  // namespace silhouette
