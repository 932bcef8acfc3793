// The definitions of all schemas: what is computed, in words. feature-svc holds the arithmetic.

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/schema.h"

namespace silhouette {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

FeatureSchema PresenceV1() {
  return {
      "presence.v1",
      5 * kSecond,
      {
          {"size_mean", "B", "sum of wire lengths / packets", 0},
          {"size_std", "B", "sample standard deviation (n - 1) of wire lengths", 0},
          {"size_median", "B", "median of wire lengths; the mean of the middle two if even", 0},
          {"iat_mean", "s", "mean time since the subject's previous packet", 0},
          {"iat_std", "s", "sample standard deviation (n - 1) of the same", 0},
          {"iat_median", "s", "median of the same; the mean of the middle two if even", 0},
          {"inbound_packets", "packets", "packets towards the home host", 0},
          {"outbound_packets", "packets", "packets from the home host", 0},
          {"total_packets", "packets", "inbound + outbound", 0},
      },
      "The nine columns of the published webcam data set. A wire length is the original length of "
      "a packet in bytes, link header included. The subject's previous packet counts across the "
      "window's start, back to the horizon; a first packet has none. Features of a window without "
      "the packets they need are 0.",
      "conversation",
      "500ms"};
}

// What presence.v2 and its ratio form have in common.
constexpr char kWindowsWithPackets[] =
    "those of the %d windows of the same length up to and with this one that hold a packet of the "
    "subject and start no more than %s before it";

FeatureSchema PresenceV2() {
  const auto mean = [](const char* name, const char* unit, const std::string& of) {
    return Feature{name, unit, absl::StrCat("mean of ", of), 0};
  };
  return {"presence.v2",
          7 * kSecond,
          {
              mean("packets", "packets", "total_packets"),
              mean("bytes", "B", "total_packets * size_mean"),
              mean("smaller_share", "1", "min(inbound_packets, outbound_packets) / total_packets"),
              mean("size_mean", "B", "size_mean"),
              mean("size_variation", "1", "size_std / size_mean"),
              mean("size_median_ratio", "1", "size_median / size_mean"),
              mean("iat_mean", "s", "iat_mean"),
              mean("iat_variation", "1", "iat_std / iat_mean"),
              mean("iat_median_ratio", "1", "iat_median / iat_mean"),
          },
          "What lasts, whichever side of the call is at home: means of what presence.v1 says of " +
              absl::StrFormat(kWindowsWithPackets, 5, "2 s") +
              ". A ratio to 0 counts as 0. Without such a window each feature is 0.",
          "conversation",
          "500ms"};
}

FeatureSchema PresenceV2Ratio() {
  const auto ratio = [](const char* name, const std::string& of) {
    return Feature{name, "1", absl::StrCat("recent mean of ", of, " / usual mean of the same"), 1};
  };
  return {"presence.v2.ratio",
          95 * kSecond,
          {
              ratio("packets_ratio", "total_packets"),
              ratio("bytes_ratio", "total_packets * size_mean"),
              ratio("iat_mean_ratio", "iat_mean"),
          },
          "What has changed, against the subject's own usual: for a call, room or network other "
          "than those of the training. The usual mean is over what presence.v1 says of " +
              absl::StrFormat(kWindowsWithPackets, 180, "90 s") +
              ", the recent one over the newest 20 of these. A ratio to 0 counts as 1, and so does "
              "one without such a window. The subject's first 10 s have nothing to compare with, "
              "and what stays as it is for 90 s becomes usual.",
          "conversation",
          "500ms"};
}

// Mean, std, min, quartiles and max of `what`.
void AddDistribution(const std::string& prefix, const std::string& unit, const std::string& what,
                     std::vector<Feature>* features) {
  for (const auto& [name, formula] : {std::pair{"mean", "mean of "},
                                      {"std", "sample standard deviation (n - 1) of "},
                                      {"min", "least of "},
                                      {"q1", "first quartile of "},
                                      {"median", "median of "},
                                      {"q3", "third quartile of "},
                                      {"max", "greatest of "}}) {
    features->push_back({absl::StrCat(prefix, "_", name), unit, absl::StrCat(formula, what), 0});
  }
}

void AddSizeBins(const std::string& d, std::vector<Feature>* features) {
  features->push_back({absl::StrCat(d, "_size_below_64"), "packets", "wire length < 64 B", 0});
  for (int low = 64; low <= 1024; low *= 2) {
    features->push_back({absl::StrCat(d, "_size_from_", low), "packets",
                         absl::StrCat(low, " B <= wire length < ", 2 * low, " B"), 0});
  }
  features->push_back({absl::StrCat(d, "_size_from_2048"), "packets", "wire length >= 2048 B", 0});
}

// What is said of the packets in, the packets out, and of all.
void AddDirection(const std::string& d, const std::string& packets,
                  std::vector<Feature>* features) {
  const auto add = [&](const char* name, const char* unit, const std::string& formula) {
    features->push_back({absl::StrCat(d, "_", name), unit, formula, 0});
  };
  add("packets", "packets", absl::StrCat("number of ", packets));
  add("bytes", "B", "sum of their wire lengths");
  add("bytes_per_second", "B/s", absl::StrCat(d, "_bytes / window length"));
  AddDistribution(absl::StrCat(d, "_size"), "B", "their wire lengths", features);
  AddDistribution(absl::StrCat(d, "_iat"), "s",
                  absl::StrCat("their times since the one before among the ", packets), features);
  add("unique_sizes", "sizes", "number of different wire lengths");
  AddSizeBins(d, features);
  add("bursts", "bursts", "packets with a time since the one before of 30 ms and more, or none");
  add("burst_packets_max", "packets",
      "most packets of one burst in the window; a burst that began before counts its rest");
  for (const char* flag : {"FIN", "SYN", "RST", "PSH", "ACK", "URG"}) {
    std::string name(flag);
    for (char& c : name) c = static_cast<char>(c - 'A' + 'a');
    add(name.c_str(), "packets", absl::StrCat("TCP packets with ", flag, " set"));
  }
}

void AddProtocols(std::vector<Feature>* features) {
  for (const auto& [name, what] : {std::pair{"tcp", "TCP"},
                                   {"udp", "UDP"},
                                   {"icmp", "ICMP and ICMPv6"},
                                   {"arp", "ARP"},
                                   {"other", "any other protocol"}}) {
    features->push_back({absl::StrCat(name, "_share"), "1",
                         absl::StrCat("packets of ", what, " / all_packets"), 0});
  }
}

void AddPeers(std::vector<Feature>* features) {
  constexpr char kPorts[] = " (of TCP and UDP packets whose ports are known)";
  const Feature rest[] = {
      {"peers", "addresses", "number of different remote addresses of IP and ARP packets", 0},
      {"home_ports", "ports", absl::StrCat("number of different home ports", kPorts), 0},
      {"remote_ports", "ports", absl::StrCat("number of different remote ports", kPorts), 0},
      {"peer_entropy", "bit", "entropy of the remote addresses, over IP and ARP packets", 0},
      {"home_port_entropy", "bit", "entropy of the home ports, over packets with ports", 0},
      {"remote_port_entropy", "bit", "entropy of the remote ports, over packets with ports", 0},
      {"size_entropy", "bit", "entropy of the wire lengths, over packets", 0},
      {"in_unanswered_syns", "flows",
       "TCP flows with an inbound SYN without ACK and no outbound packet in the window", 0},
      {"out_unanswered_syns", "flows",
       "TCP flows with an outbound SYN without ACK and no inbound packet in the window", 0},
  };
  features->insert(features->end(), std::begin(rest), std::end(rest));
}

void AddRatios(std::vector<Feature>* features) {
  for (const char* name : {"in_packets", "out_packets", "in_bytes", "out_bytes", "peers"}) {
    features->push_back({absl::StrCat(name, "_ratio"), "1",
                         absl::StrCat("(1 + ", name, ") / (1 + trailing median of ", name, ")"),
                         1});
  }
}

constexpr char kTrafficV1Description[] =
    "The wide one, for devices: what goes in, what goes out and all of it. A wire length is the "
    "original length of a packet in bytes, link header included. A time since the packet before "
    "counts across the window's start, back to the horizon. Quantile q of n sorted values "
    "x[0..n-1] is x[i] + (h - i) (x[i+1] - x[i]) with h = q (n - 1), i = floor(h). Entropy is "
    "-sum p log2 p. The trailing median of a quantity is its median (the mean of the middle two "
    "if even) over those of the 8 windows of the same length right before this one that lie "
    "within 60 s of its start and hold a packet of the subject; without any, the ratio is 1. "
    "Features of a window without the packets they need are 0.";

// Of the connections that were opened in one direction: their number, and how much they are alike.
void AddOpened(const std::string& d, const std::string& port, std::vector<Feature>* features) {
  const std::string opened = absl::StrCat(d, "_opened");
  const auto add = [&](const char* name, const char* unit, const std::string& formula) {
    features->push_back({absl::StrCat(opened, name), unit, formula, 0});
  };
  const auto add_both = [&](const std::string& name, const char* unit, const std::string& what) {
    add(absl::StrCat("_", name, "_mean").c_str(), unit, absl::StrCat("mean of ", what));
    add(absl::StrCat("_", name, "_variation").c_str(), "1",
        absl::StrCat("sample standard deviation (n - 1) / mean of ", what));
  };
  add("", "connections",
      absl::StrCat("TCP flows with an ", d, "bound SYN without ACK in the window"));
  add("_same", "connections",
      absl::StrCat("most of these with one remote address and one ", port, " port"));
  add_both("gap", "s", "the times from the first such SYN of one to that of the next");
  add_both("packets", "packets", "their packets in the window");
  add_both("received", "B", "the wire lengths that each has towards the subject");
  add_both("sent", "B", "the wire lengths that each has from the subject");
  add("_time_mean", "s", "mean of the times from their first to their last packet in the window");
}

FeatureSchema TrafficV1() {
  FeatureSchema schema = {"traffic.v1", 60 * kSecond, {}, kTrafficV1Description, "device", "5s"};
  AddDirection("in", "packets towards the subject", &schema.features);
  AddDirection("out", "packets from the subject", &schema.features);
  AddDirection("all", "packets of the subject", &schema.features);
  AddProtocols(&schema.features);
  AddPeers(&schema.features);
  AddRatios(&schema.features);
  return schema;
}

constexpr char kTrafficV2Description[] =
    " Behind these, who the peers are and what connections are like: whether they come again and "
    "again, in even steps, and are all alike. A TCP flow is a remote address and both ports; a "
    "variation without a mean is 0.";

FeatureSchema TrafficV2() {
  FeatureSchema schema = TrafficV1();
  schema.name = "traffic.v2";
  schema.description =
      absl::StrCat("traffic.v1 comes first. ", kTrafficV1Description, kTrafficV2Description);
  schema.features.push_back(
      {"home_share", "1", "packets whose remote end lies in a home network / all_packets", 0});
  AddOpened("in", "home", &schema.features);
  AddOpened("out", "remote", &schema.features);
  return schema;
}

}  // namespace

const std::vector<FeatureSchema>& AllSchemas() {
  static const auto* schemas = new std::vector<FeatureSchema>{
      PresenceV1(), PresenceV2(), PresenceV2Ratio(), TrafficV1(), TrafficV2()};
  return *schemas;
}

}  // namespace silhouette
