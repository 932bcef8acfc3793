#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/derived_schema.h"
#include "common/schema.h"
#include "learn/data/dataset.h"

namespace silhouette {

// Tables of windows of `length_ns` with the features of a schema. Where the schema is a derived one
// and the first table does not have its columns, they follow from those of presence.v1.
// `columns.features` is not looked at. Errors: as ReadDataset; INVALID_ARGUMENT where windows start
// at other steps than their length, or some tables alone have the schema's columns.
absl::StatusOr<Dataset> ReadSchemaDataset(const std::vector<std::string>& paths,
                                          const DatasetColumns& columns,
                                          const FeatureSchema& schema, int64_t length_ns);

// The features of a derived schema for windows of `length_ns` that follow each other without
// overlap. `data` has the schema's inputs for features, in their order; what it knows of the rows
// besides stays. Errors: INVALID_ARGUMENT naming file and line of a feature that no 32-bit float
// holds.
absl::StatusOr<Dataset> DeriveFeatures(Dataset data, const DerivedSchema& derived,
                                       int64_t length_ns);

}  // namespace silhouette
