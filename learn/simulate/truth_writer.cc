#include "learn/simulate/truth_writer.h"

#include <cerrno>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "learn/simulate/partial_file.h"

namespace silhouette::simulate {

std::string_view LabelOf(Presence presence) {
  return presence == Presence::kPerson ? "person" : "background";
}

absl::Status WriteTruth(const std::string& path, const std::vector<TruthInterval>& truth,
                        std::string_view comment) {
  if (comment.find_first_of("\r\n") != std::string_view::npos) {
    return absl::InvalidArgumentError("a truth file's comment must be one line");
  }
  std::string text = "# simulated: " + std::string(comment) + "\nstart_s,end_s,label\n";
  for (const TruthInterval& interval : truth) {
    absl::StrAppendFormat(&text, "%.1f,%.1f,%s\n", interval.start_s, interval.end_s,
                          std::string(LabelOf(interval.presence)));
  }
  PartialFile partial(path);
  std::FILE* file = std::fopen(partial.path().c_str(), "wb");
  if (file == nullptr) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot create ", partial.path()));
  }
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", partial.path()));
  }
  return partial.Publish();
}

}  // namespace silhouette::simulate
