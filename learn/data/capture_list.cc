#include "learn/data/capture_list.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/address.h"
#include "common/files.h"
#include "common/mac_address.h"

namespace silhouette {
namespace {

constexpr char kNothing[] = "-";
constexpr char kHeader[] = "path, label and, as you like, device, role, truth, source, simulated";

// One line by the names of its columns.
using Cells = std::map<std::string, std::string>;

absl::Status LineError(const ListedCapture& at, const std::string& why) {
  return absl::InvalidArgumentError(absl::StrCat(at.list, ":", at.line, ": ", why));
}

// What a column says; empty where it is missing or says -.
std::string Value(const Cells& cells, const std::string& column) {
  const auto cell = cells.find(column);
  return cell == cells.end() || cell->second == kNothing ? "" : cell->second;
}

std::string InFolderOf(const std::string& list, const std::string& path) {
  if (path.empty()) return path;
  return (std::filesystem::path(list).parent_path() / path).lexically_normal().string();
}

absl::StatusOr<AttackRole> ParseRole(const ListedCapture& at, const std::string& text) {
  if (text.empty()) return AttackRole::kNone;
  if (text == "attacker" || text == "infected") return AttackRole::kAttacker;
  if (text == "victim") return AttackRole::kVictim;
  return LineError(at, absl::StrCat("role \"", text, "\"; write attacker, infected, victim or -"));
}

absl::Status ParseDevice(ListedCapture* at, const std::string& text) {
  if (text.empty()) return absl::OkStatus();
  if (const auto address = IpAddress::Parse(text); address.ok()) {
    at->device = address->ToString();
    return absl::OkStatus();
  }
  if (const auto mac = MacAddress::Parse(text); mac.ok()) {
    at->device = mac->ToString();
    return absl::OkStatus();
  }
  return LineError(
      *at, absl::StrCat("device \"", text, "\" is no address; write an IP or MAC address, or -"));
}

// By a MAC address alone, or by none, the windows of all devices of the capture would be taken.
absl::Status CheckAttack(const ListedCapture& at) {
  if (at.role == AttackRole::kNone || IpAddress::Parse(at.device).ok()) return absl::OkStatus();
  return LineError(at, "a role is that of one device; write its IP address into the column device");
}

absl::StatusOr<ListedCapture> ParseLine(const Cells& cells, ListedCapture at) {
  const std::string path = Value(cells, "path");
  at.label = Value(cells, "label");
  if (path.empty() || at.label.empty()) {
    return LineError(at, "needs a path and a label; fill them in or remove the line");
  }
  at.pcap = InFolderOf(at.list, path);
  if (absl::Status s = ParseDevice(&at, Value(cells, "device")); !s.ok()) return s;
  auto role = ParseRole(at, Value(cells, "role"));
  if (!role.ok()) return role.status();
  at.role = *role;
  if (absl::Status s = CheckAttack(at); !s.ok()) return s;
  at.truth = InFolderOf(at.list, Value(cells, "truth"));
  const std::string simulated = Value(cells, "simulated");
  if (!simulated.empty() && simulated != "yes") {
    return LineError(at, absl::StrCat("simulated \"", simulated, "\"; write yes or -"));
  }
  at.simulated = simulated == "yes";
  at.source = Value(cells, "source");
  if (at.source.empty()) {
    at.source = MacAddress::Parse(at.device).ok()
                    ? at.device
                    : std::filesystem::path(path).lexically_normal().string();
  }
  return at;
}

absl::StatusOr<Cells> SplitLine(const std::vector<std::string>& header, std::string_view line,
                                const ListedCapture& at) {
  const std::vector<std::string> values = absl::StrSplit(std::string(line), '\t');
  if (values.size() != header.size()) {
    return LineError(at, absl::StrCat(values.size(), " columns where the header has ",
                                      header.size(), "; separate them by tabs"));
  }
  Cells cells;
  for (size_t i = 0; i < values.size(); ++i) cells[header[i]] = values[i];
  return cells;
}

}  // namespace

absl::StatusOr<std::vector<ListedCapture>> ReadCaptureList(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseCaptureList(path, *text);
}

absl::StatusOr<std::vector<ListedCapture>> ParseCaptureList(const std::string& path,
                                                            const std::string& text) {
  std::vector<ListedCapture> captures;
  std::vector<std::string> header;
  ListedCapture at;
  at.list = path;
  for (const absl::string_view text_line : absl::StrSplit(text, '\n')) {
    std::string line(text_line);
    ++at.line;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    if (header.empty()) {
      header = absl::StrSplit(line, '\t');
      const auto has = [&](const char* name) {
        return std::find(header.begin(), header.end(), name) != header.end();
      };
      if (has("path") && has("label")) continue;
      return LineError(at, absl::StrCat("no header of a list of captures; name the columns: ",
                                        kHeader, ", with tabs between"));
    }
    const auto cells = SplitLine(header, line, at);
    if (!cells.ok()) return cells.status();
    auto capture = ParseLine(*cells, at);
    if (!capture.ok()) return capture.status();
    captures.push_back(*std::move(capture));
  }
  if (!captures.empty()) return captures;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": names no capture; write a line for each: ", kHeader));
}

}  // namespace silhouette
