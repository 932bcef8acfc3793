#include "common/help/command_text.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace silhouette {
namespace {

// What the option's checks say of themselves, as "{epoch,first}" or "INT in [1 - 100]".
std::vector<std::string> ChecksOf(CLI::Option* option) {
  std::vector<std::string> checks;
  for (int i = 0;; ++i) {
    try {
      checks.push_back(option->get_validator(i)->get_description());
    } catch (const CLI::OptionNotFound&) {  // there is no other way to tell the last
      return checks;
    }
  }
}

// The type's name without what the checks add to it.
std::string TypeName(const CLI::Option& option, const std::vector<std::string>& checks) {
  std::string type = option.get_type_name();
  for (auto check = checks.rbegin(); check != checks.rend(); ++check) {
    const std::string added = ":" + *check;
    if (!check->empty() && absl::EndsWith(type, added)) type.resize(type.size() - added.size());
  }
  return type;
}

void ReadCheck(const std::string& check, OptionText* text) {
  if (absl::StartsWith(check, "{") && absl::EndsWith(check, "}")) {
    text->choices = absl::StrSplit(check.substr(1, check.size() - 2), ',');
    return;
  }
  const size_t open = check.find(" in [");
  if (open == std::string::npos || check.back() != ']') return;
  const std::vector<std::string> ends =
      absl::StrSplit(check.substr(open + 5, check.size() - open - 6), " - ");
  if (ends.size() == 2) text->range = absl::StrCat(ends[0], " to ", ends[1]);
}

ValueKind KindOf(const OptionText& text) {
  static const std::set<std::string> files = {"FILE", "CSV", "KEYFILE", "TRUTH", "CAPTURE"};
  if (text.value.empty()) return ValueKind::kNone;
  if (!text.choices.empty()) return ValueKind::kChoice;
  if (text.value == "FOLDER" || text.value == "DIR") return ValueKind::kFolder;
  return files.count(text.value) > 0 ? ValueKind::kFile : ValueKind::kAny;
}

std::string DefaultOf(const CLI::Option& option) {
  std::string text = option.get_default_str();
  if (absl::StartsWith(text, "[") && absl::EndsWith(text, "]")) {  // how CLI11 says a list
    text = text.substr(1, text.size() - 2);
  }
  return absl::StartsWith(text, "/") ? "" : text;
}

std::vector<std::string> NamesOf(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

std::vector<std::string> NamesOf(const std::set<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) names.push_back(option->get_name());
  std::sort(names.begin(), names.end());  // the set is sorted by where they lie in memory
  return names;
}

OptionText Describe(CLI::Option* option) {
  OptionText text;
  const std::vector<std::string> checks = ChecksOf(option);
  text.names = NamesOf(*option);
  text.value = option->get_type_size() == 0 ? "" : TypeName(*option, checks);
  if (text.names.empty()) text.value = option->get_name(true);
  for (const std::string& check : checks) ReadCheck(check, &text);
  text.kind = KindOf(text);
  text.delimiter = option->get_delimiter();
  text.repeatable = option->get_expected_max() == CLI::detail::expected_max_vector_size;
  text.required = option->get_required();
  text.about_itself = !text.names.empty() && option->get_envname().empty();
  text.description = option->get_description();
  text.default_value = DefaultOf(*option);
  text.environment = option->get_envname();
  text.needs = NamesOf(option->get_needs());
  text.excludes = NamesOf(option->get_excludes());
  return text;
}

// The app's own options by their heads, then those of its option groups.
void AddOptions(CLI::App* app, const std::string& description, CommandText* command) {
  for (const std::string& head : app->get_groups()) {
    const bool is_group = app->get_name().empty();  // an option group is an app without a name
    OptionGroupText group{is_group ? app->get_group() : head, description, {}};
    for (CLI::Option* option : app->get_options()) {
      const bool is_help = is_group && option == app->get_help_ptr();
      if (option->get_group() != head || head.empty() || is_help) continue;
      (option->get_positional() ? command->positionals : group.options).push_back(Describe(option));
    }
    if (!group.options.empty()) command->groups.push_back(std::move(group));
  }
}

std::string DescribeGroup(const CLI::App& group) {
  const bool takes_one = group.get_require_option_min() == 1 && group.get_require_option_max() == 1;
  return absl::StrCat(group.get_description(), takes_one ? "; exactly one of these is needed" : "");
}

// Fills the rest of a command in, whose words, version and inherited options are there.
CommandText Describe(CLI::App* app, CommandText command) {
  command.name = app->get_name();
  command.words.push_back(command.name);
  command.description = app->get_description();
  command.footer = app->get_footer();
  command.needs_command = app->get_require_subcommand_min() > 0;
  AddOptions(app, "", &command);
  for (CLI::App* sub : app->get_subcommands(nullptr)) {
    if (sub->get_name().empty()) AddOptions(sub, DescribeGroup(*sub), &command);
  }
  CommandText below;
  below.words = command.words;
  below.version = command.version;
  for (const OptionText& option : command.AllOptions()) {
    if (!option.about_itself) below.inherited.push_back(option);
  }
  for (CLI::App* sub : app->get_subcommands(nullptr)) {
    if (sub->get_name().empty() || sub->get_group().empty()) continue;
    command.commands.push_back(Describe(sub, below));
  }
  return command;
}

}  // namespace

std::vector<OptionText> CommandText::AllOptions() const {
  std::vector<OptionText> all;
  std::set<std::string> known;
  const auto add = [&](const OptionText& option) {
    if (known.insert(option.names.back()).second) all.push_back(option);
  };
  for (const OptionGroupText& group : groups) {
    std::for_each(group.options.begin(), group.options.end(), add);
  }
  std::for_each(inherited.begin(), inherited.end(), add);
  return all;
}

CommandText DescribeCommand(CLI::App* app, const std::string& version) {
  CommandText program;
  program.version = version;
  return Describe(app, std::move(program));
}

std::string JoinWords(const CommandText& command, const std::string& separator) {
  return absl::StrJoin(command.words, separator);
}

std::vector<const CommandText*> AllCommands(const CommandText& command) {
  std::vector<const CommandText*> all = {&command};
  for (const CommandText& below : command.commands) {
    const auto further = AllCommands(below);
    all.insert(all.end(), further.begin(), further.end());
  }
  return all;
}

}  // namespace silhouette
