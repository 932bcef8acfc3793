#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "common/memory_file.h"
#include "common/tls_files.h"
#include "common/tls_options.h"

namespace silhouette {

// A process's TLS: gRPC's credentials from the files of TlsOptions, which are read again when they
// change. Only what fits together gets to gRPC: while new files are damaged, half written, missing
// or expired, the old ones stand. Connections that are open keep what they began with.
// Thread-safe. Must outlive servers, and be made before privileges are given up; see
// docs/decisions/0021.
class TlsCredentials {
 public:
  // Reads the files, but starts no thread. Warns in the log about a key that everybody may read.
  // Errors: those of CheckTlsOptions and ReadTlsFiles.
  static absl::StatusOr<std::unique_ptr<TlsCredentials>> Read(TlsOptions options);
  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  const TlsOptions& options() const { return options_; }
  // Without encryption where no certificate or no CA was given. The first call starts the threads
  // that watch the files.
  std::shared_ptr<grpc::ServerCredentials> ForServer();
  std::shared_ptr<grpc::ChannelCredentials> ForChannel();

  // Looks at the files once, as the thread does every kInterval: they are taken when they have
  // changed and been quiet from one look to the next. gRPC sees it within a second.
  void Look();
  static constexpr std::chrono::seconds kInterval{1};

  struct Counts {
    std::optional<absl::Time> certificate_ends;
    uint64_t reloads = 0;
    uint64_t failed_reloads = 0;
  };
  Counts counts() const;

 private:
  TlsCredentials(TlsOptions options, TlsContent content);

  absl::Status MakeFiles();
  absl::Status Publish();  // under mutex_
  void Reload();           // under mutex_
  void StartWatching();
  void Watch();

  const TlsOptions options_;
  std::unique_ptr<MemoryFile> identity_;     // null: no certificate
  std::unique_ptr<MemoryFile> authorities_;  // null: no CA
  std::once_flag watching_;
  std::shared_ptr<grpc::experimental::CertificateProviderInterface> provider_;  // set under it

  mutable std::mutex mutex_;
  TlsContent content_;             // guarded by mutex_
  std::vector<FileStamp> seen_;    // at the last look; guarded by mutex_
  std::vector<FileStamp> judged_;  // taken or refused; guarded by mutex_
  Counts counts_;                  // guarded by mutex_
  bool stopping_ = false;          // guarded by mutex_
  std::condition_variable stop_;
  std::thread watcher_;
};

}  // namespace silhouette
