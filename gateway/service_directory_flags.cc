#include "gateway/service_directory_flags.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/grpc_server.h"

namespace silhouette {
namespace {

void AddAddressFlag(CLI::App* app, ServiceKind service, std::vector<std::string>* addresses) {
  const std::string flag = AddressFlagOf(service);
  app->add_option(flag, *addresses,
                  absl::StrCat("host:port of ", NameOf(service),
                               "; a name with several addresses stands for as many replicas "
                               "(repeatable); none: there is none"))
      ->default_str(addresses->front())
      ->type_name("HOST:PORT,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check([flag](const std::string& address) {
        if (address == kNoAddress) return std::string();
        const absl::Status status = CheckAddress(flag, address);
        return std::string(status.message());
      });
}

}  // namespace

void AddServiceAddressFlags(CLI::App* app, ServiceAddresses* addresses) {
  AddAddressFlag(app, ServiceKind::kCapture, &addresses->capture);
  AddAddressFlag(app, ServiceKind::kFeature, &addresses->feature);
  AddAddressFlag(app, ServiceKind::kClassify, &addresses->classify);
}

}  // namespace silhouette
