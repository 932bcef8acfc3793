#include "tests/bench/peers.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <regex>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "tests/bench/check.h"
#include "tests/bench/flood_file.h"
#include "tests/bench/rounds.h"

namespace silhouette::bench {
namespace {

constexpr int kRounds = 3;
constexpr size_t kTsharkPackets = 200'000, kFlows = 1'000;
constexpr double kFlowMeterGoal = 1.5, kTsharkGoal = 50;

struct Peer {
  std::string name;
  std::string program;  // looked for in PATH; empty: it was built with this bench
  std::string package;  // Debian's; several have blanks between
  std::string command;  // for the shell; {file} and {folder} are filled in
  std::string said;     // a pattern of the number of packets in what is printed
  std::string ask;      // prints that, where the command does not
};

const Peer kFlowMeters[] = {
    {"nfpcapd", "nfpcapd", "nfdump", "nfpcapd -r {file} -w {folder}",
     "Total: Processed: ([0-9]+), skipped: 0, short caplen: 0, unknown: 0", ""},
    {"softflowd", "softflowd", "softflowd", "softflowd -r {file} -p {folder}/pid -c none",
     "Packets processed: ([0-9]+)", ""},
    {"argus", "argus", "argus-server argus-client", "argus -X -r {file} -w {folder}/flows",
     "sum +[0-9]+ +([0-9]+)", "racount -r {folder}/flows"},
};

// The columns of the published notebook, and the packets, bytes and their squares of each half
// second of each pair of addresses.
const Peer kTshark = {
    "tshark -T fields | awk",
    "tshark",
    "tshark",
    "tshark -n -r {file} -T fields -E separator=, -e frame.time_epoch -e frame.len -e ip.src "
    "-e ip.dst -e udp.srcport -e udp.dstport -e ip.proto | awk -F, "
    "'{k = int($1 * 2) \",\" $3 \",\" $4; n[k]++; s[k] += $2; q[k] += $2 * $2} "
    "END {for (k in n) print k, n[k], s[k], q[k] >\"{folder}/windows\"; print \"packets\", NR}'",
    "packets ([0-9]+)",
    ""};

Peer Silhouette(const std::string& name, const std::string& flags) {
  const auto bench = std::filesystem::read_symlink("/proc/self/exe");
  return {name,
          "",
          "",
          absl::StrCat((bench.parent_path() / "silhouette").string(),
                       " features {file} -o {folder}/windows.csv", flags),
          "accounts: received ([0-9]+) ",
          ""};
}

// A folder that goes with all that is in it.
class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "silhouette-peer-XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) Check(absl::InternalError(path_ + ": cannot be made"));
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// What it prints. Ends the bench where it fails.
std::string RunShell(const std::string& command) {
  FILE* pipe = popen(absl::StrCat("{ ", command, "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) Check(absl::InternalError("no shell"));
  std::string text;
  char buffer[4096];
  size_t count;
  while ((count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0) text.append(buffer, count);
  const int status = pclose(pipe);
  if (status != 0) Check(absl::InternalError(absl::StrCat(command, ": ", text)));
  return text;
}

void CheckPackets(const Peer& peer, const std::string& text, size_t packets) {
  std::smatch match;
  if (std::regex_search(text, match, std::regex(peer.said)) &&
      match[1].str() == absl::StrCat(packets)) {
    return;
  }
  Check(absl::InternalError(
      absl::StrCat(peer.name, " does not say that it read ", packets, " packets: ", text)));
}

double WallSecondsOf(const Peer& peer, const std::string& path, size_t packets) {
  const Folder folder;
  const auto filled_in = [&](const std::string& text) {
    return absl::StrReplaceAll(text, {{"{file}", path}, {"{folder}", folder.path()}});
  };
  const double start = WallSeconds();
  std::string said = RunShell(filled_in(peer.command));
  const double seconds = WallSeconds() - start;
  if (!peer.ask.empty()) said = RunShell(filled_in(peer.ask));
  CheckPackets(peer, said, packets);
  return seconds;
}

bool IsInPath(std::string_view program) {
  const char* folders = std::getenv("PATH");
  for (const auto folder : absl::StrSplit(folders == nullptr ? "" : folders, ':')) {
    const std::string path = absl::StrCat(folder, "/", std::string(program));
    if (access(path.c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool IsInstalled(const Peer& peer) {
  const std::string_view ask = peer.ask;
  if (IsInPath(peer.program) && (ask.empty() || IsInPath(ask.substr(0, ask.find(' '))))) {
    return true;
  }
  std::fprintf(stderr,
               "bench: %s is left out, as it is not installed: ./dev setup bench, or apt-get "
               "install %s\n",
               peer.program.c_str(), peer.package.c_str());
  return false;
}

struct Run {
  Peer peer;
  std::string path;  // of the flood
  size_t packets;
  std::vector<double> rates = {};  // packets/s by round
};

void MeasureRates(std::vector<Run>* runs) {
  for (int round = 0; round < kRounds; ++round) {
    for (Run& run : *runs) {
      const double seconds = WallSecondsOf(run.peer, run.path, run.packets);
      run.rates.push_back(static_cast<double>(run.packets) / seconds);
    }
  }
}

Row RowOf(const Run& run) {
  return {run.peer.name + ", process, wall", Median(run.rates), "packets/s", {}, "", {}};
}

Row RowAgainst(const Run& run, const Run& other, double goal) {
  Row row = RowOf(run);
  row.ratio = MedianRatio(run.rates, other.rates);
  row.against = other.peer.program;
  row.goal = goal;
  return row;
}

std::vector<Row> RowsOf(const std::vector<Run>& own, const std::vector<Run>& meters,
                        const std::optional<Run>& tshark) {
  std::vector<Row> rows;
  for (const Run& meter : meters) rows.push_back(RowOf(meter));
  const auto fastest = std::max_element(
      meters.begin(), meters.end(),
      [](const Run& a, const Run& b) { return Median(a.rates) < Median(b.rates); });
  for (const Run& run : own) {
    rows.push_back(fastest == meters.end() ? RowOf(run)
                                           : RowAgainst(run, *fastest, kFlowMeterGoal));
  }
  if (tshark.has_value()) {
    rows.push_back(RowOf(*tshark));
    rows.push_back(RowAgainst(own.back(), *tshark, kTsharkGoal));
  }
  return rows;
}

}  // namespace

std::vector<Row> ComparePeers(const std::string& path, size_t packets) {
  const size_t few = std::min(packets, kTsharkPackets);
  const auto small = FloodFile::Write({.packets = few, .flows = kFlows});
  Check(small.status());
  std::vector<Run> runs = {
      {Silhouette("silhouette features", ""), path, packets},
      {Silhouette("silhouette features, UDP", " --protocol udp"), path, packets}};
  const auto own = static_cast<std::ptrdiff_t>(runs.size());
  for (const Peer& peer : kFlowMeters) {
    if (IsInstalled(peer)) runs.push_back({peer, path, packets});
  }
  const auto meters = static_cast<std::ptrdiff_t>(runs.size());
  if (IsInstalled(kTshark)) runs.push_back({kTshark, (*small)->path(), few});
  MeasureRates(&runs);
  const auto begin = runs.begin();
  std::optional<Run> tshark;
  if (begin + meters != runs.end()) tshark = runs.back();
  return RowsOf({begin, begin + own}, {begin + own, begin + meters}, tshark);
}

}  // namespace silhouette::bench
