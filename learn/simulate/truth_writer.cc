#include "learn/simulate/truth_writer.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/files.h"

namespace silhouette::simulate {

namespace {

// To the microsecond, like a packet's time, but no digit more than it takes: "30.5", "30.0".
std::string Seconds(double seconds) {
  std::string text = absl::StrFormat("%.6f", seconds);
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

}  // namespace

absl::Status WriteTruth(const std::string& path, const std::vector<TruthInterval>& truth,
                        std::string_view comment) {
  if (comment.find_first_of("\r\n") != std::string_view::npos) {
    return absl::InvalidArgumentError("a truth file's comment must be one line");
  }
  std::string text = "# simulated: " + std::string(comment) + "\nstart_s,end_s,label\n";
  for (const TruthInterval& interval : truth) {
    absl::StrAppend(&text, Seconds(interval.start_s), ",", Seconds(interval.end_s), ",",
                    interval.label, "\n");
  }
  return WriteFileByRename(path, text);
}

}  // namespace silhouette::simulate
