#pragma once

#include "learn/models/classifier.h"
#include "learn/models/trainer.h"

namespace silhouette {

// XGBoost as one of the models that are compared. What is judged went through the bytes that would
// be served. Named xgboost.
ModelKind XgboostKind(const TrainerParameters& parameters);

}  // namespace silhouette
