#include "capture-svc/source/source_options.h"

#include <unistd.h>

#include <climits>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "capture-svc/source/folder_source.h"
#include "capture-svc/source/live_source.h"
#include "capture-svc/source/open_submitted.h"
#include "capture-svc/source/paced_source.h"
#include "common/capture_file/open_capture.h"
#include "common/capture_file/pcapng_writer.h"
#include "common/capture_file/recording_source.h"
#include "common/text.h"

namespace silhouette {
namespace {

absl::StatusOr<OpenedSource> OpenPlain(const SourceOptions& options,
                                       const std::function<bool()>& give_up) {
  OpenedSource opened;
  switch (options.kind) {
    case SourceOptions::Kind::kFile: {
      auto file = OpenCapture(options.path, give_up);
      if (!file.ok()) return file.status();
      opened.source = *std::move(file);
      break;
    }
    case SourceOptions::Kind::kFolder: {
      auto folder = FolderSource::Open({.folder = options.path,
                                        .glob = options.glob,
                                        .follow = options.follow,
                                        .wait = {},
                                        .follow_links = options.follow_links});
      if (!folder.ok()) return folder.status();
      opened.source = *std::move(folder);
      break;
    }
    case SourceOptions::Kind::kInterface: {
      auto live = LiveSource::Open(options.live);
      if (!live.ok()) return live.status();
      opened.warning = (*live)->warning();
      opened.source = *std::move(live);
      break;
    }
    case SourceOptions::Kind::kSubmitted: {
      auto submitted = OpenSubmitted(options.path, options.channel, give_up);
      if (!submitted.ok()) return submitted.status();
      opened.source = *std::move(submitted);
      break;
    }
  }
  return opened;
}

std::string FileName(const std::string& path) {
  std::filesystem::path whole(path);
  if (!whole.has_filename()) whole = whole.parent_path();  // a folder with a slash behind it
  return ToUtf8(whole.filename().string());
}

std::string NodeName() {
  char name[HOST_NAME_MAX + 1] = "";
  return gethostname(name, sizeof name) == 0 && name[0] != '\0' ? ToUtf8(name) : "localhost";
}

// A file that is written must not be one that is read.
absl::Status CheckWrite(const SourceOptions& options) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const bool same = options.kind == SourceOptions::Kind::kFile &&
                    fs::equivalent(options.path, options.write, ignored);
  const fs::path folder = fs::absolute(options.write, ignored).parent_path();
  const bool inside =
      options.kind == SourceOptions::Kind::kFolder && fs::equivalent(options.path, folder, ignored);
  if (!same && !inside) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--write: ", ToUtf8(options.write), " is ",
                                                 same ? "the file" : "in the folder",
                                                 " that is read; write to another place"));
}

}  // namespace

absl::StatusOr<OpenedSource> OpenSource(const SourceOptions& options,
                                        const std::function<bool()>& give_up) {
  if (!options.write.empty()) {
    if (absl::Status status = CheckWrite(options); !status.ok()) return status;
  }
  auto opened = OpenPlain(options, give_up);
  if (!opened.ok()) return opened;
  if (!options.is_live() && options.is_paced()) {
    opened->source = std::make_unique<PacedSource>(std::move(opened->source), options.speed);
  }
  if (options.write.empty()) return opened;
  auto writer = PcapngWriter::Create(options.write, options.live.interface);
  if (!writer.ok()) return writer.status();
  opened->source = std::make_unique<RecordingSource>(std::move(opened->source), *std::move(writer));
  return opened;
}

std::string SourceName(const SourceOptions& options) {
  return options.kind == SourceOptions::Kind::kInterface ? options.live.interface : options.path;
}

std::string DefaultOrigin(const SourceOptions& options) {
  switch (options.kind) {
    case SourceOptions::Kind::kFile:
      return absl::StrCat("file:", FileName(options.path));
    case SourceOptions::Kind::kFolder:
      return absl::StrCat("folder:", FileName(options.path));
    case SourceOptions::Kind::kInterface:
      return absl::StrCat(NodeName(), "/", options.live.interface);
    case SourceOptions::Kind::kSubmitted:
      return options.path;
  }
  return "";
}

}  // namespace silhouette
