#pragma once

#include <CLI/CLI.hpp>

#include "gateway/service_directory.h"

namespace silhouette {

// --capture-address, --feature-address and --classify-address; values that are no host:port are
// usage errors.
void AddServiceAddressFlags(CLI::App* app, ServiceAddresses* addresses);

}  // namespace silhouette
