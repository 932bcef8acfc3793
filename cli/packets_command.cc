#include "cli/packets_command.h"

#include <cstdio>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "capture-svc/flags.h"
#include "cli/packet_lines.h"
#include "cli/report_flags.h"
#include "common/capture_file/open_capture.h"
#include "common/capture_file/packet_cursor.h"
#include "common/parse/anonymizer.h"
#include "common/parse/fragment_table.h"
#include "common/parse/parser.h"

namespace silhouette {
namespace {

struct PacketsFlags {
  std::string file;
  ReadFlags read;
  bool json = false;
  uint64_t limit = std::numeric_limits<uint64_t>::max();
};

// Replaces the addresses; null changes nothing.
void Anonymize(Anonymizer* anonymizer, ReadPacket* packet) {
  if (anonymizer == nullptr) return;
  PacketHeaders& headers = packet->headers;
  if (headers.network == Network::kIp || headers.network == Network::kArp) {
    headers.source = anonymizer->Map(headers.source);
    headers.destination = anonymizer->Map(headers.destination);
  }
  headers.source_mac = anonymizer->Map(headers.source_mac);
  headers.destination_mac = anonymizer->Map(headers.destination_mac);
  anonymizer->Apply(&packet->flow.key);
}

ReadPacket Describe(const RawPacket& raw, uint64_t number, const CaptureOptions& options,
                    FragmentTable* fragments) {
  ReadPacket packet;
  packet.number = number;
  packet.raw = &raw;
  packet.outcome = ParsePacket(raw, options.tunnels, &packet.headers);
  if (packet.outcome != ParseOutcome::kOk) return packet;
  if (packet.headers.fragment != PacketHeaders::Fragment::kNone) {
    fragments->Resolve(raw.time_ns, &packet.headers);
  }
  packet.flow = Orient(packet.headers, options.home);
  return packet;
}

absl::Status Print(const PacketsFlags& flags) {
  auto options = MakeCaptureOptions(flags.read);
  if (!options.ok()) return options.status();
  auto source = OpenCapture(flags.file);
  if (!source.ok()) return source.status();
  auto anonymizer = Anonymizer::FromOptionalKey(options->anonymize_key);
  if (!anonymizer.ok()) return anonymizer.status();
  PacketCursor cursor(source->get());
  FragmentTable fragments;
  RawPacket raw;
  for (uint64_t number = 1; number <= flags.limit; ++number) {
    auto more = cursor.Next(&raw);
    if (!more.ok()) return more.status();
    if (!*more) break;
    ReadPacket packet = Describe(raw, number, *options, &fragments);
    Anonymize(anonymizer->get(), &packet);
    const std::string line = flags.json ? PacketJson(packet) : PacketText(packet);
    if (std::puts(line.c_str()) == EOF) break;  // who read it has seen enough
  }
  return absl::OkStatus();
}

}  // namespace

void AddPacketsCommand(CLI::App* parent, int* exit_status) {
  auto flags = std::make_shared<PacketsFlags>();
  CLI::App* app = parent->add_subcommand("packets", "Show what each packet's headers say");
  app->add_option("FILE", flags->file,
                  "Capture to read: pcap or pcapng, plain, gzip or zstd; - for standard input")
      ->required();
  app->add_flag("--json", flags->json, "A JSON object a packet");
  app->add_option("--limit", flags->limit, "At most this many packets")->type_name("N");
  AddPacketFlags(app, &flags->read);
  app->footer(
      "A line is: time (UTC), bytes on the wire, home end, direction, remote end, protocol.\n"
      "JSON says it from source to destination, with the outcome of every packet, times in ns\n"
      "since the Unix epoch, and the flow's ports for a later fragment whose first was seen.\n\n"
      "Examples:\n"
      "  silhouette packets call.pcap --limit 20\n"
      "  silhouette packets call.pcap --json | jq -r .destination | sort | uniq -c\n\n"
      "Exit status: 0 done; 1 failed, or the capture is cut (what it holds is shown); 2 usage.");
  app->callback([flags, exit_status] {
    absl::Status status = Print(*flags);
    std::fflush(stdout);
    *exit_status = status.ok() ? 0 : ReportFailure("packets", status);
  });
}

}  // namespace silhouette
