#pragma once

#include <map>
#include <string>
#include <tuple>

#include "cli/terminal.h"
#include "silhouette/v1/verdict.pb.h"

namespace silhouette {

// What people see of the verdicts that come: a line for each subject whose class is new.
class WatchLines {
 public:
  // `each`: a line for every window instead.
  WatchLines(const Terminal& terminal, bool each) : terminal_(terminal), each_(each) {}

  // The line, without its end; empty if there is nothing new to say.
  std::string LineOf(const v1::Verdict& verdict);

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string>;

  const Terminal terminal_;
  const bool each_;
  std::map<Key, std::string> classes_;  // by origin, run, subject and model
};

}  // namespace silhouette
