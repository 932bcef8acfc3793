#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "capture-svc/source/open_interface.h"
#include "common/capture_file/byte_channel.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

// Where a capture's packets come from, as flags and RPCs say it.
struct SourceOptions {
  enum class Kind { kFile, kFolder, kInterface, kSubmitted } kind = Kind::kFile;
  // Of a file, "-" for standard input; of a folder. What messages call a file that is submitted.
  std::string path;
  std::shared_ptr<ByteChannel> channel;  // that a submitted file comes through
  // A file is replayed this many times as fast as it was captured; infinity: as fast as it goes.
  double speed = std::numeric_limits<double>::infinity();
  std::string glob;          // names in a folder; empty: all that are a capture's
  bool follow = false;       // a folder is watched for more
  bool follow_links = true;  // those in a folder
  LiveOptions live;          // of an interface
  std::string write;         // a pcapng file that the headers go to as well; empty for none

  // Has no end of its own but when it is stopped.
  bool is_live() const { return kind == Kind::kInterface || (kind == Kind::kFolder && follow); }
  // Gives packets as time passes, so that they are not to wait for a full batch.
  bool is_paced() const { return is_live() || speed != std::numeric_limits<double>::infinity(); }
};

struct OpenedSource {
  std::unique_ptr<PacketSource> source;
  std::string warning;  // for people; empty without
};

// `give_up` as for OpenCapture. Errors: as OpenCapture, FolderSource::Open, LiveSource::Open and
// PcapngWriter::Create.
absl::StatusOr<OpenedSource> OpenSource(const SourceOptions& options,
                                        const std::function<bool()>& give_up = {});

// What messages call it: a path or an interface.
std::string SourceName(const SourceOptions& options);

// The capture point where no other name is given: "file:NAME", "folder:NAME" or "NODE/INTERFACE".
std::string DefaultOrigin(const SourceOptions& options);

}  // namespace silhouette
