#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feature-svc/window_sink.h"
#include "feature-svc/window_task.h"
#include "silhouette/v1/window.pb.h"

namespace silhouette {

// Fills the tables of a WindowBatch. When the batch is full, `flush` sends and clears it.
class WindowWriter final : public WindowSink {
 public:
  using Flush = std::function<void(v1::WindowBatch*)>;

  explicit WindowWriter(Flush flush) : flush_(std::move(flush)) {}

  // Starts a table for the windows of a task, which appears with its first window.
  WindowSink* StartTable(const WindowTask& task);

  double* Add(uint32_t id, std::string_view subject, int64_t start_ns, bool partial) override;

  // What was added since the last flush.
  v1::WindowBatch* batch() { return &batch_; }

  // Keeps a message in the processor's second cache and far below the links' limit, whatever the
  // schema's width: 16 Ki values, and names and times for as many windows at the most.
  static constexpr int kMaxValues = 1 << 14;

 private:
  // A subject's place in the names of the table `table`.
  struct Place {
    uint32_t table = 0;
    uint32_t number = 0;
  };

  void AddTable();
  uint32_t NumberOf(uint32_t id, std::string_view subject);

  const Flush flush_;
  v1::WindowBatch batch_;
  const WindowTask* task_ = nullptr;
  v1::WindowTable* table_ = nullptr;  // null before the table's first window
  uint32_t tables_ = 0;               // numbers all tables
  int values_ = 0;                    // in the batch
  std::vector<Place> places_;         // by subject
};

}  // namespace silhouette
