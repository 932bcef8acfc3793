#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/help/completion.h"

namespace silhouette {
namespace {

// Text within '...' of a shell.
std::string Quote(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// Text that is part of what _arguments and _describe read.
std::string Escape(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {":", "\\:"}, {"[", "\\["}, {"]", "\\]"}});
}

std::string FunctionOf(const CommandText& command) {
  return "_" + absl::StrReplaceAll(JoinWords(command, "_"), {{"-", "_"}});
}

// ":FILE:_files"; empty for a flag.
std::string Value(const OptionText& option) {
  const std::string head = absl::StrCat(":", Escape(option.value), ":");
  const std::string choices = absl::StrJoin(option.choices, " ");
  switch (option.kind) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return head + " ";
    case ValueKind::kFile:
      return head + "_files";
    case ValueKind::kFolder:
      return head + "_files -/";
    case ValueKind::kChoice:
      break;
  }
  return option.delimiter == ',' ? absl::StrCat(head, " _values -s , value ", choices)
                                 : absl::StrCat(head, "(", choices, ")");
}

// An option's argument for _arguments. Its names exclude each other, unless it may come again.
std::string OptionSpec(const OptionText& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) {
    const bool is_long = name.size() > 2;
    names.push_back(name + (option.value.empty() ? "" : is_long ? "=" : "+"));
  }
  const std::string rest =
      Quote(absl::StrCat("[", Escape(ShortDescription(option.description)), "]", Value(option)));
  const std::string before =
      option.repeatable ? "'*'" : Quote(absl::StrCat("(", absl::StrJoin(option.names, " "), ")"));
  const std::string all =
      names.size() == 1 ? names[0] : absl::StrCat("{", absl::StrJoin(names, ","), "}");
  return absl::StrCat(before, all, rest);
}

std::string PositionalSpec(const OptionText& positional) {
  const char* const how = positional.repeatable ? "*" : positional.required ? "" : ":";
  return Quote(how + Value(positional));
}

std::string CommandList(const CommandText& command) {
  std::string list;
  for (const CommandText& below : command.commands) {
    absl::StrAppend(&list, "        ",
                    Quote(absl::StrCat(below.name, ":", Escape(below.description))), "\n");
  }
  return list;
}

std::string Dispatch(const CommandText& command) {
  std::string cases;
  for (const CommandText& below : command.commands) {
    absl::StrAppend(&cases, "        ", below.name, ") ", FunctionOf(below), " ;;\n");
  }
  return cases;
}

std::string Function(const CommandText& command) {
  std::vector<std::string> specs;
  for (const OptionText& option : command.AllOptions()) specs.push_back(OptionSpec(option));
  for (const OptionText& each : command.positionals) specs.push_back(PositionalSpec(each));
  std::string body = absl::StrCat("\n", FunctionOf(command), "() {\n");
  if (command.commands.empty()) {
    return absl::StrCat(body, "  _arguments -s -S \\\n    ", absl::StrJoin(specs, " \\\n    "),
                        "\n}\n");
  }
  specs.push_back("'1: :->command'");
  specs.push_back("'*:: :->rest'");
  return absl::StrCat(
      body, "  local curcontext=$curcontext state line\n  typeset -A opt_args\n",
      "  _arguments -C -S \\\n    ", absl::StrJoin(specs, " \\\n    "), "\n",
      "  case $state in\n    command)\n      local -a commands=(\n", CommandList(command),
      "      )\n      _describe -t commands command commands ",
      ";;\n    rest)\n      case $words[1] in\n", Dispatch(command), "      esac ;;\n  esac\n}\n");
}

}  // namespace

std::string ZshCompletion(const CommandText& program) {
  std::string script = absl::StrCat("#compdef ", program.name, "\n# zsh completion of ",
                                    program.name, " ", program.version, "\n");
  for (const CommandText* command : AllCommands(program)) script += Function(*command);
  const std::string function = FunctionOf(program);
  // In a folder of $fpath the file is the function's body; else it is sourced.
  return absl::StrCat(script, "\nif [[ $funcstack[1] == _", program.name, " ]]; then\n  ", function,
                      " \"$@\"\nelse\n  compdef ", function, " ", program.name, "\nfi\n");
}

}  // namespace silhouette
