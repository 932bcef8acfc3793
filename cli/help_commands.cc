#include "cli/help_commands.h"

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/report_flags.h"
#include "common/files.h"
#include "common/help/command_text.h"
#include "common/help/completion.h"
#include "common/help/man_page.h"
#include "common/help/show_page.h"
#include "common/options.h"

namespace silhouette {
namespace {

struct ManFlags {
  std::vector<std::string> words;  // of the command; empty: the program
  std::string folder;              // empty: show it
};

constexpr char kManFooter[] = R"(
On a terminal the page is shown by man, elsewhere it is printed as roff. An installed silhouette has
its pages where man finds them: man silhouette-run.

Examples:
  silhouette man
  silhouette man run
  silhouette man simulate call | man -l -
  silhouette man --write /usr/local/share/man/man1

Exit status: 0 done; 1 no man is installed, or a page cannot be written; 2 usage.
)";

constexpr char kCompletionFooter[] = R"(
Commands, options, and values where they are known are completed. The services print theirs by
--completion SHELL.

Examples:
  source <(silhouette completion bash)
  silhouette completion bash > ~/.local/share/bash-completion/completions/silhouette
  silhouette completion zsh > /usr/local/share/zsh/site-functions/_silhouette
  silhouette completion fish > ~/.config/fish/completions/silhouette.fish

Exit status: 0 done; 2 usage.
)";

absl::StatusOr<const CommandText*> FindCommand(const CommandText& program,
                                               const std::vector<std::string>& words) {
  const CommandText* at = &program;
  for (const std::string& word : words) {
    const auto found = std::find_if(at->commands.begin(), at->commands.end(),
                                    [&](const CommandText& one) { return one.name == word; });
    if (found == at->commands.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no command \"", absl::StrJoin(words, " "), "\""));
    }
    at = &*found;
  }
  return at;
}

absl::Status WritePages(const CommandText& program, const std::string& folder) {
  for (const CommandText* command : AllCommands(program)) {
    const std::string path = absl::StrCat(folder, "/", ManPageName(*command));
    const absl::Status written = WriteFileByRename(path, ManPage(*command, program));
    if (!written.ok()) return written;
  }
  return absl::OkStatus();
}

absl::Status Man(CLI::App* app, const ManFlags& flags) {
  const CommandText program = DescribeCommand(app, Version());
  if (!flags.folder.empty()) return WritePages(program, flags.folder);
  const auto command = FindCommand(program, flags.words);
  if (!command.ok()) return command.status();
  return ShowManPage(ManPage(**command, program));
}

// The names of commands at any depth.
std::set<std::string> NamesBelow(CLI::App* app) {
  std::set<std::string> names;
  for (CLI::App* sub : app->get_subcommands(nullptr)) {
    if (sub->get_name().empty()) continue;
    names.insert(sub->get_name());
    names.merge(NamesBelow(sub));
  }
  return names;
}

void AddManCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<ManFlags>();
  CLI::App* app = parent->add_subcommand("man", "Show the manual page of a command");
  CLI::Option* command =
      app->add_option("COMMAND", flags->words, "Command, as run or simulate call (default: all)")
          ->check(CLI::IsMember(NamesBelow(parent)));
  app->add_option("--write", flags->folder, "Write all pages into this folder instead")
      ->type_name("FOLDER")
      ->excludes(command);
  app->footer(kManFooter);
  app->callback([parent, flags, exit_status] {
    const absl::Status status = Man(parent, *flags);
    if (!status.ok()) ReportFailure("man", status);
    *exit_status = status.ok() ? 0 : absl::IsInvalidArgument(status) ? 2 : 1;
  });
}

void AddCompletionCommand(CLI::App* parent, int* exit_status) {
  auto shell = std::make_shared<std::string>();
  CLI::App* app = parent->add_subcommand(
      "completion", "Print a script by which a shell completes silhouette's command line");
  app->add_option("SHELL", *shell, "The shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app->footer(kCompletionFooter);
  app->callback([parent, shell, exit_status] {
    const auto script = CompletionScript(DescribeCommand(parent, Version()), *shell);
    if (script.ok()) std::cout << *script << std::flush;
    *exit_status = script.ok() ? 0 : ReportFailure("completion", script.status());
  });
}

}  // namespace

void AddHelpCommands(CLI::App* parent, int* exit_status) {
  AddCompletionCommand(parent, exit_status);
  AddManCommand(parent, exit_status);
}

}  // namespace silhouette
