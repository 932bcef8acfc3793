#include "gateway/evidence_words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/text.h"

namespace silhouette {
namespace {

// 1,204, 12, 3.5 or 0.04.
std::string Number(double value) {
  if (std::abs(value) >= 1e15) return absl::StrFormat("%.3g", value);
  if (value >= 9.95) return WithThousands(static_cast<uint64_t>(std::llround(value)));
  std::string text = absl::StrFormat(std::abs(value) < 0.095 ? "%.3f" : "%.1f", value);
  while (absl::EndsWith(text, "0")) text.pop_back();
  return std::string(absl::StripSuffix(text, "."));
}

// "12 MB/s" of 12,000,000 and "B/s".
std::string WithPrefix(double value, const std::string& unit) {
  for (const auto& [least, prefix] :
       {std::pair{1e9, "G"}, std::pair{1e6, "M"}, std::pair{1e3, "k"}}) {
    if (value >= least) return absl::StrCat(Number(value / least), " ", prefix, unit);
  }
  return absl::StrCat(Number(value), " ", unit);
}

std::string Time(double seconds) {
  if (seconds < 1e-3) return absl::StrCat(Number(seconds * 1e6), " µs");
  if (seconds < 1) return absl::StrCat(Number(seconds * 1e3), " ms");
  return absl::StrCat(Number(seconds), " s");
}

std::string Percent(double share) {
  return absl::StrFormat("%.0f %%", 100 * std::clamp(share, 0.0, 1.0));
}

// What is said of one feature.
struct Said {
  const SeenWindow& window;
  double value;
  bool is_little;  // less than usual, not more
  Direction direction;

