#pragma once

#include <string>

#include "cli/label_fit.h"

namespace silhouette {

// A capture of which only the times were read.
struct CaptureOutline {
  std::string file;
  CaptureTimes times{};
  bool jumps = false;  // its clock jumps behind those
  std::string cut{};   // why it ended early; empty: it did not
};

// Lines for people.
std::string FitText(const TruthFit& fit, const CaptureOutline& capture,
                    const std::string& truth_file);
// One object; all times and lengths are ns.
std::string FitJson(const TruthFit& fit, const CaptureOutline& capture,
                    const std::string& truth_file);

}  // namespace silhouette
