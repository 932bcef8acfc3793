#include "common/help/help_flags.h"

#include <iostream>

#include "absl/strings/str_cat.h"
#include "common/help/command_text.h"
#include "common/help/completion.h"
#include "common/help/man_page.h"
#include "common/help/show_page.h"

namespace silhouette {
namespace {

// Ends the program as --help does, or as a wrong flag does.
[[noreturn]] void End(const char* flag, const absl::Status& status) {
  if (status.ok()) throw CLI::Success();
  throw CLI::ValidationError(flag, std::string(status.message()));
}

}  // namespace

void AddHelpFlags(CLI::App* app, const std::string& version) {
  app->add_flag_callback(
         "--man",
         [app, version] {
           const CommandText command = DescribeCommand(app, version);
           End("--man", ShowManPage(ManPage(command, command)));
         },
         "Show the manual page; as roff where standard output is no terminal")
      ->configurable(false);
  app->add_option_function<std::string>(
         "--completion",
         [app, version](const std::string& shell) {
           const auto script = CompletionScript(DescribeCommand(app, version), shell);
           if (script.ok()) std::cout << *script << std::flush;
           End("--completion", script.status());
         },
         "Print a script by which this shell completes the command line")
      ->type_name("SHELL")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}))
      ->configurable(false);
}

}  // namespace silhouette
