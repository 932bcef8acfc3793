#include "cli/job_results_files.h"

#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "common/partial_file.h"

namespace silhouette {

absl::Status CopyResults(v1::GatewayService::Stub* gateway, const std::string& job,
                         v1::ResultFormat format, std::ostream* out) {
  grpc::ClientContext context;
  v1::GetJobResultsRequest request;
  request.set_job(job);
  request.set_format(format);
  auto reader = gateway->GetJobResults(&context, request);
  v1::GetJobResultsResponse response;
  while (reader->Read(&response) && *out) *out << response.data();
  if (!*out) context.TryCancel();
  const grpc::Status status = reader->Finish();
  out->flush();
  if (!*out) return absl::UnavailableError("what was found cannot be written; is the disk full?");
  return FromGrpcStatus(status);
}

absl::StatusOr<std::vector<std::string>> WriteResultFiles(v1::GatewayService::Stub* gateway,
                                                          const std::string& job,
                                                          const std::string& folder,
                                                          const std::string& stem) {
  std::vector<std::string> paths;
  for (const auto& [ending, format] : {std::pair("verdicts.jsonl", v1::RESULT_FORMAT_JSONL),
                                       std::pair("verdicts.csv", v1::RESULT_FORMAT_CSV),
                                       std::pair("segments.csv", v1::RESULT_FORMAT_SEGMENTS)}) {
    const std::string path = absl::StrCat(folder, "/", stem, ".", ending);
    PartialFile file(path);
    std::ofstream out(file.path(), std::ios::binary);
    const absl::Status copied = CopyResults(gateway, job, format, &out);
    out.close();
    if (!copied.ok()) {
      return absl::Status(copied.code(), absl::StrCat(path, ": ", std::string(copied.message())));
    }
    if (absl::Status published = file.Publish(); !published.ok()) return published;
    paths.push_back(path);
  }
  return paths;
}

}  // namespace silhouette
