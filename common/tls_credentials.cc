#include "common/tls_credentials.h"

#include <grpcpp/security/tls_credentials_options.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace silhouette {
namespace {

// gRPC's watcher counts in whole seconds; a content is newer than the one before by at least that.
constexpr unsigned kGrpcIntervalSeconds = 1;

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsCredentials>> TlsCredentials::Read(TlsOptions options) {
  if (absl::Status status = CheckTlsOptions(options); !status.ok()) return status;
  auto stamps = StampsOf(options);
  auto content = ReadTlsFiles(options, absl::Now());
  if (!content.ok()) return content.status();
  if (auto warning = WarningAboutKey(options)) spdlog::warn("{}", *warning);
  std::unique_ptr<TlsCredentials> credentials(
      new TlsCredentials(std::move(options), *std::move(content)));
  credentials->seen_ = credentials->judged_ = std::move(stamps);
  if (absl::Status status = credentials->MakeFiles(); !status.ok()) return status;
  return credentials;
}

TlsCredentials::TlsCredentials(TlsOptions options, TlsContent content)
    : options_(std::move(options)), content_(std::move(content)) {
  if (content_.facts) counts_.certificate_ends = content_.facts->to;
}

TlsCredentials::~TlsCredentials() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

absl::Status TlsCredentials::MakeFiles() {
  for (auto [file, wanted, name] :
       {std::tuple(&identity_, options_.serves(), "tls-identity"),
        std::tuple(&authorities_, !options_.ca.empty(), "tls-authorities")}) {
    if (!wanted) continue;
    auto made = MemoryFile::Create(name);
    if (!made.ok()) return made.status();
    *file = *std::move(made);
  }
  return Publish();
}

absl::Status TlsCredentials::Publish() {
  if (authorities_ != nullptr) {
    absl::Status status = authorities_->Replace(content_.authorities);
    if (!status.ok()) return status;
  }
  return identity_ == nullptr ? absl::OkStatus() : identity_->Replace(content_.identity);
}

void TlsCredentials::StartWatching() {
  std::call_once(watching_, [this] {
    // gRPC takes what it finds, fit or not, so it does not watch the user's files but ours.
    const std::string identity = identity_ == nullptr ? "" : identity_->path();
    provider_ = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
        identity, identity, authorities_ == nullptr ? "" : authorities_->path(),
        kGrpcIntervalSeconds);
    watcher_ = std::thread([this] { Watch(); });
  });
}

std::shared_ptr<grpc::ServerCredentials> TlsCredentials::ForServer() {
  if (!options_.serves()) return grpc::InsecureServerCredentials();
  StartWatching();
  grpc::experimental::TlsServerCredentialsOptions tls(provider_);
  tls.watch_identity_key_cert_pairs();
  if (options_.demands_client_certificates()) {
    tls.watch_root_certs();
    tls.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(tls);
}

std::shared_ptr<grpc::ChannelCredentials> TlsCredentials::ForChannel() {
  if (!options_.connects()) return grpc::InsecureChannelCredentials();
  StartWatching();
  grpc::experimental::TlsChannelCredentialsOptions tls;
  tls.set_certificate_provider(provider_);
  tls.watch_root_certs();
  if (options_.serves()) tls.watch_identity_key_cert_pairs();
  return grpc::experimental::TlsCredentials(tls);
}

void TlsCredentials::Watch() {
  std::unique_lock lock(mutex_);
  while (!stop_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    Look();
    lock.lock();
  }
}

void TlsCredentials::Look() {
  auto stamps = StampsOf(options_);
  std::lock_guard lock(mutex_);
  const bool quiet = stamps == seen_;
  seen_ = std::move(stamps);
  if (!quiet || seen_ == judged_) return;
  judged_ = seen_;
  Reload();
}

void TlsCredentials::Reload() {
  auto content = ReadTlsFiles(options_, absl::Now());
  absl::Status status = content.status();
  if (content.ok()) {
    if (*content == content_) return;
    std::swap(content_, *content);
    status = Publish();
    if (!status.ok()) std::swap(content_, *content);
  }
  if (!status.ok()) {
    ++counts_.failed_reloads;
    spdlog::warn("{}; goes on with what was read before", std::string(status.message()));
    return;
  }
  ++counts_.reloads;
  if (content_.facts) counts_.certificate_ends = content_.facts->to;
  spdlog::info("TLS files changed: {}",
               content_.facts ? absl::StrCat("certificate of ", content_.facts->subject, " until ",
                                             Day(content_.facts->to))
                              : absl::StrCat("trusts those in ", options_.ca));
  if (auto warning = WarningAboutKey(options_)) spdlog::warn("{}", *warning);
}

TlsCredentials::Counts TlsCredentials::counts() const {
  std::lock_guard lock(mutex_);
  return counts_;
}

}  // namespace silhouette
