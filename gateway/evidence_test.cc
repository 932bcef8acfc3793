#include "gateway/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "common/schema.h"
#include "gateway/evidence_words.h"

namespace silhouette {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kFiveSeconds = 5'000'000'000;
using Values = std::map<std::string, double>;
using Telling = google::protobuf::RepeatedPtrField<v1::TellingFeature>;

// All of them usual from 10 to 20.
Telling Tell(const std::vector<std::string>& names) {
  Telling telling;
  for (const std::string& name : names) {
    v1::TellingFeature* feature = telling.Add();
    feature->set_name(name);
    feature->set_low(10);
    feature->set_high(20);
  }
  return telling;
}

// Of a window of traffic.v1 with these features; all others are 15.
std::string Evidence(const Values& values, const Telling& telling,
                     const std::string& schema = "traffic.v1") {
  std::vector<double> features;
  for (const Feature& feature : (*FindSchema(schema))->features) {
    const auto value = values.find(feature.name);
    features.push_back(value == values.end() ? 15 : value->second);
  }
  return EvidenceInWords(schema, kFiveSeconds, features, telling);
}

// Of one feature.
std::string Phrase(const std::string& name, double value) {
  return Evidence({{name, value}}, Tell({name}));
}

TEST(Evidence, SaysInTheRulesOrderWhatLiesOutsideOfTheUsual) {
  const Telling telling = Tell({"remote_ports", "in_packets", "peers"});
  EXPECT_EQ(Evidence({{"peers", 412}, {"remote_ports", 1204}, {"in_packets", 20}}, telling),
            "1,204 remote ports, 412 peers in 5 s");
}

TEST(Evidence, WhereEachIsUsualByItselfTheFirstThatAreThereAreSaid) {
  Telling telling = Tell({"in_rst", "remote_ports", "in_packets", "peers", "udp_share"});
  telling[0].set_low(0);
  EXPECT_EQ(Evidence({{"in_rst", 0}, {"remote_ports", 12}}, telling),
            "12 remote ports, 3 packets/s inbound, 15 peers in 5 s");
}

TEST(Evidence, WhatIsUsualIsNotCalledMuchOrLittle) {
  const Telling telling =
      Tell({"peer_entropy", "all_iat_std", "size_entropy", "peers_ratio", "peers"});
  EXPECT_EQ(Evidence({}, telling), "15 peers in 5 s");
}

TEST(Evidence, SynsAreNotToldFromSynAcks) {
  EXPECT_EQ(Phrase("in_syn", 6652), "6,652 inbound packets with SYN in 5 s");
  EXPECT_EQ(Phrase("out_syn", 1), "only 1 outbound packet with SYN in 5 s");
  EXPECT_EQ(Phrase("all_syn", 0), "no packets with SYN in 5 s");
}

TEST(Evidence, ConnectionsThatAreUnevenSpeakForNothing) {
  const Telling telling = Tell({"out_opened_gap_variation", "out_opened_packets_variation"});
  EXPECT_EQ(Evidence({{"out_opened_gap_variation", 30}, {"out_opened_packets_variation", 0.1}},
                     telling, "traffic.v2"),
            "connections all alike");
}

TEST(Evidence, ConnectionsThatAreAlike) {
  const Telling telling =
      Tell({"out_opened_same", "out_opened_gap_mean", "out_opened_gap_variation"});
  EXPECT_EQ(Evidence({{"out_opened_same", 27},
                      {"out_opened_gap_mean", 2.2},
                      {"out_opened_gap_variation", 0.05}},
                     telling, "traffic.v2"),
            "27 connections to one port of one peer, a connection every 2.2 s, "
            "connections in even steps");
}

TEST(Evidence, HasThreePhrasesAtMost) {
  const Telling telling = Tell({"peers", "remote_ports", "in_rst", "udp_share"});
  EXPECT_EQ(
      Evidence({{"peers", 30}, {"remote_ports", 30}, {"in_rst", 30}, {"udp_share", 1}}, telling),
      "30 peers in 5 s, 30 remote ports, 30 inbound RSTs in 5 s");
}

TEST(Evidence, UnansweredSynsAreAShareOfAll) {
  EXPECT_EQ(
      Evidence({{"out_unanswered_syns", 1180}, {"out_syn", 1204}}, Tell({"out_unanswered_syns"})),
      "98 % of its 1,204 SYNs unanswered");
  // A flow may be counted although its SYN was sent twice, or before.
  EXPECT_EQ(Evidence({{"out_unanswered_syns", 50}, {"out_syn", 40}}, Tell({"out_unanswered_syns"})),
            "100 % of its 40 SYNs unanswered");
  EXPECT_EQ(Phrase("in_unanswered_syns", 300), "300 connection attempts to the device unanswered");
}

TEST(Evidence, RatesAreASecond) {
  EXPECT_EQ(Phrase("in_packets", 40'000), "8,000 packets/s inbound");
  EXPECT_EQ(Phrase("out_packets", 5), "only 1 packets/s outbound");
  EXPECT_EQ(Phrase("in_bytes_per_second", 12e6), "12 MB/s inbound");
  EXPECT_EQ(Phrase("in_bytes", 60e6), "12 MB/s inbound");
  EXPECT_EQ(Phrase("all_packets", 0), "no packets");
}

TEST(Evidence, TrafficThatIsSpreadIsSaidWithHowManyThereAre) {
  EXPECT_EQ(Evidence({{"peer_entropy", 30}, {"peers", 6276}}, Tell({"peer_entropy", "peers"})),
            "traffic spread over 6,276 peers");
  EXPECT_EQ(Evidence({{"home_port_entropy", 30}, {"home_ports", 0}}, Tell({"home_port_entropy"})),
            "traffic spread over many ports of the device");
}

TEST(Evidence, WhatIsLittleIsCalledSo) {
  EXPECT_EQ(Phrase("peers", 2), "only 2 peers in 5 s");
  EXPECT_EQ(Phrase("peers", 1), "only 1 peer in 5 s");
  EXPECT_EQ(Phrase("size_entropy", 0.1), "sizes hardly vary");
  EXPECT_EQ(Phrase("all_iat_std", 0.001), "packets in a steady beat");
  EXPECT_EQ(Phrase("peer_entropy", 0.1), "traffic with few peers");
}

TEST(Evidence, SharesAreInPercentAndSizesInBytes) {
  Telling shares = Tell({"udp_share"});
  shares[0].set_low(0.1);
  shares[0].set_high(0.5);
  EXPECT_EQ(Evidence({{"udp_share", 0.97}}, shares), "97 % of packets UDP");
  EXPECT_EQ(Evidence({{"udp_share", 0.04}}, shares), "only 4 % of packets UDP");
  EXPECT_EQ(Phrase("in_size_mean", 60), "packets of 60 B inbound");
  EXPECT_EQ(Phrase("home_ports", 1204), "1,204 ports of the device tried");
  EXPECT_EQ(Phrase("in_iat_max", 30), "pauses of up to 30 s inbound");
}

TEST(Evidence, WhatSaysTheSameIsSaidOnce) {
  const Values many{{"in_packets", 40'000}, {"all_packets", 40'010}, {"out_packets", 50}};
  EXPECT_EQ(Evidence(many, Tell({"in_packets", "all_packets"})), "8,000 packets/s inbound");
  EXPECT_EQ(Evidence(many, Tell({"in_packets", "out_packets"})),
            "8,000 packets/s inbound, 10 packets/s outbound");
  EXPECT_EQ(Evidence({{"in_bytes", 60e6}, {"in_bytes_per_second", 12e6}},
                     Tell({"in_bytes_per_second", "in_bytes"})),
            "12 MB/s inbound");
}

TEST(Evidence, EveryFeatureHasWords) {
  for (const FeatureSchema& schema : AllSchemas()) {
    const std::vector<double> features(schema.features.size(), 15);
    const SeenWindow window{schema.features, features, 5};
    for (const Feature& feature : schema.features) {
      for (const double value : {0., 1., 1e6, 1e18}) {
        const std::string words = PhraseOf(window, feature, value, Tell({feature.name})[0]);
        EXPECT_THAT(words, Not(HasSubstr("_"))) << schema.name << " " << feature.name;
        if (feature.name.ends_with("_variation") && value > 0 && words.empty()) continue;
        EXPECT_GE(words.size(), 5u) << schema.name << " " << feature.name << ": " << words;
      }
    }
    const bool is_common = schema.name.starts_with("traffic.") || schema.name == "presence.v1";
    for (const Feature& feature : schema.features) {
      if (!is_common) break;
      const std::string words = PhraseOf(window, feature, 30, Tell({feature.name})[0]);
      EXPECT_THAT(words, Not(HasSubstr("usually"))) << "no words of its own: " << feature.name;
    }
  }
}

TEST(Evidence, WhatTheSchemaDoesNotHaveIsPassedOver) {
  EXPECT_EQ(Evidence({{"peers", 30}}, Tell({"no such", "peers"})), "30 peers in 5 s");
  EXPECT_EQ(EvidenceInWords("no.such.schema", kFiveSeconds, {}, Tell({"peers"})), "");
  EXPECT_EQ(EvidenceInWords("traffic.v1", kFiveSeconds, {}, Tell({"peers"})), "");
}

}  // namespace
}  // namespace silhouette
