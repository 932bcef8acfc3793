// What a gateway takes: verdicts stored and watched, a store of millions, many watchers over HTTP,
// and a capture of a gigabyte. The gateway is a process of its own with its store on disk.

#include <grpcpp/client_context.h>
#include <httplib.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/capture_file/test_pcap.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"
#include "common/link_sender.h"
#include "common/parse/test_frames.h"
#include "silhouette/v1/gateway_service.grpc.pb.h"
#include "tests/bench/check.h"
#include "tests/bench/report.h"
#include "tests/bench/service_process.h"
#include "tests/bench/stored_verdicts.h"

namespace silhouette::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kSubjects = 58;  // ten million verdicts are a day of each
constexpr double kRateGoal = 20'000, kTimelineGoalMs = 50, kMemoryGoal = 1.1;
constexpr int kWatchers = 200;

double Seconds(Steady::time_point from) {
  return std::chrono::duration<double>(Steady::now() - from).count();
}

// Counts what comes, for whoever waits for a number.
class Counter {
 public:
  void Add(uint64_t more) {
    std::lock_guard lock(mutex_);
    count_ += more;
    changed_.notify_all();
  }
  void WaitFor(uint64_t count) {
    std::unique_lock lock(mutex_);
    constexpr std::chrono::minutes kPatience(5);
    if (changed_.wait_for(lock, kPatience, [&] { return count_ >= count; })) return;
    Check(absl::DeadlineExceededError(absl::StrCat(count_, " of ", count, " came")));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t count_ = 0;  // guarded by mutex_
};

// A gateway, and a link to it.
class Bench {
 public:
  Bench()
      : gateway_("gateway", folder_,
                 {"--store", folder_.File("verdicts.db"), "--web-listen", "127.0.0.1:0"}),
        stub_(v1::GatewayService::NewStub(OpenChannel(gateway_.address()))),
        sender_("gateway", [this](grpc::ClientContext* context) { return stub_->Push(context); },
                {[this](const v1::Ack& ack) { acked_ = ack.sequence(); }}) {}
  ~Bench() { Check(sender_.Close()); }

