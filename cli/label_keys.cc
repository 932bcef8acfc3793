#include "cli/label_keys.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/text.h"

namespace silhouette {
namespace {

constexpr char kPauseKey = ' ', kUndoKey = 'u', kEndKey = 'q';
constexpr char kBackspace = '\b', kDelete = '\x7f';  // terminals send either for the same key
constexpr char kControlC = '\x03', kControlD = '\x04';

bool IsFree(char key, const std::string& taken) {
  return key != kPauseKey && key != kUndoKey && key != kEndKey &&
         taken.find(key) == std::string::npos;
}

absl::Status CheckClasses(const std::vector<std::string>& classes) {
  if (classes.empty()) {
    return absl::InvalidArgumentError("--classes: names none; write them as background,person");
  }
  for (auto name = classes.begin(); name != classes.end(); ++name) {
    if (name->empty()) {
      return absl::InvalidArgumentError(
          "--classes: an empty name; write them as background,person");
    }
    const bool shows =
        std::none_of(name->begin(), name->end(), [](char c) { return absl::ascii_iscntrl(c); });
    if (!shows || ToUtf8(*name) != *name) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--classes: a name with what is no text in it; write them as background,person"));
    }
    if (std::find(classes.begin(), name, *name) != name) {
      return absl::InvalidArgumentError(
          absl::StrCat("--classes: \"", *name, "\" is there twice; name each class once"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ChooseKeys(const std::vector<std::string>& classes) {
  std::string keys;
  for (const std::string& name : classes) {
    const std::string candidates = absl::StrCat(absl::AsciiStrToLower(name), "123456789");
    const auto key = std::find_if(candidates.begin(), candidates.end(), [&](char c) {
      return absl::ascii_isalnum(c) && IsFree(c, keys);
    });
    if (key == candidates.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--classes: no key is left for \"", name, "\"; give one to each by --keys"));
    }
    keys.push_back(*key);
  }
  return keys;
}

absl::StatusOr<std::string> TakeKeys(const std::vector<std::string>& classes,
                                     const std::vector<std::string>& named) {
  if (named.size() != classes.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--keys: ", named.size(), " for ", classes.size(),
                     " classes; give each class one, in their order"));
  }
  std::string keys;
  for (const std::string& text : named) {
    if (text.size() != 1 || !absl::ascii_isgraph(text[0])) {
      return absl::InvalidArgumentError(
          absl::StrCat("--keys: \"", text, "\" is no key; write a letter, a digit or a sign each"));
    }
    const char key = absl::ascii_tolower(text[0]);
    if (!IsFree(key, keys)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--keys: \"", text, "\" is taken; u is undo, q is the end, and each class has its own"));
    }
    keys.push_back(key);
  }
  return keys;
}

}  // namespace

absl::StatusOr<LabelKeys> LabelKeys::Create(std::vector<std::string> classes,
                                            const std::vector<std::string>& keys) {
  if (absl::Status status = CheckClasses(classes); !status.ok()) return status;
  auto chosen = keys.empty() ? ChooseKeys(classes) : TakeKeys(classes, keys);
  if (!chosen.ok()) return chosen.status();
  return LabelKeys(std::move(classes), *std::move(chosen));
}

LabelAction LabelKeys::ActionOf(char key) const {
  key = absl::ascii_tolower(key);
  switch (key) {
    case kPauseKey:
      return {LabelAction::kPause};
    case kUndoKey:
    case kBackspace:
    case kDelete:
      return {LabelAction::kUndo};
    case kEndKey:
    case kControlC:
    case kControlD:
      return {LabelAction::kEnd};
    case '\n':
    case '\r':
      return {LabelAction::kNothing};
    default:
      break;
  }
  const size_t place = keys_.find(key);
  if (place == std::string::npos) return {LabelAction::kUnknown};
  return {LabelAction::kClass, place};
}

std::string LabelKeys::Legend() const {
  std::string legend;
  for (size_t i = 0; i < classes_.size(); ++i) {
    absl::StrAppendFormat(&legend, "  %c      %s\n", keys_[i], classes_[i]);
  }
  return absl::StrCat(legend,
                      "  space  pause: nothing is known until the next key\n"
                      "  u      undo the last key; backspace does it too\n"
                      "  q      end; Ctrl-C does it too\n");
}

}  // namespace silhouette
