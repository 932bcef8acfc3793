#include "cli/source_flags.h"

#include <iostream>

namespace silhouette {

void AddSourceFlags(CLI::App* app, SourceFlags* flags) {
  CLI::Option_group* source = app->add_option_group("Source", "A file or an interface");
  source->add_option("FILE", flags->file,
                     "Capture to read: pcap or pcapng, plain, gzip or zstd; - for standard input");
  CLI::Option* interface =
      source
          ->add_option("--interface", flags->interface, "Listen on this network interface instead")
          ->type_name("NAME");
  source->require_option(1);
  app->add_option("--duration", flags->duration, "How long to listen (default: until Ctrl-C)")
      ->needs(interface)
      ->type_name("TIME");
}

void AddReadAndLiveFlags(CLI::App* app, SourceFlags* flags) {
  AddReadFlags(app, &flags->read);
  AddLiveFlags(app, app->get_option("--interface"), &flags->live);
}

SourceOptions SourceOf(const SourceFlags& flags) {
  if (flags.is_live()) return InterfaceSource(flags.interface, flags.live);
  SourceOptions source;
  source.path = flags.file;
  source.write = flags.live.write;
  return source;
}

absl::Status BeginToListen(const std::string& command, const SourceFlags& flags,
                           const OpenedSource& opened) {
  if (!flags.is_live()) return absl::OkStatus();
  if (absl::Status status = GiveUpRights(flags.live, false); !status.ok()) return status;
  if (!opened.warning.empty()) {
    std::cerr << "silhouette " << command << ": " << opened.warning << "\n";
  }
  std::cerr << "listening on " << flags.interface << "; Ctrl-C ends it\n" << std::flush;
  return absl::OkStatus();
}

}  // namespace silhouette
