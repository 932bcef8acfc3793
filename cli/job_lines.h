#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "silhouette/v1/job.pb.h"

namespace silhouette {

// How a job fares, in a few words: "running 55 %, 12,345 packets, 456 windows".
std::string JobProgress(const v1::Job& job);

// A table with a line for each job.
std::string JobTable(const std::vector<v1::Job>& jobs, const Terminal& terminal);

// "[######......]", in `columns` cells; `share` goes from 0 to 1.
std::string Bar(double share, size_t columns);

// A line of stderr for each file, which changes in place on a terminal; elsewhere each change of
// its words is a line of its own. For one thread.
class FileLines {
 public:
  explicit FileLines(std::vector<std::string> files);
  ~FileLines();

  // `share` of the bar, or below 0 for none. Without a terminal only what `is_news` is told.
  void Set(size_t file, const std::string& words, double share, bool is_news);

 private:
  void Draw(bool again);

  const Terminal terminal_;
  const std::vector<std::string> files_;
  std::vector<std::string> lines_;
  std::vector<std::string> told_;
  bool drawn_ = false;
  int64_t drawn_ms_ = 0;
};

}  // namespace silhouette
