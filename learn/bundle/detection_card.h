#pragma once

#include <string>
#include <vector>

#include "silhouette/v1/model.pb.h"

namespace silhouette {

// True of a model that raises alarms: its evaluation says what it watched.
bool RaisesAlarms(const v1::ModelManifest& manifest);

// The part of its card on how it scored.
std::string DetectionSection(const v1::ModelManifest& manifest);

// What such a model cannot see, a sentence or two each.
std::vector<std::string> DetectionLimits(const v1::ModelManifest& manifest);

}  // namespace silhouette
