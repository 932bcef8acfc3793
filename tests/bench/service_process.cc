#include "tests/bench/service_process.h"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/files.h"
#include "nlohmann/json.hpp"
#include "tests/bench/check.h"

namespace silhouette::bench {

namespace fs = std::filesystem;

BenchFolder::BenchFolder()
    : path_((fs::temp_directory_path() / "silhouette-bench-XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) Check(absl::ErrnoToStatus(errno, path_));
}

BenchFolder::~BenchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

ServiceProcess::ServiceProcess(const std::string& name, const BenchFolder& folder,
                               const std::vector<std::string>& arguments) {
  const std::string ports = folder.File(name + ".json");
  const std::string program = (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
  std::vector<std::string> command = {program, "--log-level", "warn", "--ports-file", ports};
  for (const char* flag : {"--listen", "--health-listen", "--metrics-listen"}) {
    command.insert(command.end(), {flag, "127.0.0.1:0"});
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto process = ChildProcess::Start(command, false);
  Check(process.status());
  process_.emplace(*std::move(process));
  while (process_->IsRunning()) {
    if (auto written = ReadFile(ports); written.ok()) {
      ports_ = *written;
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  Check(absl::UnavailableError(name + " ended"));
}

int ServiceProcess::port(const char* kind) const { return nlohmann::json::parse(ports_)[kind]; }

std::string ServiceProcess::address(const char* kind) const {
  return absl::StrCat("127.0.0.1:", port(kind));
}

double ServiceProcess::StatusMib(const std::string& field) const {
  std::ifstream file(absl::StrCat("/proc/", process_->pid(), "/status"));
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string name;
    double kib = 0;
    if (words >> name >> kib && name == field) return kib / 1024;
  }
  Check(absl::NotFoundError("no " + field + " in /proc"));
  return 0;
}

double ServiceProcess::cpu_s() const {
  std::ifstream file(absl::StrCat("/proc/", process_->pid(), "/stat"));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream words(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) words >> skipped;
  double user = 0, system = 0;
  words >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace silhouette::bench
