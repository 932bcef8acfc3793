#include "common/help/completion.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace silhouette {

absl::StatusOr<std::string> CompletionScript(const CommandText& program, const std::string& shell) {
  if (shell == "bash") return BashCompletion(program);
  if (shell == "zsh") return ZshCompletion(program);
  if (shell == "fish") return FishCompletion(program);
  return absl::InvalidArgumentError(
      absl::StrCat("\"", shell, "\" is no shell that is known; there are bash, zsh and fish"));
}

std::string ShortDescription(const std::string& description) {
  size_t end = description.size();
  for (const char* mark : {"; ", ": ", " (", ", as ", ". "}) {
    end = std::min(end, description.find(mark));
  }
  return description.substr(0, end);
}

}  // namespace silhouette
