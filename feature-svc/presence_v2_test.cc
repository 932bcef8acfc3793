#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/derived_schema.h"
#include "feature-svc/test_traffic.h"

namespace silhouette {
namespace {

using namespace test_packets;

std::vector<Row> RowsOf(const std::string& schema, const std::vector<Packet>& packets,
                        int64_t length_ns) {
  v1::WindowSpec spec = PresenceSpec(length_ns);
  spec.set_schema(schema);
  std::vector<v1::WindowBatch> batches;
  const auto engine = MakeEngine({spec});
  const absl::Status status = engine->Consume(BatchMaker().Make(packets, /*end_of_run=*/true),
                                              [&](const v1::WindowBatch& batch) {
                                                batches.push_back(batch);
                                                return absl::OkStatus();
                                              });
  EXPECT_TRUE(status.ok()) << status;
  return test_packets::RowsOf(batches);
}

// What the schema says, read plainly: of each window all of the subject's windows before it are
// looked through. `rows` are those of presence.v1.
std::vector<double> Derive(const DerivedSchema& derived, const std::vector<Row>& rows,
                           const std::string& subject, int64_t start_ns, int64_t length_ns) {
  std::vector<double> past, own(derived.quantities), quantities(derived.quantities);
  const int64_t reach_ns = derived.PastWindows(length_ns) * length_ns;
  for (const Row& row : rows) {
    if (row.subject != subject || row.start_ns < start_ns - reach_ns || row.start_ns > start_ns) {
      continue;
    }
    derived.quantities_of(row.values, quantities.data());
    if (row.start_ns == start_ns) {
      own = quantities;
    } else if (quantities[0] > 0) {
      past.insert(past.end(), quantities.begin(), quantities.end());
    }
  }
  std::vector<double> features(derived.schema->features.size());
  derived.features_of(past, own, features.data());
  return features;
}

// Of few hosts, so that each has packets in many windows.
std::vector<Packet> BusyTraffic() {
  std::vector<Packet> packets = Traffic(7).Make(4000);
  for (Packet& packet : packets) {
    packet.host = static_cast<uint8_t>(9 + packet.host % 3);
    packet.remote = 1;
  }
  return packets;
}

void ExpectDerived(const std::string& schema, int64_t length_ns) {
  const std::vector<Packet> packets = BusyTraffic();
  const std::vector<Row> v1 = RowsOf("presence.v1", packets, length_ns);
  const std::vector<Row> rows = RowsOf(schema, packets, length_ns);
  ASSERT_GE(rows.size(), v1.size()) << "its horizon is longer";
  size_t told_apart = 0;
  for (const Row& row : rows) {
    const std::vector<double> expected =
        Derive(*FindDerivedSchema(schema), v1, row.subject, row.start_ns, length_ns);
    ASSERT_EQ(row.values, expected) << row.subject << " at " << row.start_ns;
    told_apart += row.values[0] != rows[0].values[0] ? 1 : 0;
  }
  EXPECT_GT(told_apart, rows.size() / 10);
}

TEST(PresenceV2Test, FollowsFromPresenceV1OfTheWindowsBefore) {
  ExpectDerived("presence.v2", kSecond / 2);
  ExpectDerived("presence.v2", kSecond);
}

TEST(PresenceV2Test, TheRatioFollowsFromPresenceV1OfTheWindowsBefore) {
  ExpectDerived("presence.v2.ratio", kSecond / 2);
}

// 6 s: within the horizon of presence.v2, and beyond that of presence.v1.
TEST(PresenceV2Test, AGapIsAsLongAsPresenceV1SeesIt) {
  const std::vector<Packet> packets = {{10 * kSecond, 100, true}, {16 * kSecond, 100, true}};
  const std::vector<Row> rows = RowsOf("presence.v2", packets, kSecond / 2);
  constexpr size_t kIatMean = 6;
  EXPECT_EQ(rows.back().start_ns, 16 * kSecond);
  EXPECT_EQ(rows.back().values[kIatMean], 0);
}

}  // namespace
}  // namespace silhouette
