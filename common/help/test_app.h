#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "common/help/command_text.h"
#include "common/options.h"

namespace silhouette {

// A program with one of each kind of option, for tests.
class TestApp {
 public:
  TestApp() {
    app_.require_subcommand(1);
    CLI::App* run = app_.add_subcommand("run", "Runs it: now");
    run->add_option("FILE", file_, "What to read")->required();
    run->add_option("-o,--out", out_, "Where it goes")->type_name("FOLDER")->capture_default_str();
    run->add_option("--align", align_, "Where the grid starts")
        ->capture_default_str()
        ->check(CLI::IsMember({"epoch", "first"}));
    run->add_option("--kinds", kinds_, "What's there: a \"kind\" or more")
        ->type_name("KIND,...")
        ->delimiter(',')
        ->check(CLI::IsMember({"a", "b"}));
    CLI::Option* size = run->add_option("--size", size_, "How much, at most")
                            ->capture_default_str()
                            ->check(CLI::Range(1, 100))
                            ->group("Sizes");
    run->add_flag("--fast", fast_, "In a hurry")->needs(size)->excludes("--align");
    CLI::App* source = run->add_option_group("Source", "A file or a name");
    source->require_option(1);
    source->add_option("--name", name_, "A name")->type_name("HOST:PORT");
    run->footer("Much can be said.\n\nExamples:\n  tool run x\n\nExit status: 0 fine; 3 odd.");
    CLI::App* make = app_.add_subcommand("make", "Makes one");
    make->require_subcommand(1);
    make->add_subcommand("small", "A small one");
    FinishOptions(&app_);
    text_ = DescribeCommand(&app_, "0.1.0");
  }

  const CommandText& text() const { return text_; }
  const CommandText& run() const { return text_.commands.at(0); }
  const CommandText& make() const { return text_.commands.at(1); }

 private:
  std::string file_, out_ = "/var/here", align_ = "epoch", name_;
  std::vector<std::string> kinds_ = {"a", "b"};
  int size_ = 7;
  bool fast_ = false;
  CLI::App app_{"A tool.", "tool"};
  CommandText text_;
};

}  // namespace silhouette
