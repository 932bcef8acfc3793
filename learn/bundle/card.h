#pragma once

#include <string>

#include "silhouette/v1/model.pb.h"

namespace silhouette {

// The model's card as Markdown, from nothing but its manifest: what it is, what it was trained on,
// how it scored and which figure to believe, and what it cannot do.
std::string CardText(const v1::ModelManifest& manifest);

// The figure to believe: the first result that does not leak, or nullptr.
const v1::EvaluationResult* ResultToBelieve(const v1::ModelManifest& manifest);

}  // namespace silhouette
