#include "feature-svc/window_writer.h"

#include <algorithm>

#include "common/packet_bits.h"

namespace silhouette {

WindowSink* WindowWriter::StartTable(const WindowTask& task) {
  task_ = &task;
  table_ = nullptr;
  return this;
}

double* WindowWriter::Add(uint32_t id, std::string_view subject, int64_t start_ns, bool partial) {
  const auto features = static_cast<int>(task_->schema().features.size());
  if (table_ != nullptr && values_ + features > kMaxValues) {
    flush_(&batch_);
    table_ = nullptr;
  }
  if (table_ == nullptr) AddTable();
  table_->add_subject(NumberOf(id, subject));
  table_->add_start_ns(start_ns);
  table_->mutable_flags()->push_back(partial ? kWindowPartial : 0);
  const int row = table_->values_size();
  table_->mutable_values()->Resize(row + features, 0);
  values_ += features;
  return table_->mutable_values()->mutable_data() + row;
}

void WindowWriter::AddTable() {
  if (batch_.tables().empty()) values_ = 0;
  table_ = batch_.add_tables();
  *table_->mutable_spec() = task_->spec();
  table_->set_schema_hash(task_->schema_hash());
  ++tables_;
}

uint32_t WindowWriter::NumberOf(uint32_t id, std::string_view subject) {
  if (id >= places_.size()) places_.resize(std::max<size_t>(id + 1, 2 * places_.size()));
  Place& place = places_[id];
  if (place.table != tables_) {
    place = {tables_, static_cast<uint32_t>(table_->subjects_size())};
    table_->add_subjects()->assign(subject.data(), subject.size());
  }
  return place.number;
}

}  // namespace silhouette
