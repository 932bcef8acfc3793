#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "capture-svc/source/capture_names.h"

namespace silhouette {

// Which captures of a folder wait to be read. Names alone tell their order (NaturalOrder), as
// times change when files are copied. Knows what was read, so that a name that is used anew, as in
// a ring of files, is read anew. Takes memory for the names that the folder holds.
class FolderWatch {
 public:
  // `glob` says which names are captures; empty: IsCaptureName. Without `follow_links`, symbolic
  // links are none.
  FolderWatch(std::string folder, std::string glob, bool follow_links)
      : folder_(std::move(folder)), glob_(std::move(glob)), follow_links_(follow_links) {}

  // Looks for what waits. `is_open`: names that are being read. Errors: UNAVAILABLE (the folder
  // went away).
  absl::Status Look(const std::function<bool(const std::string&)>& is_open);
  // Names came or went since the last look. A file that is written anew under its name does not
  // show here.
  bool NamesChanged() const;

  // The file to read next, taken off; empty when there is none. Without `whole`, a lone file has to
  // be ready: it has a header, or, packed, has stayed as it is for ten looks.
  std::string TakeNext(bool whole);
  bool HasNext(bool whole) const;
  bool any_waits() const { return !waiting_.empty(); }
  uint64_t bytes_waiting() const;

  // `name` is no longer read: it was, or could not be, or is another file by now, which then waits.
  enum class Why { kRead, kUnreadable, kReplaced };
  void Leave(const std::string& name, Why why);

  // What there was to say since the last call, one line each.
  std::vector<std::string> TakeNotes() { return std::exchange(notes_, {}); }

  std::string PathOf(const std::string& name) const { return folder_ + "/" + name; }

 private:
  struct State {
    uint64_t size = 0;
    int64_t modified_ns = 0;
    bool operator==(const State&) const = default;
  };
  struct Waiting {
    State state;
    int looks_unchanged = 0;
  };
  struct Left {
    State state;  // zero when it was gone
    std::string head;
    bool readable;
  };
  using Files = std::map<std::string, State, NaturalOrder>;

  // The folder's files that are named like captures.
  absl::StatusOr<Files> List();
  bool IsNamedLikeACapture(const std::string& name) const;
  // Whether a file that was left is another one by now.
  bool IsNew(const std::string& name, const State& state, Left* left);
  // The first bytes, which tell a file from another one of that name.
  std::string Head(const std::string& name) const;
  // Of files that are no longer there nothing needs to be known.
  void ForgetAllBut(const Files& files);

  const std::string folder_;
  const std::string glob_;
  const bool follow_links_;
  std::map<std::string, Waiting, NaturalOrder> waiting_;
  std::map<std::string, Left> left_;
  std::set<std::string> others_;  // listed last that are no captures by their names
  std::vector<std::string> notes_;
  int64_t folder_modified_ns_ = -1;
};

}  // namespace silhouette
