// classify-svc's engine, without models, on any window batch: taken or refused.

#include "classify-svc/engine.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const silhouette::ClassifyEngine engine({});
  silhouette::v1::WindowBatch batch;
  if (!batch.ParseFromArray(data, static_cast<int>(size))) return 0;
  batch.set_spec_set_hash(engine.spec_set_hash());
  (void)engine.Classify(batch);
  return 0;
}
