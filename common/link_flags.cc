#include "common/link_flags.h"

namespace silhouette {

void AddLinkFlags(CLI::App* app, const std::string& kept, LinkFlags* flags) {
  app->add_option("--link-buffer", flags->buffer_mib,
                  "Memory for the " + kept + " that are not settled yet, MiB")
      ->check(CLI::Range(size_t{1}, size_t{1} << 20))
      ->capture_default_str();
}

LinkOptions WindowLink(const LinkFlags& flags) {
  LinkOptions link;
  link.limits.bytes = flags.buffer_mib << 20;
  link.limits.unsent_bytes = link.limits.bytes / 4;
  return link;
}

LinkOptions PacketLink(const LinkFlags& flags) {
  LinkOptions link = WindowLink(flags);
  link.limits.forgets = true;
  return link;
}

}  // namespace silhouette
