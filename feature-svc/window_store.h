#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/grid.h"
#include "common/subject.h"
#include "feature-svc/samples.h"

namespace silhouette {

// A conversation, whatever its ports.
struct ConversationKey {
  IpAddress home;
  IpAddress remote;
  uint8_t protocol;

  bool operator==(const ConversationKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ConversationKey& k) {
    return H::combine(std::move(h), k.home, k.remote, k.protocol);
  }
};

// The open windows of all subjects on one grid. A window is a pure function of its subject's
// packets in [start - horizon, end).
class WindowStore {
 public:
  // Takes one closed window: its subject's name, its start in ns and its packets.
  using Sink =
      std::function<void(const std::string& subject, int64_t start_ns, const WindowInput& window)>;

  WindowStore(Grid grid, int64_t horizon_ns) : grid_(grid), horizon_ns_(horizon_ns) {}

  // Number of the window that took it.
  int64_t Add(const FlowKey& flow, const Sample& sample);

  // Closes the windows with a number below `end_index`, in order of start, then subject name.
  // A window is given out if its subject had a packet in [start - horizon, end). No packet of a
  // closed window may be added afterwards.
  void CloseBefore(int64_t end_index, const Sink& sink);

  const Grid& grid() const { return grid_; }

 private:
  using SubjectId = uint32_t;
  struct Subject {
    ConversationKey key;
    std::string name;
    size_t open_windows = 0;
    bool has_previous = false;
    int64_t previous_ns = 0;  // its last packet in a closed window
  };
  using OpenWindow = absl::flat_hash_map<SubjectId, std::vector<Sample>>;

  SubjectId Find(const FlowKey& flow);
  void Close(int64_t index, OpenWindow* window, const Sink& sink);
  void GiveOut(int64_t index, std::vector<Sample>* samples, Subject* subject, const Sink& sink);
  bool WithinHorizon(const Subject& subject, int64_t index) const;

  const Grid grid_;
  const int64_t horizon_ns_;
  absl::flat_hash_map<ConversationKey, SubjectId> ids_;
  absl::flat_hash_map<SubjectId, Subject> subjects_;
  SubjectId next_id_ = 0;
  std::map<int64_t, OpenWindow> open_;  // by window number
  std::vector<SubjectId> live_;         // subjects that window next_index_ can look back to
  int64_t next_index_ = 0;              // means nothing while live_ is empty
};

}  // namespace silhouette
