#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace silhouette::bench {

// CPU time of this process in seconds: of all its threads and of the kernel on their behalf, so
// that a second core gains nothing and what else runs on the machine costs little.
double CpuSeconds();

// Time of a steady clock in seconds.
double WallSeconds();

// One way to take a flood.
struct Case {
  std::string name;
  std::function<uint64_t()> work;  // returns the number of packets, so that none goes unnoticed
};

// What a case took, by round.
struct Spent {
  std::vector<double> cpu_s;
  std::vector<double> wall_s;
};

// Runs the cases one after the other, `rounds` times behind a first round that warms the caches.
// Ends the bench where a case does not count `packets`.
std::vector<Spent> RunRounds(int rounds, uint64_t packets, const std::vector<Case>& cases);

// The median over the rounds of the first over the second.
double MedianRatio(const std::vector<double>& first, const std::vector<double>& second);

}  // namespace silhouette::bench
