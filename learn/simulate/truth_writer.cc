#include "learn/simulate/truth_writer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/files.h"

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
  return WriteFileByRename(path, text);
}

}  // namespace silhouette::simulate
