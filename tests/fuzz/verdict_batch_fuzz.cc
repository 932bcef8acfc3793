// The gateway's store on any verdict batch, behind one that it holds: taken or refused. A refused
// batch leaves the store as it was, one that comes again adds nothing, and timelines can be made of
// whatever was taken.

#include <cstdlib>
#include <string>

#include "gateway/engine.h"

namespace silhouette {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

std::unique_ptr<GatewayEngine> NewEngine() {
  auto store = VerdictStore::Open("");
  Require(store.ok());
  return std::make_unique<GatewayEngine>(*std::move(store));
}

// Of a model with a timeline.
v1::VerdictBatch Known() {
  v1::VerdictBatch batch;
  batch.mutable_header()->set_origin("o");
  batch.mutable_header()->set_run("r");
  batch.mutable_header()->set_sequence(1);
  v1::ModelHead* model = batch.add_models();
  model->set_name("m");
  model->set_version("1");
  model->add_classes("no");
  model->add_classes("yes");
  model->set_schema("presence.v1");
  model->set_length_ns(500'000'000);
  model->set_hop_ns(500'000'000);
  for (double p : {0.9, 0.1, 0.1, 0.9}) model->mutable_timeline()->add_transition(p);
  for (double p : {0.5, 0.5}) model->mutable_timeline()->add_prior(p);
  v1::ModelVerdict* verdict = batch.add_verdicts();
  verdict->set_subject("device:192.168.1.20");
  verdict->set_window_start_ns(1'000'000'000'000'000'000);
  verdict->add_probabilities(0.75f);
  verdict->add_probabilities(0.25f);
  for (int i = 0; i < 9; ++i) verdict->add_features(i);
  return batch;
}

// All that a reader can see. Makes every timeline there is on the way.
std::string Contents(GatewayEngine* engine) {
  std::string text;
  const auto runs = engine->store()->ListRuns();
  Require(runs.ok());
  for (const StoredRun& run : *runs) {
    text += run.origin + '\n' + run.run + '\n' + std::to_string(run.watermark_ns) + '\n' +
            run.accounting.SerializeAsString() + run.incomplete + (run.ended ? "!" : "");
    const auto subjects = engine->store()->ListSubjects(run.id);
    Require(subjects.ok());
    for (const StoredSubject& subject : *subjects) {
      text += subject.subject + '\n' + subject.model.SerializeAsString();
      for (const auto method : {TimelineMethod::kForward, TimelineMethod::kViterbi}) {
        (void)engine->Timeline(run, {subject.subject, subject.model.name(), method});
      }
    }
    VerdictQuery all;
    all.run_id = run.id;
    const auto verdicts = engine->store()->ListVerdicts(all);
    Require(verdicts.ok());
    for (const v1::Verdict& verdict : *verdicts) text += verdict.SerializeAsString();
  }
  return text;
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace silhouette;
  v1::VerdictBatch batch;
  if (!batch.ParseFromArray(data, static_cast<int>(size))) return 0;
  const auto engine = NewEngine();
  Require(engine->store()->Add(Known()).ok());
  const std::string before = Contents(engine.get());
  const auto added = engine->store()->Add(batch);
  const std::string after = Contents(engine.get());
  if (!added.ok()) {
    // Anything else is taken for the disk's fault and waited out.
    Require(absl::IsInvalidArgument(added.status()) || absl::IsFailedPrecondition(added.status()));
    Require(after == before);
    return 0;
  }
  Require(added->count <= static_cast<uint64_t>(batch.verdicts_size()));
  const auto again = engine->store()->Add(batch);
  Require(again.ok() && again->count == 0);
  Require(Contents(engine.get()) == after);
  return 0;
}
