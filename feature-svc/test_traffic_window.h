#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "common/address.h"
#include "common/schema.h"
#include "feature-svc/extractor.h"

namespace silhouette {

// A window for an extractor, made from packets by hand; for tests.

inline constexpr int64_t kMilli = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kStart = 10 * kSecond;
inline constexpr uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32;

inline SampleFlow Flow(const char* peer, uint8_t protocol, uint16_t own_port, uint16_t peer_port) {
  SampleFlow flow{};
  std::memcpy(flow.peer_address, IpAddress::Parse(peer)->bytes.data(), 16);
  flow.own_port = own_port;
  flow.peer_port = peer_port;
  flow.protocol = protocol;
  flow.is_ip = 1;
  flow.ports_known = own_port != 0 || peer_port != 0;
  return flow;
}

inline SampleFlow Arp(const char* peer) {
  SampleFlow flow = Flow(peer, 0, 0, 0);
  flow.is_ip = 0;
  flow.is_arp = 1;
  return flow;
}

struct Packet {
  int64_t offset_ns;
  uint32_t wire_bytes;
  bool outbound;
  SampleFlow flow = Flow("203.0.113.7", 17, 50000, 443);
  uint8_t tcp_flags = 0;
};

// A window of two seconds, and its features by name.
class Window {
 public:
  Window(const char* schema, const std::vector<Packet>& packets) : schema_(**FindSchema(schema)) {
    for (const Packet& p : packets) {
      samples_.push_back({Sample::Stamp(p.offset_ns, p.tcp_flags, p.outbound), p.wire_bytes,
                          EntryOf(p.flow, samples_.size())});
    }
    input.samples = samples_;
    input.flows = flows_;
    input.start_ns = kStart;
    input.length_ns = 2 * kSecond;
    input.scratch = &scratch_;
    input.own = &own;
  }
  Window(const Window&) = delete;

  // In the order of the schema; checks that no more values are written than it has features.
  std::vector<double> Values() {
    constexpr double kUntouched = -12345;
    std::vector<double> values(schema_.features.size() + 8, kUntouched);
    (*FindExtractor(schema_.name))->extract(input, values.data());
    const auto end = values.begin() + static_cast<std::ptrdiff_t>(schema_.features.size());
    EXPECT_THAT(std::vector<double>(end, values.end()), ::testing::Each(kUntouched));
    values.erase(end, values.end());
    EXPECT_THAT(values, ::testing::Each(::testing::Ne(kUntouched)));
    return values;
  }
  double Get(const std::string& name) {
    const std::vector<double> values = Values();
    for (size_t i = 0; i < values.size(); ++i) {
      if (schema_.features[i].name == name) return values[i];
    }
    ADD_FAILURE() << "no feature " << name;
    return 0;
  }
  void Expect(const std::map<std::string, double>& expected) {
    for (const auto& [name, value] : expected) {
      EXPECT_NEAR(Get(name), value, 1e-12 * (1 + value)) << name;
    }
  }

  WindowInput input;
  PastWindow own;

 private:
  // One flow may have several entries; here each seventh packet has one of its own.
  uint32_t EntryOf(const SampleFlow& flow, size_t packet) {
    const auto same = [&](const SampleFlow& other) {
      return std::memcmp(&flow, &other, sizeof flow) == 0;
    };
    const auto found = std::find_if(flows_.begin(), flows_.end(), same);
    if (found == flows_.end() || packet % 7 == 6) {
      flows_.push_back(flow);
      return static_cast<uint32_t>(flows_.size() - 1);
    }
    return static_cast<uint32_t>(found - flows_.begin());
  }

  const FeatureSchema& schema_;
  std::vector<Sample> samples_;
  std::vector<SampleFlow> flows_;
  ExtractorScratch scratch_;
};

// With n - 1.
inline double StdOf(const std::vector<double>& values) {
  double sum = 0, squares = 0;
  const auto n = static_cast<double>(values.size());
  for (double v : values) sum += v;
  for (double v : values) squares += (v - sum / n) * (v - sum / n);
  return std::sqrt(squares / (n - 1));
}

}  // namespace silhouette
