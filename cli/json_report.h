#pragma once

#include <ostream>
#include <string>

#include "cli/findings.h"

namespace silhouette {

// JSON Lines: a {"verdict":{…}} for each window shown, in the order (window start, subject, model),
// an {"incident":{…}} for each of the run, oldest first, and last a {"summary":{…}}. Times are ns
// since the Unix epoch, shares go from 0 to 1. `source` is the file or origin that was read.
void WriteJson(const Findings& findings, const std::string& source, std::ostream* out);

// A {"verdict":{…}} of any run, which it names, and {"missed":N}; without the line's end.
std::string VerdictLine(const v1::Verdict& verdict);
std::string MissedLine(uint64_t verdicts);
// An {"incident":{…}} of any run, which it names.
std::string IncidentLine(const v1::Incident& incident);

}  // namespace silhouette