  // Behind what goes in, what goes out, or all.
  const char* where() const {
    if (direction == Direction::kAll) return "";
    return direction == Direction::kIn ? " inbound" : " outbound";
  }
  // Another feature of the window; 0 if there is none.
  double Other(std::string_view name) const {
    for (size_t i = 0; i < window.columns.size(); ++i) {
      if (window.columns[i].name == name) return window.features[i];
    }
    return 0;
  }
  std::string in_window() const { return absl::StrCat(" in ", Time(window.seconds)); }
  // "412 peers", "only 2 peers", "no peers"; `one` is "peer".
  std::string Count(const std::string& one) const {
    if (value == 0) return absl::StrCat("no ", one, "s");
    return absl::StrCat(is_little ? "only " : "", Number(value), " ", one, value == 1 ? "" : "s");
  }
};

std::string Packets(const Said& said) {
  if (said.value == 0) return absl::StrCat("no packets", said.where());
  return absl::StrCat(said.is_little ? "only " : "", Number(said.value / said.window.seconds),
                      " packets/s", said.where());
}

std::string ByteRate(const Said& said, double rate) {
  return absl::StrCat(said.is_little ? "only " : "", WithPrefix(rate, "B/s"), said.where());
}

std::string UnansweredSyns(const Said& said) {
  if (said.direction == Direction::kIn) {
    return absl::StrCat(said.Count("connection attempt"), " to the device unanswered");
  }
  const double syns = said.Other("out_syn");
  if (syns < 1 || said.is_little) return absl::StrCat(said.Count("SYN"), " unanswered");
  return absl::StrCat(Percent(said.value / syns), " of its ", Number(syns), " SYNs unanswered");
}

std::string SizeSpread(const Said& said) {
  return absl::StrCat(said.is_little ? "sizes hardly vary" : "sizes vary widely", said.where());
}

std::string Beat(const Said& said) {
  return absl::StrCat(said.is_little ? "packets in a steady beat" : "packets at irregular times",
                      said.where());
}

// Of a kind of TCP packets.
std::string Flagged(const Said& said, const char* flag) {
  const char* direction = said.direction == Direction::kIn    ? "inbound "
                          : said.direction == Direction::kOut ? "outbound "
                                                              : "";
  return absl::StrCat(said.Count(absl::StrCat(direction, flag)), said.in_window());
}

// The flag is on SYN-ACKs as well.
std::string WithSyn(const Said& said) {
  const std::string packets = absl::StrCat(said.where(), said.value == 1 ? " packet" : " packets");
  return absl::StrCat(
      said.value == 0 ? "no" : absl::StrCat(said.is_little ? "only " : "", Number(said.value)),
      packets, " with SYN", said.in_window());
}

std::string Share(const Said& said, const char* protocol) {
  return absl::StrCat(said.is_little ? "only " : "", Percent(said.value), " of packets ", protocol);
}

std::string TimesUsual(const Said& said, const char* what) {
  return absl::StrCat(Number(said.value), " times its usual ", what, said.where());
}

// `count` is the feature that counts them.
std::string Spread(const Said& said, const char* count, const char* what) {
  if (said.is_little) return absl::StrCat("traffic with few ", what);
  const double number = said.Other(count);
  return absl::StrCat("traffic spread over ", number > 0 ? Number(number) : "many", " ", what);
}

struct Words {
  const char* topic;
  std::string (*say)(const Said& said);  // empty: nothing worth saying
  bool is_amount = true;                 // else it says that this is more or less than usual
};

using Table = std::map<std::string_view, Words>;

Table Amounts() {
  return {
      {"packets", {"packets", Packets}},
      {"bytes", {"bytes", [](const Said& s) { return ByteRate(s, s.value / s.window.seconds); }}},
      {"bytes_per_second", {"bytes", [](const Said& s) { return ByteRate(s, s.value); }}},
      {"packets_ratio",
       {"usual packets", [](const Said& s) { return TimesUsual(s, "packets"); }, false}},
      {"bytes_ratio", {"usual bytes", [](const Said& s) { return TimesUsual(s, "bytes"); }, false}},
      {"peers_ratio", {"usual peers", [](const Said& s) { return TimesUsual(s, "peers"); }, false}},
      {"bursts",
       {"bursts", [](const Said& s) { return s.Count("burst") + s.where() + s.in_window(); }}},
      {"burst_packets_max",
       {"bursts",
        [](const Said& s) {
          return absl::StrCat("bursts of up to ", Number(s.value), " packets", s.where());
        }}},
  };
}

Table SizesAndTimes() {
  const auto size = [](const Said& s) {
    return absl::StrCat("packets of ", Number(s.value), " B", s.where());
  };
  const auto largest = [](const Said& s) {
    return absl::StrCat("packets of up to ", Number(s.value), " B", s.where());
  };
  const auto smallest = [](const Said& s) {
    return absl::StrCat("no packets below ", Number(s.value), " B", s.where());
  };
  const auto every = [](const Said& s) {
    return absl::StrCat("a packet every ", Time(s.value), s.where());
  };
  const auto pauses = [](const Said& s) {
    return absl::StrCat("pauses of up to ", Time(s.value), s.where());
  };
  const auto sizes = [](const Said& s) { return s.Count("packet size") + s.where(); };
  return {
      {"size_mean", {"size", size}},
      {"size_median", {"size", size}},
      {"size_q1", {"size", size}},
      {"size_q3", {"size", size}},
      {"size_min", {"size", smallest}},
      {"size_max", {"size", largest}},
      {"size_std", {"sizes", SizeSpread, false}},
      {"size_variation", {"sizes", SizeSpread, false}},
      {"size_entropy", {"sizes", SizeSpread, false}},
      {"unique_sizes", {"sizes", sizes}},
      // A packet every 2 ms is 500 of them a second.
      {"iat_mean", {"packets", every}},
      {"iat_median", {"packets", every}},
      {"iat_q1", {"packets", every}},
      {"iat_q3", {"packets", every}},
      {"iat_min", {"packets", every}},
      {"iat_max", {"pauses", pauses}},
      {"iat_std", {"beat", Beat, false}},
      {"iat_variation", {"beat", Beat, false}},
  };
}

Table Flags() {
  return {
      {"fin", {"fin", [](const Said& s) { return Flagged(s, "FIN"); }}},
      {"syn", {"syn", WithSyn}},
      {"rst", {"rst", [](const Said& s) { return Flagged(s, "RST"); }}},
      {"psh", {"psh", [](const Said& s) { return Flagged(s, "PSH"); }}},
      {"ack", {"ack", [](const Said& s) { return Flagged(s, "ACK"); }}},
      {"urg", {"urg", [](const Said& s) { return Flagged(s, "URG"); }}},
      {"unanswered_syns", {"unanswered", UnansweredSyns}},
      {"tcp_share", {"tcp", [](const Said& s) { return Share(s, "TCP"); }}},
      {"udp_share", {"udp", [](const Said& s) { return Share(s, "UDP"); }}},
      {"icmp_share", {"icmp", [](const Said& s) { return Share(s, "ICMP"); }}},
      {"arp_share", {"arp", [](const Said& s) { return Share(s, "ARP"); }}},
      {"other_share", {"other", [](const Said& s) { return Share(s, "of other protocols"); }}},
  };
}

Table Ends() {
  return {
      {"peers", {"peers", [](const Said& s) { return s.Count("peer") + s.in_window(); }}},
      {"peer_entropy", {"peers", [](const Said& s) { return Spread(s, "peers", "peers"); }, false}},
      {"home_ports",
       {"home ports", [](const Said& s) { return s.Count("port") + " of the device tried"; }}},
      {"home_port_entropy",
       {"home ports", [](const Said& s) { return Spread(s, "home_ports", "ports of the device"); },
        false}},
      {"remote_ports", {"remote ports", [](const Said& s) { return s.Count("remote port"); }}},
      {"remote_port_entropy",
       {"remote ports", [](const Said& s) { return Spread(s, "remote_ports", "remote ports"); },
        false}},
  };
}

std::string OpenedBy(const Said& said) {
  return said.direction == Direction::kIn ? " opened to the device" : " opened by the device";
}

std::string OpenedSame(const Said& said) {
  return absl::StrCat(said.Count("connection"), said.direction == Direction::kIn
                                                    ? " from one peer to one port"
                                                    : " to one port of one peer");
}

// Nothing of what is uneven: what is the device's own makes it so, whatever else there is.
std::string Evenness(const Said& said, const char* even) {
  constexpr double kEven = 0.15;  // standard deviation / mean
  return said.value < kEven ? even : "";
}

std::string BytesEach(const Said& said, const char* what) {
  return absl::StrCat("connections that ", what, " ", WithPrefix(said.value, "B"), " each");
}

Table Connections() {
  return {
      {"opened",
       {"connections",
        [](const Said& s) { return s.Count("connection") + OpenedBy(s) + s.in_window(); }}},
      {"opened_same", {"connections", OpenedSame}},
      {"opened_gap_mean",
       {"gaps", [](const Said& s) { return absl::StrCat("a connection every ", Time(s.value)); }}},
      {"opened_gap_variation",
       {"even", [](const Said& s) { return Evenness(s, "connections in even steps"); }}},
      {"opened_packets_mean",
       {"connection packets",
        [](const Said& s) {
          return absl::StrCat("connections of ", Number(s.value), " packets");
        }}},
      {"opened_packets_variation",
       {"alike", [](const Said& s) { return Evenness(s, "connections all alike"); }}},
      {"opened_received_mean", {"received", [](const Said& s) { return BytesEach(s, "bring"); }}},
      {"opened_received_variation",
       {"alike", [](const Said& s) { return Evenness(s, "connections that bring the same"); }}},
      {"opened_sent_mean", {"sent", [](const Said& s) { return BytesEach(s, "send"); }}},
      {"opened_sent_variation",
       {"alike", [](const Said& s) { return Evenness(s, "connections that send the same"); }}},
      {"opened_time_mean",
       {"lasting", [](const Said& s) { return absl::StrCat("connections of ", Time(s.value)); }}},
      {"home_share",
       {"home",
        [](const Said& s) {
          return absl::StrCat(Percent(s.value), " of packets with peers at home");
        }}},
  };
}

// By the feature's name without its direction.
const Table& AllWords() {
  static const auto* const all = [] {
    auto* table = new Table(Amounts());
    for (const Table& part : {SizesAndTimes(), Flags(), Ends(), Connections()}) {
      table->insert(part.begin(), part.end());
    }
    return table;
  }();
  return *all;
}

std::pair<Direction, std::string> SplitName(absl::string_view name) {
  for (const auto& [prefix, direction] :
       {std::pair{"in_", Direction::kIn}, std::pair{"out_", Direction::kOut},
        std::pair{"all_", Direction::kAll}, std::pair{"inbound_", Direction::kIn},
        std::pair{"outbound_", Direction::kOut}, std::pair{"total_", Direction::kAll}}) {
    if (absl::ConsumePrefix(&name, prefix)) return {direction, std::string(name)};
  }
  return {Direction::kAll, std::string(name)};
}

// "from_64" of a count of packets by their size; the bounds are in its formula.
bool IsSizeBin(const std::string& name) {
  return name.starts_with("size_below_") || name.starts_with("size_from_");
}

std::string SizeBin(const Said& said, absl::string_view name) {
  if (absl::ConsumePrefix(&name, "size_below_")) {
    return absl::StrCat(said.Count("packet"), " below ", name, " B", said.where());
  }
  absl::ConsumePrefix(&name, "size_from_");
  return absl::StrCat(said.Count("packet"), " of ", name, " B and more", said.where());
}

// What has no words of its own, by its name and unit.
std::string Plainly(const Said& said, const std::string& name, const Feature& feature,
                    const v1::TellingFeature& usual) {
  const std::string unit = feature.unit == "1" ? "" : absl::StrCat(" ", feature.unit);
  return absl::StrCat(absl::StrReplaceAll(name, {{"_", " "}}), said.where(), " ",
                      Number(said.value), unit, ", usually ", Number(usual.low()), " to ",
                      Number(usual.high()));
}

}  // namespace

Topic TopicOf(const Feature& feature) {
  const auto [direction, name] = SplitName(feature.name);
  const auto words = AllWords().find(name);
  if (words != AllWords().end()) return {words->second.topic, direction};
  return {IsSizeBin(name) ? "size" : name, direction};
}

bool SaysAmount(const Feature& feature) {
  const auto words = AllWords().find(SplitName(feature.name).second);
  return words == AllWords().end() || words->second.is_amount;
}

std::string PhraseOf(const SeenWindow& window, const Feature& feature, double value,
                     const v1::TellingFeature& usual) {
  const auto [direction, name] = SplitName(feature.name);
  const Said said{window, value, value < usual.low(), direction};
  const auto words = AllWords().find(name);
  if (words != AllWords().end()) return words->second.say(said);
  return IsSizeBin(name) ? SizeBin(said, name) : Plainly(said, name, feature, usual);
}

}  // namespace silhouette
