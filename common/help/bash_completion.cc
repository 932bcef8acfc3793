#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/help/completion.h"

namespace silhouette {
namespace {

// COMMAND is the command as far as it is typed, OPTION the one whose value comes next, if any.
// bash takes "--align=first" for three words.
constexpr char kFunction[] = R"bash(
FUNCTION() {
  local command=PROGRAM current=${COMP_WORDS[COMP_CWORD]} option= before= word i
  local -a values
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      if [[ $word != = ]]; then option=; fi
    elif [[ -n $word && " $(FUNCTION_commands "$command") " == *" $word "* ]]; then
      command+=" $word"
    elif [[ $word == -* && -n $(FUNCTION_values "$command" "$word") ]]; then
      option=$word
    fi
  done
  if [[ $current == = ]]; then current=; fi
  if [[ -z $option && $current == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(FUNCTION_options "$command")" -- "$current")
    return
  fi
  read -ra values < <(FUNCTION_values "$command" "$option")
  case ${values[0]} in
    one) mapfile -t COMPREPLY < <(compgen -W "${values[*]:1}" -- "$current") ;;
    list)
      if [[ $current == *,* ]]; then before=${current%,*},; fi
      mapfile -t COMPREPLY < <(compgen -P "$before" -W "${values[*]:1}" -- "${current##*,}") ;;
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    folder) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  esac
  if [[ -n $option ]]; then return; fi
  mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(
    compgen -W "$(FUNCTION_commands "$command")" -- "$current")
  if ((${#COMPREPLY[@]} == 0)) && [[ -z $current && -z ${values[0]} ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(FUNCTION_options "$command")")
  fi
}

complete -F FUNCTION PROGRAM
)bash";

// A function that prints what is known of its arguments; `cases` are lines of a case.
std::string Table(const std::string& comment, const std::string& name, const std::string& key,
                  const std::string& cases) {
  return absl::StrCat("\n# ", comment, "\n", name, "() {\n  case \"", key, "\" in\n", cases,
                      "  esac\n}\n");
}

std::string Case(const std::string& key, const std::string& words) {
  return absl::StrCat("    '", key, "') printf '%s\\n' '", words, "' ;;\n");
}

// "one" or "list" with the choices, "file", "folder" or "any"; empty for a flag.
std::string Values(const OptionText& option) {
  const std::string choices = absl::StrJoin(option.choices, " ");
  switch (option.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return "any";
    case ValueKind::kFile:
      return "file";
    case ValueKind::kFolder:
      return "folder";
    case ValueKind::kChoice:
      break;
  }
  return absl::StrCat(option.delimiter == ',' ? "list " : "one ", choices);
}

}  // namespace

std::string BashCompletion(const CommandText& program) {
  std::string commands, options, values;
  for (const CommandText* command : AllCommands(program)) {
    const std::string words = JoinWords(*command, " ");
    std::vector<std::string> names;
    for (const CommandText& below : command->commands) names.push_back(below.name);
    if (!names.empty()) commands += Case(words, absl::StrJoin(names, " "));
    names.clear();
    for (const OptionText& option : command->AllOptions()) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      for (const std::string& name : option.names) {
        if (!Values(option).empty()) values += Case(words + "|" + name, Values(option));
      }
    }
    options += Case(words, absl::StrJoin(names, " "));
    if (!command->positionals.empty()) {
      values += Case(words + "|", Values(command->positionals.front()));
    }
  }
  const std::string function = "_" + absl::StrReplaceAll(program.name, {{"-", "_"}});
  return absl::StrCat(
      "# bash completion of ", program.name, " ", program.version, "\n",
      Table("The commands below a command.", function + "_commands", "$1", commands),
      Table("The options of a command.", function + "_options", "$1", options),
      Table("What a command's option takes, or the command itself.", function + "_values", "$1|$2",
            values),
      absl::StrReplaceAll(kFunction, {{"FUNCTION", function}, {"PROGRAM", program.name}}));
}

}  // namespace silhouette
