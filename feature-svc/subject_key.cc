#include "feature-svc/subject_key.h"

#include "absl/strings/str_cat.h"
#include "common/subject.h"

namespace silhouette {
namespace {

// The words of a key, from the bytes of the columns.
constexpr size_t kHome = 0, kRemote = 2, kRest = 4;

void SetAddress(const uint8_t* address, size_t word, SubjectKey* key) {
  std::memcpy(&key->words[word], address, 16);
}

IpAddress GetAddress(const SubjectKey& key, size_t word) {
  return IpAddress::FromV6(reinterpret_cast<const uint8_t*>(&key.words[word]));
}

uint8_t Protocol(const SubjectKey& key) { return static_cast<uint8_t>(key.words[kRest]); }

// Neither a group of hosts nor a host that has no address yet.
bool IsHost(const uint8_t* address) {
  static constexpr uint8_t kV4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  static constexpr uint8_t kZeros[16] = {};
  if (std::memcmp(address, kV4, sizeof kV4) != 0) {
    return address[0] != 0xff && std::memcmp(address, kZeros, sizeof kZeros) != 0;
  }
  uint32_t v4;
  std::memcpy(&v4, address + sizeof kV4, sizeof v4);
  const bool multicast = (address[12] & 0xf0) == 0xe0;
  return !multicast && v4 != 0 && v4 != 0xffffffff;
}

bool IsGroupMac(const uint8_t* mac) { return mac != nullptr && (mac[0] & 1) != 0; }

bool IsDeviceMac(const uint8_t* mac) {
  static constexpr uint8_t kNone[6] = {};
  return mac != nullptr && (mac[0] & 1) == 0 && std::memcmp(mac, kNone, sizeof kNone) != 0;
}

void AddDevice(const uint8_t* address, const uint8_t* mac, bool is_remote_end,
               FlowSubjects* subjects) {
  if (!IsHost(address) || IsGroupMac(mac)) return;
  SubjectEnd* end = &subjects->ends[subjects->count++];
  *end = {{}, is_remote_end};
  SetAddress(address, kHome, &end->key);
}

void AddDeviceMac(const uint8_t* mac, bool is_remote_end, FlowSubjects* subjects) {
  if (!IsDeviceMac(mac)) return;
  SubjectEnd* end = &subjects->ends[subjects->count++];
  *end = {{}, is_remote_end};
  std::memcpy(end->key.words.data(), mac, 6);
}

bool BothAtHome(const FlowColumns& flows, size_t i) {
  return flows.home_is_home(i) && flows.remote_is_home(i);
}

FlowSubjects Devices(const FlowColumns& flows, size_t i) {
  FlowSubjects subjects;
  const Network network = flows.network(i);
  if (network != Network::kIp && network != Network::kArp) return subjects;
  AddDevice(flows.home(i), flows.home_mac(i), false, &subjects);
  if (BothAtHome(flows, i)) AddDevice(flows.remote(i), flows.remote_mac(i), true, &subjects);
  return subjects;
}

// Frames without network addresses stay on their link, so both ends are ours.
FlowSubjects DevicesByMac(const FlowColumns& flows, size_t i) {
  FlowSubjects subjects;
  const Network network = flows.network(i);
  const bool mac_alone = network == Network::kOther || network == Network::kCut;
  AddDeviceMac(flows.home_mac(i), false, &subjects);
  if (mac_alone || BothAtHome(flows, i)) AddDeviceMac(flows.remote_mac(i), true, &subjects);
  return subjects;
}

FlowSubjects Pair(const FlowColumns& flows, size_t i, bool with_ports) {
  FlowSubjects subjects;
  if (flows.network(i) != Network::kIp || (with_ports && flows.ports_unknown(i))) return subjects;
  subjects.count = 1;
  SubjectEnd* end = &subjects.ends[0];
  end->is_remote_end = false;
  SetAddress(flows.home(i), kHome, &end->key);
  SetAddress(flows.remote(i), kRemote, &end->key);
  end->key.words[kRest] = flows.protocol(i);
  if (with_ports) {
    end->key.words[kRest] |= uint64_t{flows.ports(i)} << 32 | uint64_t{flows.vlan(i)} << 8;
  }
  return subjects;
}

std::string EndName(const SubjectKey& key, size_t word, uint32_t port) {
  const IpAddress address = GetAddress(key, word);
  if (address.is_v4()) return absl::StrCat(address.ToString(), ":", port);
  return absl::StrCat("[", address.ToString(), "]:", port);
}

std::string FlowName(const SubjectKey& key) {
  const auto ports = static_cast<uint32_t>(key.words[kRest] >> 32);
  const auto vlan = static_cast<uint32_t>(key.words[kRest] >> 8 & 0xffffff);
  std::string name =
      absl::StrCat("flow:", EndName(key, kHome, ports >> 16), "-",
                   EndName(key, kRemote, ports & 0xffff), "/", ProtocolName(Protocol(key)));
  if (vlan >> 12 != 0) return absl::StrCat(name, "/vlan", vlan >> 12, ".", vlan & 0xfff);
  if (vlan != 0) absl::StrAppend(&name, "/vlan", vlan);
  return name;
}

}  // namespace

uint32_t SubjectKey::Hash(uint64_t seed) const {
  // Each word times an odd number of its own, folded: all bits of all words reach the upper half.
  constexpr std::array<uint64_t, kWords> kOdd = {0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f,
                                                 0x165667b19e3779f9, 0xd6e8feb86659fd93,
                                                 0xa0761d6478bd642f};
  uint64_t mixed = seed;
  for (size_t i = 0; i < kWords; ++i) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{words[i] ^ mixed ^ kOdd[(i + 1) % kWords]} * kOdd[i];
    mixed = static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  return static_cast<uint32_t>(mixed ^ mixed >> 32);
}

FlowSubjects SubjectsOf(v1::SubjectKind kind, const FlowColumns& flows, size_t i) {
  switch (kind) {
    case v1::SUBJECT_KIND_DEVICE:
      return Devices(flows, i);
    case v1::SUBJECT_KIND_DEVICE_MAC:
      return DevicesByMac(flows, i);
    case v1::SUBJECT_KIND_CONVERSATION:
      return Pair(flows, i, false);
    case v1::SUBJECT_KIND_FLOW:
      return Pair(flows, i, true);
    default:
      return {};
  }
}

std::string SubjectName(v1::SubjectKind kind, const SubjectKey& key) {
  switch (kind) {
    case v1::SUBJECT_KIND_DEVICE:
      return absl::StrCat("device:", GetAddress(key, kHome).ToString());
    case v1::SUBJECT_KIND_DEVICE_MAC:
      return absl::StrCat(
          "device-mac:",
          MacAddress::From(reinterpret_cast<const uint8_t*>(key.words.data())).ToString());
    case v1::SUBJECT_KIND_FLOW:
      return FlowName(key);
    default:
      return absl::StrCat("conversation:", GetAddress(key, kHome).ToString(), "-",
                          GetAddress(key, kRemote).ToString(), "/", ProtocolName(Protocol(key)));
  }
}

}  // namespace silhouette