  // Stores so many more, and waits until they are; returns how many there were in fact.
  uint64_t Store(uint64_t verdicts) {
    uint64_t sent = 0;
    while (sent < verdicts) {
      const v1::VerdictBatch& batch = verdicts_.Next();
      Check(sender_.Send(batch));
      sent += static_cast<uint64_t>(batch.verdicts_size());
      sequence_ = batch.header().sequence();
    }
    while (acked_ < sequence_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    stored_ += sent;
    return sent;
  }

  ServiceProcess* gateway() { return &gateway_; }
  v1::GatewayService::Stub* stub() { return stub_.get(); }
  uint64_t stored() const { return stored_; }
  int64_t end_ns() const { return verdicts_.next_start_ns(); }

 private:
  const BenchFolder folder_;
  ServiceProcess gateway_;
  const std::unique_ptr<v1::GatewayService::Stub> stub_;
  StoredVerdicts verdicts_{kSubjects};
  std::atomic<uint64_t> acked_ = 0;
  uint64_t sequence_ = 0;
  uint64_t stored_ = 0;
  LinkSender<v1::VerdictBatch> sender_;
};

// Stores while one watcher reads all of it; both are done when it has.
void MeasureWatched(Bench* bench, uint64_t verdicts, std::vector<Row>* rows) {
  Counter seen;
  grpc::ClientContext context;
  auto reader = bench->stub()->WatchVerdicts(&context, {});
  v1::WatchVerdictsResponse response;
  if (!reader->Read(&response)) Check(FromGrpcStatus(reader->Finish()));
  std::thread watcher([&] {
    while (reader->Read(&response)) {
      if (response.missed() > 0) Check(absl::DataLossError("the watcher missed some"));
      seen.Add(static_cast<uint64_t>(response.verdicts_size()));
    }
    reader->Finish();
  });
  const double cpu = bench->gateway()->cpu_s();
  const auto start = Steady::now();
  const uint64_t stored = bench->Store(verdicts);
  seen.WaitFor(stored);
  const double seconds = Seconds(start);
  const double cores = (bench->gateway()->cpu_s() - cpu) / seconds;
  context.TryCancel();
  watcher.join();
  rows->push_back({"stored and watched",
                   static_cast<double>(stored) / seconds,
                   "verdicts/s",
                   {},
                   "",
                   kRateGoal});
  rows->push_back({"stored and watched, CPU", cores, "cores", {}, "", {}, false});
}

void MeasureFill(Bench* bench, uint64_t verdicts, std::vector<Row>* rows) {
  const auto start = Steady::now();
  uint64_t stored = 0;
  while (bench->stored() < verdicts) {
    stored += bench->Store(std::min<uint64_t>(500'000, verdicts - bench->stored()));
    std::fprintf(stderr, "\r%8.1f million stored", static_cast<double>(bench->stored()) / 1e6);
  }
  std::fprintf(stderr, "\n");
  if (stored == 0) return;
  rows->push_back({absl::StrCat("stored, up to ", bench->stored() / 1'000'000, " million"),
                   static_cast<double>(stored) / Seconds(start),
                   "verdicts/s",
                   {},
                   "",
                   kRateGoal});
}

// The median time of a call, ms.
void MeasureCall(const std::string& name, std::optional<double> goal,
                 const std::function<grpc::Status(grpc::ClientContext*)>& call,
                 std::vector<Row>* rows) {
  constexpr int kRounds = 15;
  std::vector<double> ms;
  for (int round = 0; round < kRounds; ++round) {
    grpc::ClientContext context;
    const auto start = Steady::now();
    Check(FromGrpcStatus(call(&context)));
    ms.push_back(1e3 * Seconds(start));
  }
  rows->push_back({name, Median(ms), "ms", {}, "", goal, false});
}

void MeasureReading(Bench* bench, std::vector<Row>* rows) {
  const std::string of = absl::StrCat(" (", bench->stored() / 1'000'000, " million stored)");
  v1::GetTimelineRequest day;
  day.set_subject(StoredVerdicts::Subject(kSubjects / 2));
  day.set_to_ns(bench->end_ns());
  day.set_from_ns(bench->end_ns() - StoredVerdicts::kDayNs);
  day.set_max_points(1000);
  v1::GetTimelineResponse timeline;
  for (const auto& [name, method] : {std::pair("live", v1::TIMELINE_METHOD_FORWARD),
                                     std::pair("finished", v1::TIMELINE_METHOD_VITERBI)}) {
    day.set_method(method);
    MeasureCall(
        absl::StrCat("a day's ", name, " timeline", of), kTimelineGoalMs,
        [&](auto* context) { return bench->stub()->GetTimeline(context, day, &timeline); }, rows);
  }
  uint64_t windows = 0;
  for (const v1::Segment& segment : timeline.segments()) windows += segment.windows();
  rows->push_back({"its windows", static_cast<double>(windows), "", {}, "", {}});
  v1::GetSummaryRequest hours;
  hours.set_subject(day.subject());
  hours.set_step(v1::SUMMARY_STEP_HOUR);
  v1::GetSummaryResponse summary;
  MeasureCall(
      "a summary by hours" + of, {},
      [&](auto* context) { return bench->stub()->GetSummary(context, hours, &summary); }, rows);
  v1::ListSubjectsResponse subjects;
  MeasureCall(
      "the subjects" + of, {},
      [&](auto* context) { return bench->stub()->ListSubjects(context, {}, &subjects); }, rows);
  v1::ListVerdictsRequest page;
  page.add_subjects(day.subject());
  page.set_from_ns(bench->end_ns() - StoredVerdicts::kDayNs / 2);
  v1::ListVerdictsResponse verdicts;
  MeasureCall(
      "a page of a subject's verdicts" + of, {},
      [&](auto* context) { return bench->stub()->ListVerdicts(context, page, &verdicts); }, rows);
}

// Reads server-sent events in a thread, and counts the verdicts in them.
class HttpWatcher {
 public:
  HttpWatcher(int port, Counter* open, Counter* seen)
      : client_("127.0.0.1", port), thread_([this, open, seen] {
          client_.set_read_timeout(600, 0);
          bool is_open = false;
          client_.Get("/v1/verdicts:watch", [&](const char* data, size_t size) {
            if (!is_open) open->Add(1);
            is_open = true;
            seen->Add(CountVerdicts({data, size}));
            return !stopped_;
          });
        }) {}
  ~HttpWatcher() {
    stopped_ = true;
    client_.stop();
    thread_.join();
  }

 private:
  // A name may be cut in two by the pieces in which it comes.
  uint64_t CountVerdicts(std::string_view piece) {
    constexpr std::string_view kOneEach = "\"windowStartNs\"";
    rest_ += piece;
    uint64_t count = 0;
    size_t from = 0;
    for (size_t at; (at = rest_.find(kOneEach, from)) != std::string::npos; ++count) {
      from = at + kOneEach.size();
    }
    rest_.erase(0, std::max(from, rest_.size() - std::min(rest_.size(), kOneEach.size() - 1)));
    return count;
  }

  httplib::Client client_;
  std::string rest_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

void MeasureWatchers(Bench* bench, std::vector<Row>* rows) {
  const int port = bench->gateway()->port("web");
  Counter open, seen;
  std::vector<std::unique_ptr<HttpWatcher>> watchers;
  for (int i = 0; i < kWatchers; ++i) {
    watchers.push_back(std::make_unique<HttpWatcher>(port, &open, &seen));
  }
  open.WaitFor(kWatchers);
  httplib::Client one_more("127.0.0.1", port);
  const auto refused = one_more.Get("/v1/verdicts:watch");
  rows->push_back(
      {"watcher 201 is answered", refused ? double(refused->status) : 0, "HTTP", {}, "", {}});
  std::vector<double> ms, request_ms;
  uint64_t told = 0;
  for (int round = 0; round < 20; ++round) {
    const auto start = Steady::now();
    told += kWatchers * bench->Store(1);  // a batch
    const auto asked = Steady::now();
    const auto runs = one_more.Get("/v1/runs");
    request_ms.push_back(1e3 * Seconds(asked));
    if (!runs || runs->status != 200) Check(absl::UnavailableError("GET /v1/runs"));
    seen.WaitFor(told);
    ms.push_back(1e3 * Seconds(start));
  }
  const double batch = static_cast<double>(told) / 20 / kWatchers;
  rows->push_back({absl::StrCat(kWatchers, " watchers over HTTP told of ", batch, " verdicts"),
                   Median(ms),
                   "ms",
                   {},
                   "",
                   {},
                   false});
  rows->push_back({"verdicts told to all of them",
                   1e3 * static_cast<double>(told) / 20 / Median(ms),
                   "verdicts/s",
                   {},
                   "",
                   {}});
  rows->push_back({"another request meanwhile", Median(request_ms), "ms", {}, "", {}, false});
}

// Hands in a capture of so many bytes that is made as it goes; the most memory the gateway took.
double PeakOfUpload(size_t bytes, double* mb_s) {
  const BenchFolder folder;
  ServiceProcess gateway("gateway", folder,
                         {"--store", folder.File("v.db"), "--web-listen", "127.0.0.1:0"});
  test_frames::Bytes frame = test_frames::UdpFrame();
  frame.resize(980, 'x');
  std::string piece;
  for (int i = 0; i < 256; ++i) {
    piece += test_pcap::Record(1'700'000'000'000'000'000 + static_cast<uint64_t>(i) * 1'000, frame);
  }
  httplib::Client client("127.0.0.1", gateway.port("web"));
  client.set_read_timeout(600, 0);
  client.set_write_timeout(600, 0);
  size_t sent = 0;
  const auto start = Steady::now();
  const auto answer = client.Post(
      "/v1/jobs?name=large.pcap",
      [&](size_t, httplib::DataSink& sink) {
        if (sent == 0) {
          const std::string header = test_pcap::Header();
          sink.write(header.data(), header.size());
        }
        sink.write(piece.data(), piece.size());
        sent += piece.size();
        if (sent >= bytes) sink.done();
        return true;
      },
      "application/vnd.tcpdump.pcap");
  if (!answer || answer->status / 100 != 2) {
    Check(absl::UnavailableError(answer ? answer->body : "the upload broke"));
  }
  *mb_s = static_cast<double>(sent) / 1e6 / Seconds(start);
  return gateway.peak_mib();
}

void MeasureUploads(std::vector<Row>* rows) {
  double mb_s = 0;
  const double small = PeakOfUpload(size_t{64} << 20, &mb_s);
  const double large = PeakOfUpload(size_t{1} << 30, &mb_s);
  rows->push_back({"memory of a 64 MiB upload", small, "MiB", {}, "", {}, false});
  rows->push_back(
      {"memory of a 1 GiB upload", large, "MiB", large / small, "64 MiB", kMemoryGoal, false});
  rows->push_back({"a 1 GiB upload, cut to headers", mb_s, "MB/s", {}, "", {}});
}

}  // namespace
}  // namespace silhouette::bench

int main(int argc, char** argv) {
  using namespace silhouette::bench;
  uint64_t verdicts = 10'000'000;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) {
      json = true;
    } else if (std::strcmp(argv[i], "--verdicts") == 0 && i + 1 < argc &&
               absl::SimpleAtoi(argv[i + 1], &verdicts)) {
      ++i;
    } else {
      std::fprintf(stderr, "usage: %s [--verdicts N] [--json]\n", argv[0]);
      return 2;
    }
  }
  spdlog::set_level(spdlog::level::warn);
  std::vector<Row> rows;
  MeasureUploads(&rows);
  Bench bench;
  MeasureWatched(&bench, std::min<uint64_t>(verdicts, 400'000), &rows);
  MeasureWatchers(&bench, &rows);
  MeasureFill(&bench, verdicts, &rows);
  MeasureReading(&bench, &rows);
  Print(rows, json);
  return 0;
}
