#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

#include "feature-svc/packet_columns.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// What a subject is told by, as words; which of them mean something depends on the subject's kind.
// Device: the address, or the MAC in the first word. Conversation: both addresses and the protocol.
// Flow: the same with ports and VLAN.
struct SubjectKey {
  static constexpr size_t kWords = 5;
  std::array<uint64_t, kWords> words{};

  // Word by word and without a branch: most comparisons find them equal.
  bool operator==(const SubjectKey& other) const {
    uint64_t difference = 0;
    for (size_t i = 0; i < kWords; ++i) difference |= words[i] ^ other.words[i];
    return difference == 0;
  }
  // Depends on the secret `seed`, so that nobody can choose keys that collide.
  uint32_t Hash(uint64_t seed) const;
};

// One end of a flow that is a subject. From the remote end, in is out.
struct SubjectEnd {
  SubjectKey key;
  bool is_remote_end;
};

// The subjects of one flow.
struct FlowSubjects {
  static constexpr size_t kMost = 2;
  std::array<SubjectEnd, kMost> ends;
  size_t count = 0;
};

// The subjects of kind `kind` that flow `i` belongs to: none where it lacks what tells them, two
// for a device where both ends are hosts at home.
FlowSubjects SubjectsOf(v1::SubjectKind kind, const FlowColumns& flows, size_t i);

// "device:192.168.1.20", "device-mac:00:1b:2c:3d:4e:5f",
// "conversation:192.168.1.20-203.0.113.7/udp",
// "flow:192.168.1.20:50000-203.0.113.7:443/udp", "flow:[fe80::1]:53-[ff02::fb]:53/udp/vlan7".
std::string SubjectName(v1::SubjectKind kind, const SubjectKey& key);

}  // namespace silhouette
