#pragma once

#include <optional>
#include <string>
#include <vector>

namespace silhouette::bench {

// One measured figure.
struct Row {
  std::string name;  // of the case
  double value;      // in `unit`
  std::string unit;
  std::optional<double> ratio;  // to the case `against`, measured in the same rounds
  std::string against;
  std::optional<double> goal;  // for the ratio, or for the value where there is none
  bool higher_is_better = true;
};

// True when the arguments ask for JSON Lines; anything else but nothing ends the program with
// usage on stderr and status 2.
bool ParseJsonFlag(int argc, char** argv);

// A table for people, or a JSON object a line with case, value, unit, ratio, against, goal, better.
void Print(const std::vector<Row>& rows, bool json);

// The middle value; of an even count, the mean of the middle two. `values` must not be empty.
double Median(std::vector<double> values);

}  // namespace silhouette::bench
