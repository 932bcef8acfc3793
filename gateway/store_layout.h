#pragma once

#include <string>

#include "absl/status/status.h"
#include "gateway/sqlite.h"

namespace silhouette {

// Makes the tables of a new store, and brings those of an older version to what they are now, in
// one transaction. `path` is what errors name. Errors: FAILED_PRECONDITION for a database that is
// not ours or was made by a newer version, which is left as it is; or as SqliteDatabase.
absl::Status PrepareLayout(const std::string& path, SqliteDatabase* database);

}  // namespace silhouette
