#include "common/window_spec.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <functional>

namespace silhouette {
namespace {

using google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

v1::WindowSpec Spec(std::vector<uint32_t> protocols = {17}) {
  v1::WindowSpec spec;
  spec.set_subject(v1::SUBJECT_KIND_CONVERSATION);
  spec.set_length_ns(500'000'000);
  spec.set_schema("presence.v1");
  for (uint32_t protocol : protocols) spec.mutable_filter()->add_ip_protocols(protocol);
  return spec;
}

v1::WindowSpec Normalized(v1::WindowSpec spec) {
  const absl::Status status = NormalizeSpec(&spec);
  EXPECT_TRUE(status.ok()) << status;
  return spec;
}

TEST(WindowSpec, AnUnsetHopIsTheLength) { EXPECT_EQ(Normalized(Spec()).hop_ns(), 500'000'000); }

TEST(WindowSpec, SpecsThatMeanTheSameBecomeEqualMessages) {
  v1::WindowSpec with_hop = Spec({17});
  with_hop.set_hop_ns(500'000'000);
  EXPECT_TRUE(MessageDifferencer::Equals(Normalized(Spec({17})), Normalized(with_hop)));
  EXPECT_TRUE(MessageDifferencer::Equals(Normalized(Spec({6, 17})), Normalized(Spec({17, 6, 17}))));
  v1::WindowSpec empty_filter = Spec({});
  empty_filter.mutable_filter();
  EXPECT_TRUE(MessageDifferencer::Equals(Normalized(Spec({})), Normalized(empty_filter)));
}

TEST(WindowSpec, TextIsEqualExactlyForEqualSpecs) {
  EXPECT_EQ(SpecText(Normalized(Spec())), "conversation 500000000/500000000 17 presence.v1");
  EXPECT_EQ(SpecText(Normalized(Spec({17, 6}))),
            "conversation 500000000/500000000 6,17 presence.v1");
  EXPECT_EQ(SpecText(Normalized(Spec({}))), "conversation 500000000/500000000 all presence.v1");
  v1::WindowSpec longer = Spec();
  longer.set_length_ns(1'000'000'000);
  EXPECT_NE(SpecText(Normalized(longer)), SpecText(Normalized(Spec())));
}

TEST(WindowSpec, TheSetsHashTellsSetsApartAndKnowsTheOrder) {
  const v1::WindowSpec udp = Normalized(Spec({17})), tcp = Normalized(Spec({6}));
  EXPECT_EQ(SpecSetHash({udp, tcp}), SpecSetHash({udp, tcp}));
  EXPECT_NE(SpecSetHash({udp, tcp}), SpecSetHash({tcp, udp}));
  EXPECT_NE(SpecSetHash({udp}), SpecSetHash({udp, udp}));
  EXPECT_NE(SpecSetHash({udp}), SpecSetHash({}));
  EXPECT_EQ(SpecSetHash({udp}).size(), 16u);
}

TEST(WindowSpec, WhatCannotBeComputedIsRefusedByItsField) {
  const std::pair<std::string, std::function<void(v1::WindowSpec*)>> wrong[] = {
      {"window length of 99.999999ms", [](v1::WindowSpec* s) { s->set_length_ns(99'999'999); }},
      {"window length", [](v1::WindowSpec* s) { s->set_length_ns(3'600'000'000'001); }},
      {"window length of 0", [](v1::WindowSpec* s) { s->clear_length_ns(); }},
      {"window length of -1", [](v1::WindowSpec* s) { s->set_length_ns(-1); }},
      {"hop of 300ms", [](v1::WindowSpec* s) { s->set_hop_ns(300'000'000); }},
      {"hop of 1s for a length of 500ms", [](v1::WindowSpec* s) { s->set_hop_ns(1'000'000'000); }},
      {"hop of -1ns", [](v1::WindowSpec* s) { s->set_hop_ns(-1); }},
      {"hop of 5ms", [](v1::WindowSpec* s) { s->set_hop_ns(5'000'000); }},
      {"subject 0", [](v1::WindowSpec* s) { s->clear_subject(); }},
      {"subject 9", [](v1::WindowSpec* s) { s->set_subject(static_cast<v1::SubjectKind>(9)); }},
      {"\"none.v1\"", [](v1::WindowSpec* s) { s->set_schema("none.v1"); }},
  };
  for (const auto& [words, change] : wrong) {
    v1::WindowSpec spec = Spec();
    change(&spec);
    const absl::Status status = NormalizeSpec(&spec);
    EXPECT_FALSE(status.ok()) << words;
    EXPECT_THAT(std::string(status.message()), HasSubstr(words));
  }
}

TEST(WindowSpec, LengthsGoFrom100MillisecondsToOneHour) {
  for (int64_t length_ns : {int64_t{100'000'000}, int64_t{3'600'000'000'000}}) {
    v1::WindowSpec spec = Spec();
    spec.set_length_ns(length_ns);
    EXPECT_TRUE(NormalizeSpec(&spec).ok()) << length_ns;
  }
}

TEST(WindowSpec, IsReadFromText) {
  const auto spec =
      ParseSpec("subject=device-mac,window=5s,hop=1s,schema=traffic.v1,protocol=udp+6");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(SpecText(*spec), "device-mac 5000000000/1000000000 6,17 traffic.v1");
  EXPECT_EQ(FormatSpec(*spec),
            "subject=device-mac,window=5s,hop=1s,schema=traffic.v1,protocol=tcp+udp");
  const auto shortest = ParseSpec("window=500ms,subject=conversation,schema=presence.v1");
  ASSERT_TRUE(shortest.ok()) << shortest.status();
  EXPECT_EQ(SpecText(*shortest), "conversation 500000000/500000000 all presence.v1");
}

TEST(WindowSpec, TextThatIsWrongIsRefusedByItsPart) {
  const std::string good = "subject=device,window=5s,schema=traffic.v1";
  for (const auto& [text, words] : {std::pair<std::string, std::string>{"", "no such part \"\""},
                                    {good + ",hops=1s", "no such part \"hops\""},
                                    {good + ",hop", "\"\" is no length of time"},
                                    {good + ",hop=3s", "hop of 3s"},
                                    {good + ",protocol=udp+sctp", "protocol \"sctp\""},
                                    {good + ",protocol=256", "protocol \"256\""},
                                    {"subject=host,window=5s", "subject \"host\""},
                                    {"subject=device,schema=traffic.v1", "window length of 0"},
                                    {"subject=device,window=5s", "no feature schema \"\""}}) {
    const auto spec = ParseSpec(text);
    EXPECT_FALSE(spec.ok()) << text;
    EXPECT_THAT(std::string(spec.status().message()), HasSubstr(words)) << text;
  }
}

}  // namespace
}  // namespace silhouette
