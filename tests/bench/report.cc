#include "tests/bench/report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>

namespace silhouette::bench {
namespace {

nlohmann::ordered_json ToJson(const Row& row) {
  nlohmann::ordered_json json;
  json["case"] = row.name;
  json["value"] = row.value;
  json["unit"] = row.unit;
  if (row.ratio) json["ratio"] = *row.ratio;
  if (!row.against.empty()) json["against"] = row.against;
  if (row.goal) json["goal"] = *row.goal;
  json["better"] = row.higher_is_better ? "higher" : "lower";
  return json;
}

std::string Cell(const std::optional<double>& value) {
  if (!value) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", *value);
  return text;
}

}  // namespace

bool ParseJsonFlag(int argc, char** argv) {
  if (argc == 1) return false;
  if (argc == 2 && std::strcmp(argv[1], "--json") == 0) return true;
  std::fprintf(stderr, "usage: %s [--json]\n", argv[0]);
  std::exit(2);
}

void Print(const std::vector<Row>& rows, bool json) {
  if (json) {
    for (const Row& row : rows) std::printf("%s\n", ToJson(row).dump().c_str());
    return;
  }
  size_t widest = 0;
  for (const Row& row : rows) widest = std::max(widest, row.name.size());
  const int width = static_cast<int>(widest);
  std::printf("%-*s %14s %-10s %8s %-18s %8s\n", width, "case", "value", "unit", "ratio", "against",
              "goal");
  for (const Row& row : rows) {
    std::printf("%-*s %14.4g %-10s %8s %-18s %8s\n", width, row.name.c_str(), row.value,
                row.unit.c_str(), Cell(row.ratio).c_str(),
                row.against.empty() ? "-" : row.against.c_str(), Cell(row.goal).c_str());
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  if (values.size() % 2 == 1) return values[middle];
  return (values[middle - 1] + values[middle]) / 2;
}

}  // namespace silhouette::bench
