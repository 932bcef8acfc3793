#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "capture-svc/source/folder_watch.h"
#include "common/capture_file/growing_file.h"
#include "common/capture_file/packet_source.h"

namespace silhouette {

struct FolderOptions {
  std::string folder;
  std::string glob;     // of names; empty: IsCaptureName
  bool follow = false;  // wait for more until Finish; else read what is there
  // Waits a tenth of a second at most; for tests. Nothing: sleeps.
  std::function<void()> wait;
  // Without it, symbolic links in the folder are neither listed nor opened: whoever may write there
  // cannot have other files read.
  bool follow_links = true;
};

// What became of a folder's files.
struct FolderNotes {
  uint64_t files_read = 0;         // opened as captures, with those that were cut
  uint64_t files_cut = 0;          // cut or damaged somewhere; what came before was read
  uint64_t files_unreadable = 0;   // no captures, or not to be opened
  std::vector<std::string> first;  // what there was to say, kMost lines of it
  static constexpr size_t kMost = 8;
};

// The captures of a folder as one source, as a program fills it that begins a new file now and
// then (tcpdump -G, -C and -W, dumpcap -b). Files come in natural order of their names; one that
// turns up later is read then, though its packets may be late. A file that cannot be read, or not
// to its end, costs its own packets alone. When following, the last file is read as it grows. One
// program to a folder.
class FolderSource : public PacketSource {
 public:
  // Errors: NOT_FOUND (no such folder; nothing in it, without `follow`), INVALID_ARGUMENT (no
  // folder).
  static absl::StatusOr<std::unique_ptr<FolderSource>> Open(FolderOptions options);

  // Errors: UNAVAILABLE (the folder went away).
  absl::StatusOr<PacketBlock> Read() override;
  bool Finish() override;
  // What the files say of themselves, added up.
  SourceLoss loss() const override { return loss_; }
  // The greatest of the files', once the end was given: until then others may have what is older.
  int64_t quiet_until_ns() const override { return ended_ ? quiet_until_ns_ : kNever; }
  // How many files were cut or not readable, and the first of them. Names that are no captures' do
  // not count.
  std::string trouble() const override;
  uint64_t bytes_read() const override { return bytes_read_; }
  uint64_t bytes_total() const override { return bytes_total_; }

  // From the thread that reads.
  const FolderNotes& notes() const { return notes_; }

 private:
  struct File {
    std::string name;
    std::unique_ptr<PacketSource> source;
    GrowingFile* growing = nullptr;  // the source's bytes; nothing for one that has to be whole
    uint64_t bytes = 0;              // of it that are counted in bytes_read_
    SourceLoss loss;                 // likewise
    std::string cut;                 // where it ends inside a packet, as of now
    bool cut_noted = false;
    std::string head;  // once its end was met
  };

  explicit FolderSource(FolderOptions options);

  // Reads the current file; false at its end, where it stays current if it may go on.
  bool ReadCurrent(PacketBlock* block);
  // Goes on to another file; false where none is.
  bool OpenNext();
  bool ResumeGrown();
  absl::StatusOr<std::unique_ptr<File>> OpenFile(const std::string& name);
  absl::Status Look();
  bool LookIsDue();

  // Its writer uses its name for another one, as in a ring of files.
  bool IsReplaced(const File& file) const;
  void SetCurrentAside();
  void Close(std::unique_ptr<File> file);
  void CountProgress(File* file);
  void NoteCut(File* file, std::string message);
  void NoteUnreadable(const std::string& name, const absl::Status& status);
  void NoteTrouble(std::string message);
  void Note(std::string message);
  PacketBlock End();

  // Files are whole: nobody writes them any more.
  bool all_whole() const { return !options_.follow || finishing_; }

  FolderOptions options_;
  FolderWatch watch_;
  std::unique_ptr<File> current_;
  // At their ends, the latest last: for a writer that is not done with one when the next begins.
  std::vector<std::unique_ptr<File>> aside_;
  bool finishing_ = false;
  bool ended_ = false;
  int waits_ = 0;
  SourceLoss loss_;
  int64_t quiet_until_ns_ = kNever;
  FolderNotes notes_;
  std::string first_trouble_;  // of a file that was cut or not readable
  std::atomic<uint64_t> bytes_read_ = 0;
  uint64_t bytes_total_ = 0;
};

}  // namespace silhouette
