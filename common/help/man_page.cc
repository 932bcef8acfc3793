#include "common/help/man_page.h"

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/help/footer_text.h"
#include "common/help/roff.h"

namespace silhouette {
namespace {

std::string Bold(const std::string& text) {
  return absl::StrCat("\\fB", RoffLiteral(text), "\\fR");
}
std::string Italic(const std::string& text) {
  return absl::StrCat("\\fI", RoffLiteral(text), "\\fR");
}

std::string Section(const char* head) { return absl::StrCat(".SH ", head, "\n"); }

// "Serves it.": with a full stop.
std::string Sentence(std::string text) {
  if (!text.empty() && !absl::StrContains(".!?:", text.substr(text.size() - 1))) text += ".";
  return text;
}

std::string Block(const TextBlock& block) {
  if (!block.is_literal) return absl::StrCat(".PP\n", RoffText(block.text), "\n");
  return absl::StrCat(".PP\n.RS 4\n.nf\n", RoffLiteral(block.text), "\n.fi\n.RE\n");
}

std::string Blocks(const std::vector<TextBlock>& blocks) {
  std::string roff;
  for (const TextBlock& block : blocks) roff += Block(block);
  return roff;
}

std::string NameSection(const CommandText& command) {
  std::string what = command.description;
  while (absl::EndsWith(what, ".")) what.pop_back();
  return absl::StrCat(Section("NAME"), RoffLiteral(JoinWords(command, "-")), " \\- ",
                      RoffText(what), "\n");
}

std::string Synopsis(const CommandText& command) {
  std::string roff = absl::StrCat(Section("SYNOPSIS"), Bold(JoinWords(command, " ")));
  if (!command.groups.empty()) absl::StrAppend(&roff, " [", Italic("OPTIONS"), "]");
  for (const OptionText& positional : command.positionals) {
    const std::string value =
        absl::StrCat(Italic(positional.value), positional.repeatable ? "..." : "");
    absl::StrAppend(&roff, " ", positional.required ? value : absl::StrCat("[", value, "]"));
  }
  if (!command.commands.empty()) {
    absl::StrAppend(&roff, " ", command.needs_command ? Italic("COMMAND") : "[COMMAND]", " ...");
  }
  return roff + "\n";
}

std::string Quoted(const std::vector<std::string>& names) {
  std::vector<std::string> roff;
  for (const std::string& name : names) roff.push_back(Bold(name));
  return absl::StrJoin(roff, ", ");
}

// "-o, --out FILE".
std::string OptionHead(const OptionText& option) {
  const std::string value =
      option.value.empty() ? ""
                           : absl::StrCat(Italic(option.value), option.repeatable ? " ..." : "");
  const std::string names = Quoted(option.names);
  return absl::StrCat(names, names.empty() || value.empty() ? "" : " ", value);
}

std::string OptionEntry(const OptionText& option) {
  std::vector<std::string> parts = {RoffText(Sentence(option.description))};
  const auto add = [&](const char* what, const std::string& value) {
    if (!value.empty()) parts.push_back(absl::StrCat(what, value, "."));
  };
  add("One of ", Quoted(option.choices));
  add("From ", RoffText(option.range));
  add("Default: ", option.default_value.empty() ? "" : Bold(option.default_value));
  if (option.required) parts.push_back("Required.");
  add("Needs ", Quoted(option.needs));
  add("Not together with ", Quoted(option.excludes));
  add("Environment: ", option.environment.empty() ? "" : Bold(option.environment));
  return absl::StrCat(".TP\n", OptionHead(option), "\n", absl::StrJoin(parts, "\n"), "\n");
}

std::string OptionSection(const CommandText& command) {
  std::string roff = Section("OPTIONS");
  for (const OptionText& positional : command.positionals) roff += OptionEntry(positional);
  for (const OptionGroupText& group : command.groups) {
    if (group.head != "Options") absl::StrAppend(&roff, ".SS ", RoffText(group.head), "\n");
    if (!group.description.empty()) {
      absl::StrAppend(&roff, RoffText(Sentence(group.description)), "\n");
    }
    for (const OptionText& option : group.options) roff += OptionEntry(option);
  }
  return roff;
}

std::string CommandSection(const CommandText& command) {
  if (command.commands.empty()) return "";
  std::string roff = Section("COMMANDS");
  for (const CommandText& below : command.commands) {
    absl::StrAppend(&roff, ".TP\n", Bold(below.name), "\n", RoffText(Sentence(below.description)),
                    "\nSee ", Bold(JoinWords(below, "-")), "(1).\n");
  }
  return roff;
}

std::string ExitSection(const FooterText& footer) {
  auto statuses = footer.exit_statuses;
  if (statuses.empty()) statuses = {{"0", "done"}, {"1", "failed"}, {"2", "usage"}};
  std::string roff = Section("EXIT STATUS");
  for (const auto& [status, meaning] : statuses) {
    absl::StrAppend(&roff, ".TP\n", Bold(status), "\n", RoffText(Sentence(meaning)), "\n");
  }
  return roff;
}

std::string EnvironmentSection(const CommandText& command) {
  std::string roff = absl::StrCat(
      Section("ENVIRONMENT"), "An option may be set by the variable that it names, a flag by ",
      Bold("true"), ".\nThe command line goes before the environment, and that before the file of ",
      Bold("--config"), ".\n");
  if (command.words[0] == "silhouette") {
    absl::StrAppend(&roff, ".TP\n", Bold("NO_COLOR"), "\nNo colours on a terminal, if set.\n");
  }
  return roff;
}

// Where options of `command` stand in a file, which has a table for each command.
std::string FilesSection(const CommandText& command) {
  const std::vector<std::string> below(command.words.begin() + 1, command.words.end());
  std::string roff = absl::StrCat(
      Section("FILES"), "The file that ", Bold("--config"),
      " names is in TOML, with an option by its long name without the hyphens before it");
  if (!below.empty()) {
    return absl::StrCat(roff, ",\nunder ", Bold(absl::StrCat("[", absl::StrJoin(below, "."), "]")),
                        ".\n");
  }
  const bool has_commands = !command.commands.empty();
  return absl::StrCat(roff, has_commands ? ",\nunder the name of its command:\n" : ":\n",
                      Block({true, has_commands ? "[run]\nhome = \"192.168.1.0/24\""
                                                : "listen = \"127.0.0.1:0\""}));
}

// A program's page leads to all others, a command's to what is above and below it.
std::string SeeAlso(const CommandText& command, const CommandText& program) {
  std::vector<std::string> pages;
  const auto add = [&](const std::string& name) { pages.push_back(Bold(name) + "(1)"); };
  if (&command != &program) {
    add(program.name);
  } else {
    for (const char* name :
         {"silhouette", "capture-svc", "feature-svc", "classify-svc", "gateway"}) {
      if (name != program.name) add(name);
    }
  }
  for (const CommandText* below : AllCommands(command)) {
    if (below != &command) add(JoinWords(*below, "-"));
  }
  return absl::StrCat(Section("SEE ALSO"), absl::StrJoin(pages, ",\n"), "\n");
}

}  // namespace

std::string ManPageName(const CommandText& command) { return JoinWords(command, "-") + ".1"; }

std::string ManPage(const CommandText& command, const CommandText& program) {
  const FooterText footer = ParseFooter(command.footer);
  std::string roff =
      absl::StrCat(".TH \"", RoffLiteral(absl::AsciiStrToUpper(JoinWords(command, "-"))),
                   "\" 1 \"\" \"", RoffLiteral(absl::StrCat("silhouette ", command.version)),
                   "\" \"Silhouette\"\n", ".nh\n.ad l\n");
  roff += NameSection(command) + Synopsis(command);
  absl::StrAppend(&roff, Section("DESCRIPTION"), RoffText(Sentence(command.description)), "\n",
                  Blocks(footer.prose));
  roff += CommandSection(command) + OptionSection(command);
  if (!footer.examples.empty()) roff += Section("EXAMPLES") + Blocks(footer.examples);
  roff += ExitSection(footer) + EnvironmentSection(command) + FilesSection(command);
  return roff + SeeAlso(command, program);
}

}  // namespace silhouette
