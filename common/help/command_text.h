#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace silhouette {

// What a value may be, for a shell that completes it.
enum class ValueKind { kNone, kAny, kChoice, kFile, kFolder };

// A flag, an option with a value, or a positional argument, as its documentation needs it.
struct OptionText {
  std::vector<std::string> names;  // "-o", "--out"; of a positional none
  std::string value;               // "FILE"; empty for a flag
  ValueKind kind = ValueKind::kNone;
  std::vector<std::string> choices;  // of kChoice
  std::string range;                 // "1 to 100"; empty where there is none
  char delimiter = '\0';             // between values in one word; 0: one value a word
  bool repeatable = false;
  bool required = false;
  bool about_itself = false;  // --help and the like, which no file or environment sets
  std::string description;
  std::string default_value;  // empty where there is none, or it is another on each machine
  std::string environment;    // variable that sets it
  std::vector<std::string> needs, excludes;  // names of others
};

// Options that are shown under one head.
struct OptionGroupText {
  std::string head;  // "Options", "Live capture"
  std::string description;
  std::vector<OptionText> options;
};

// A program or one of its commands.
struct CommandText {
  std::string name;                // "run"
  std::vector<std::string> words;  // how it is called: "silhouette", "run"
  std::string version;
  std::string description;
  std::string footer;
  std::vector<OptionText> positionals;
  std::vector<OptionGroupText> groups;
  bool needs_command = false;
  std::vector<CommandText> commands;
  std::vector<OptionText> inherited;  // of what is above it, but may stand behind its name, too

  // Its own, then the inherited ones that it has none of its own for.
  std::vector<OptionText> AllOptions() const;
};

// What `app` and its commands are, once all of their options are there. `version` is "0.1.0".
CommandText DescribeCommand(CLI::App* app, const std::string& version);

// "silhouette run", or "silhouette-run" with "-".
std::string JoinWords(const CommandText& command, const std::string& separator);

// `command` and all below it, each before its own.
std::vector<const CommandText*> AllCommands(const CommandText& command);

}  // namespace silhouette
