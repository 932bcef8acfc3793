#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "capture-svc/engine.h"
#include "learn/data/capture_list.h"
#include "learn/data/dataset.h"
#include "learn/data/labelled_captures.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Many captures of one set of classes, and how they become labelled windows.
struct ListedCaptures {
  std::vector<ListedCapture> files;
  v1::WindowSpec spec;  // normalized; of device subjects
  // In the order of their indices, the one that is nothing to tell of (benign, idle) first.
  // Captures of other labels are left out.
  std::vector<std::string> classes;
  CaptureOptions read;  // home networks, grid, tunnels; each device of an attack is home by itself
};

// What became of a list.
struct ListUse {
  uint64_t captures = 0;
  uint64_t other_labels = 0;  // captures that were left out, as their label is no class
  uint64_t rows = 0;
  uint64_t partial = 0;         // windows left out: that held too much,
  uint64_t without_attack = 0;  // in which the attacking end sent nothing,
  uint64_t silent = 0;          // and of those without a packet all but every 20th
};

// The windows of all captures: each source (see ListedCapture) is a source and a block, each
// subject of a capture a sequence. A label is of the device that the list names, or of all devices
// where it names none or a MAC address (whatever else speaks there is as benign). Of a whole
// capture that is an attack, windows are left out in which the attacking end sends nothing. Errors:
// as ReadCapture and ReadTruth; INVALID_ARGUMENT where a class has no window; NOT_FOUND where a
// device that is named has none.
absl::StatusOr<Dataset> ReadListedCaptures(const ListedCaptures& from, ListUse* use,
                                           const ReadingProgress& progress = nullptr);

}  // namespace silhouette
