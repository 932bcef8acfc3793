#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"

namespace silhouette {

// A capture on its way to a gateway: it is cut to headers first, here, and then sent over as many
// streams as it takes.
class Submission {
 public:
  using OnProgress = std::function<void(uint64_t done, uint64_t total)>;  // bytes; total 0: unknown

  // `file` may be "-". `name` is what people see of it; `truth_csv` goes with it as it is. `job` is
  // its id, which may be one that another Submission began; empty: a new one.
  Submission(std::string file, std::string name, std::string truth_csv, std::string job);
  ~Submission();
  Submission(const Submission&) = delete;
  Submission& operator=(const Submission&) = delete;

  // Writes the headers to a temporary file that nobody else may read. Errors: as OpenCapture,
  // INVALID_ARGUMENT (no packets), CANCELLED (`is_stopped`), those of the temporary file.
  absl::Status Cut(const OnProgress& progress, const std::function<bool()>& is_stopped);

  // Sends them, and goes on where it was when a stream breaks. Returns the job. Errors: the
  // gateway's; UNAVAILABLE only if it never answered or `is_stopped`.
  absl::StatusOr<v1::Job> Send(v1::GatewayService::Stub* gateway, const OnProgress& progress,
                               const std::function<bool()>& is_stopped);

  const std::string& job() const { return job_; }
  // Why the capture ends before its source did; empty when it does not.
  const std::string& incomplete() const { return incomplete_; }

 private:
  absl::StatusOr<v1::Job> SendFrom(uint64_t offset, v1::GatewayService::Stub* gateway,
                                   const OnProgress& progress,
                                   const std::function<bool()>& is_stopped);

  const std::string file_;
  const std::string name_;
  const std::string truth_csv_;
  const std::string job_;
  std::string cut_;  // path of the temporary file
  uint64_t cut_bytes_ = 0;
  std::string incomplete_;
};

}  // namespace silhouette
