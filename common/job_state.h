#pragma once

#include <string>

#include "silhouette/v1/job.pb.h"

namespace silhouette {

// "queued", "running" and so on; of a state that this build does not know, its number.
std::string JobStateName(v1::JobState state);

// It is done, failed or cancelled: it does not change any more.
bool HasEnded(const v1::Job& job);

}  // namespace silhouette
