#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "capture-svc/engine.h"
#include "learn/data/dataset.h"
#include "learn/data/split.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// A capture and what really happened meanwhile: two files.
struct LabelledCapture {
  std::string pcap;
  std::string truth;
};

// Captures, and how they become labelled windows.
struct LabelledCaptures {
  std::vector<LabelledCapture> files;
  v1::WindowSpec spec;  // normalized
  CaptureOptions read;  // home networks, grid, tunnels
  // The subjects that the truths are about, by name. Empty: for conversations and presence schemas
  // the one that looks like a call, else the one with the most packets.
  std::vector<std::string> subjects;
  // Names of the classes in the order of their indices; empty means the truths' labels, sorted.
  std::vector<std::string> classes;
  // Blocks of equal length from the grid edge at or before the first packet, ns; 0: each interval
  // of a truth is a block.
  int64_t block_length_ns = 0;
};

// What was used of one capture, in windows.
struct CaptureUse {
  std::string file;                   // without its folder
  std::vector<std::string> subjects;  // whose windows are rows
  uint64_t rows = 0;
  // Left out: of these subjects without a truth at their middle, or partial; of other subjects; and
  // of runs that began when the clock of the capture jumped, where the truth counts from the first.
  uint64_t without_truth = 0;
  uint64_t partial = 0;
  uint64_t of_others = 0;
  uint64_t after_jump = 0;
};

struct CapturedWindows {
  Dataset data;
  std::vector<CaptureUse> uses;  // of each capture
};

// Told now and then: how many of how many steps are done, and what is read.
using ReadingProgress = std::function<void(size_t done, size_t steps, const std::string& what)>;

// Reads captures through the engines of capture-svc and feature-svc, twice: to choose the subject,
// then for its windows, so that only those are held. A window takes the label at its middle; times
// of a truth count as in `run`. Features are the schema's, a window's number is its place on the
// grid, each capture is a source. Errors: as OpenCapture and ReadTruth; INVALID_ARGUMENT for what
// is no ordinary file, a truth beside the capture's time, a label that is no class, and a class
// without a window; NOT_FOUND without a subject; DATA_LOSS for a capture that is cut short.
absl::StatusOr<CapturedWindows> ReadLabelledCaptures(const LabelledCaptures& from,
                                                     const ReadingProgress& progress = nullptr);

// What helps where splits fail, since a capture has so few blocks that leaving two out, and two
// more inside, leaves none; empty where each has enough. Begins with "; ".
std::string FewBlocksHint(const Dataset& captured, const SplitOptions& options);

}  // namespace silhouette
