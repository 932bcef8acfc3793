#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace silhouette {

// The flow of a sample, seen from its subject.
struct SampleFlow {
  uint8_t peer_address[16];
  uint16_t own_port;
  uint16_t peer_port;
  uint8_t protocol;  // IP protocol number
  uint8_t is_ip : 1;
  uint8_t is_arp : 1;
  uint8_t ports_known : 1;  // of TCP and UDP
  uint8_t peer_is_home : 1;
};

// One packet of a window.
struct Sample {
  static constexpr int64_t kTimeUnit = 512;

  // The time since the start of the window, the TCP flags and the direction in one number, so that
  // sorting by it sorts by time.
  static int64_t Stamp(int64_t offset_ns, uint8_t tcp_flags, bool outbound) {
    return offset_ns * kTimeUnit + (tcp_flags * 2 + (outbound ? 1 : 0));
  }
  int64_t offset_ns() const { return stamp / kTimeUnit; }
  uint8_t tcp_flags() const { return static_cast<uint8_t>(stamp >> 1); }
  bool outbound() const { return (stamp & 1) != 0; }

  int64_t stamp;
  uint32_t wire_bytes;
  uint32_t flow;  // index into SampleLog.flows, if the schema asks for it
};

// The samples of all subjects in one stretch of time, in the order of arrival, as columns: sample i
// is entry i of each. Appending touches nothing else; the samples are told apart when a window
// closes.
struct SampleLog {
  // Sample::Stamp of the time since the start of the stretch.
  std::vector<int64_t> stamp;
  std::vector<uint32_t> wire_bytes;
  std::vector<uint32_t> subject;
  // Only for schemas that ask for it: index into `flows`.
  std::vector<uint32_t> flow;
  std::vector<SampleFlow> flows;
  // By subject, 1 where samples were lost to a cap; empty while none were.
  std::vector<uint8_t> cut;

  size_t size() const { return stamp.size(); }
  bool lost_some_of(uint32_t id) const { return id < cut.size() && cut[id] != 0; }

  void Clear() {
    Resize(0);
    flow.clear();
    flows.clear();
    cut.clear();
  }

  // New rows mean nothing yet. The columns that schemas ask for follow `with_flows`.
  void Resize(size_t rows, bool with_flows = false) {
    stamp.resize(rows);
    wire_bytes.resize(rows);
    subject.resize(rows);
    if (with_flows) flow.resize(rows);
  }

  void CopyRow(const SampleLog& from, size_t from_row, size_t to_row) {
    stamp[to_row] = from.stamp[from_row];
    wire_bytes[to_row] = from.wire_bytes[from_row];
    subject[to_row] = from.subject[from_row];
    if (!from.flow.empty()) flow[to_row] = from.flow[from_row];
  }

  // The rows of another log whose subject is wanted, with what else it says. That log starts
  // `later_ns` behind this one.
  template <typename Wanted>
  void AppendIf(const SampleLog& from, int64_t later_ns, Wanted wanted) {
    const bool with_flows = !from.flow.empty();
    const auto first_flow = static_cast<uint32_t>(flows.size());
    size_t to_row = size();
    Resize(size() + from.size(), with_flows);
    for (size_t row = 0; row < from.size(); ++row) {
      if (!wanted(from.subject[row])) continue;
      CopyRow(from, row, to_row);
      stamp[to_row] += Sample::Stamp(later_ns, 0, false);
      if (with_flows) flow[to_row] += first_flow;
      ++to_row;
    }
    Resize(to_row, with_flows);
    flows.insert(flows.end(), from.flows.begin(), from.flows.end());
    for (uint32_t id = 0; id < from.cut.size(); ++id) {
      if (from.cut[id] != 0) MarkCut(id);
    }
  }

  // Subject numbers[old] for old; all of those that have samples are there.
  void Renumber(std::span<const uint32_t> numbers) {
    for (uint32_t& id : subject) id = numbers[id];
    const std::vector<uint8_t> old_cut = std::exchange(cut, {});
    for (uint32_t id = 0; id < old_cut.size(); ++id) {
      if (old_cut[id] != 0 && numbers[id] < numbers.size()) MarkCut(numbers[id]);
    }
  }

  void MarkCut(uint32_t id) {
    if (id >= cut.size()) cut.resize(id + 1);
    cut[id] = 1;
  }
};

}  // namespace silhouette
