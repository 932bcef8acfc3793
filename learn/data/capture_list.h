#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// Which end of an attack a device is.
enum class AttackRole { kNone, kAttacker, kVictim };

// A line of a list of captures.
struct ListedCapture {
  std::string pcap;
  // Of the whole capture; where there is a truth, of what it does not tell of.
  std::string label;
  // Address (IP or MAC) of the device that the label is about; empty: all devices of the capture.
  std::string device;
  AttackRole role = AttackRole::kNone;
  std::string truth;   // file; empty: the label holds throughout
  std::string source;  // captures of one source are left out together
  bool simulated = false;
  std::string list;  // file that names it
  size_t line = 0;   // there, from 1
};

// Reads a list of captures: tab-separated, with a header that names its columns, in any order:
//   path    the capture, relative to the list's folder
//   label   a class
//   device  optional: an address, or - for all devices
//   role    optional: attacker, infected (the device sends), victim (it receives), or -; with one,
//           the device is an IP address
//   truth   optional: CSV as for --truth, relative to the list's folder, or -
//   source  optional: what is left out together; without it, the captures of one device (by MAC)
//           are one source, and each other one is its own
//   simulated  optional: yes, or - for what was recorded
// Other columns, as a note, are passed over. Errors: as CheckReadableFile; INVALID_ARGUMENT naming
// file, line, reason and remedy.
absl::StatusOr<std::vector<ListedCapture>> ReadCaptureList(const std::string& path);
// The same of a list's text; `path` is where it would lie.
absl::StatusOr<std::vector<ListedCapture>> ParseCaptureList(const std::string& path,
                                                            const std::string& text);

}  // namespace silhouette
