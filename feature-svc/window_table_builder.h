#pragma once

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Fills one spec's table of a WindowBatch. The table appears with its first window.
class WindowTableBuilder {
 public:
  WindowTableBuilder(const v1::WindowSpec& spec, const std::string& schema_hash, size_t features,
                     v1::WindowBatch* batch)
      : spec_(spec), schema_hash_(schema_hash), features_(features), batch_(batch) {}

  // Appends a window; the caller writes its features to the returned row, which lives until the
  // next call.
  double* Add(const std::string& subject, int64_t start_ns) {
    if (table_ == nullptr) {
      table_ = batch_->add_tables();
      *table_->mutable_spec() = spec_;
      table_->set_schema_hash(schema_hash_);
    }
    const auto [at, is_new] =
        subjects_.try_emplace(subject, static_cast<uint32_t>(subjects_.size()));
    if (is_new) table_->add_subjects(subject);
    table_->add_subject(at->second);
    table_->add_start_ns(start_ns);
    table_->mutable_flags()->push_back(0);
    const int row = table_->values_size();
    table_->mutable_values()->Resize(row + static_cast<int>(features_), 0);
    return table_->mutable_values()->mutable_data() + row;
  }

  // The batch was sent and cleared: the next window starts a new table.
  void Restart() {
    table_ = nullptr;
    subjects_.clear();
  }

 private:
  const v1::WindowSpec& spec_;
  const std::string& schema_hash_;
  const size_t features_;
  v1::WindowBatch* const batch_;
  v1::WindowTable* table_ = nullptr;
  absl::flat_hash_map<std::string, uint32_t> subjects_;
};

}  // namespace silhouette
