#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/help/completion.h"

namespace silhouette {
namespace {

constexpr char kFunction[] = R"(
# Whether these words, and no more, name the command that is typed so far.
function FUNCTION
    set -l command PROGRAM
    for word in (commandline -opc)[2..-1]
        if contains -- "$command $word" COMMANDS
            set command "$command $word"
        end
    end
    test "$command" = "$argv"
end

complete -c PROGRAM -f
)";

std::string Quote(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

// What `complete` is told of a value; empty for a flag.
std::string Value(const OptionText& option) {
  const std::string choices = absl::StrJoin(option.choices, " ");
  switch (option.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return " -x";
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kChoice:
      break;
  }
  return absl::StrCat(
      " -x -a ",
      Quote(option.delimiter == ',' ? absl::StrCat("(__fish_append , ", choices, ")") : choices));
}

std::string Names(const OptionText& option) {
  std::string names;
  for (const std::string& name : option.names) {
    const bool is_long = name.size() > 2;
    absl::StrAppend(&names, is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1));
  }
  return names;
}

std::string PositionalValue(const OptionText& positional) {
  if (positional.kind == ValueKind::kFile || positional.kind == ValueKind::kFolder) return " -F";
  return positional.kind == ValueKind::kChoice
             ? absl::StrCat(" -a ", Quote(absl::StrJoin(positional.choices, " ")))
             : "";
}

}  // namespace

std::string FishCompletion(const CommandText& program) {
  const std::string function =
      absl::StrCat("__", absl::StrReplaceAll(program.name, {{"-", "_"}}), "_is_at");
  std::vector<std::string> known;
  std::string lines;
  for (const CommandText* command : AllCommands(program)) {
    const std::string words = JoinWords(*command, " ");
    const std::string begin =
        absl::StrCat("complete -c ", program.name, " -n ", Quote(function + " " + words));
    const auto add = [&](const std::string& what, const std::string& description) {
      absl::StrAppend(&lines, begin, what, " -d ", Quote(ShortDescription(description)), "\n");
    };
    for (const CommandText& below : command->commands) {
      known.push_back(Quote(JoinWords(below, " ")));
      add(" -a " + below.name, below.description);
    }
    for (const OptionText& option : command->AllOptions()) {
      add(Names(option) + Value(option), option.description);
    }
    for (const OptionText& positional : command->positionals) {
      const std::string value = PositionalValue(positional);
      if (!value.empty()) absl::StrAppend(&lines, begin, value, "\n");
    }
  }
  return absl::StrCat("# fish completion of ", program.name, " ", program.version, "\n",
                      absl::StrReplaceAll(kFunction, {{"FUNCTION", function},
                                                      {"PROGRAM", program.name},
                                                      {"COMMANDS", absl::StrJoin(known, " ")}}),
                      lines);
}

}  // namespace silhouette
