#include "learn/models/classifier.h"

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::Status CheckEveryClassHasARow(const Dataset& data, std::span<const size_t> rows) {
  std::vector<bool> seen(data.classes.size(), false);
  for (size_t row : rows) seen[static_cast<size_t>(data.label[row])] = true;
  for (size_t c = 0; c < seen.size(); ++c) {
    if (seen[c]) continue;
    return absl::InvalidArgumentError(absl::StrCat("no training row is of class ", data.classes[c],
                                                   "; more blocks of each class are needed"));
  }
  return absl::OkStatus();
}

}  // namespace silhouette
