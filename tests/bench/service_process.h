#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/child_process.h"

namespace silhouette::bench {

// A folder that goes with the bench.
class BenchFolder {
 public:
  BenchFolder();
  ~BenchFolder();
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// One of our services as a process of its own, on free ports, from the folder of this program.
class ServiceProcess {
 public:
  ServiceProcess(const std::string& name, const BenchFolder& folder,
                 const std::vector<std::string>& arguments);

  // "127.0.0.1:7100"; `kind` is "grpc", "metrics" or, of the gateway, "web".
  std::string address(const char* kind = "grpc") const;
  int port(const char* kind) const;
  // Of its memory, in MiB: what is resident now, and the most that ever was, from /proc.
  double resident_mib() const { return StatusMib("VmRSS:"); }
  double peak_mib() const { return StatusMib("VmHWM:"); }
  // Seconds of CPU that it has used.
  double cpu_s() const;

 private:
  double StatusMib(const std::string& field) const;

  std::optional<ChildProcess> process_;
  std::string ports_;  // what it wrote of them
};

}  // namespace silhouette::bench
