#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/help/command_text.h"

namespace silhouette {

// A script that makes a shell complete the program's commands, options and values, where they are
// known. Errors: INVALID_ARGUMENT for another shell than bash, zsh and fish.
absl::StatusOr<std::string> CompletionScript(const CommandText& program, const std::string& shell);
inline constexpr const char* kShells[] = {"bash", "zsh", "fish"};

std::string BashCompletion(const CommandText& program);
std::string ZshCompletion(const CommandText& program);
std::string FishCompletion(const CommandText& program);

// The part of a description that a list of completions has room for.
std::string ShortDescription(const std::string& description);

}  // namespace silhouette
