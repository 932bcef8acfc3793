#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "common/link_sender.h"

namespace silhouette {

// What a service says about its link to the next one.
struct LinkFlags {
  size_t buffer_mib = LinkLimits::kDefaultBytes >> 20;
};

// `kept` is what the buffer holds, for the help: "packets of one capture".
void AddLinkFlags(CLI::App* app, const std::string& kept, LinkFlags* flags);

// The link of a service whose batches settle once those behind them have come (packets), or each
// by itself (windows).
LinkOptions PacketLink(const LinkFlags& flags = {});
LinkOptions WindowLink(const LinkFlags& flags = {});

}  // namespace silhouette
