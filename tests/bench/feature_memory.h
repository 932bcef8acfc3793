#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/bench/report.h"

namespace silhouette::bench {

// What the feature engine takes for 10 to 100,000 subjects of a spec that had one packet each,
// once their window is closed and their samples are let go, but later windows still look back to
// them; and how much of it is a subject's. `name` is the spec's in the rows.
std::vector<Row> MeasureSubjects(const std::string& name, const std::string& spec);

// A scan of so many flows past the cap of subjects: packets/s in the feature engine alone, and
// what it takes at the end against what it took when the cap was reached first. No rows, and a
// line on stderr, where so few flows do not reach the cap.
std::vector<Row> MeasureScan(size_t flows);

// In a bench that was started afresh: does what the two above ask it for.
void RunMemoryWork(const std::string& work);

}  // namespace silhouette::bench
