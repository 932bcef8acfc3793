#include "classify-svc/booster.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "classify-svc/ubjson.h"
#include "common/files.h"

// From <omp.h>, which clang has no copy of.
extern "C" int omp_get_max_threads();
extern "C" void omp_set_num_threads(int threads);

namespace silhouette {
namespace {

// XGBoost reads a model's trees by as many OpenMP threads as there are processors, whatever its
// own options say, and these threads stay. Made before a live capture gives up its privileges and
// blocks its signals, they would keep the one and die of the other.
class OneOpenMpThread {
 public:
  OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneOpenMpThread() { omp_set_num_threads(before_); }
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  const int before_;
};

absl::Status XgboostError(const std::string& what) {
  return absl::InternalError(absl::StrCat(what, ": ", XGBGetLastError()));
}

// XGBoost's words begin with "[12:00:00] ./src/file.cc:1: " and end in a stack trace.
std::string FirstLine(const std::string& words) {
  const std::string line = words.substr(0, words.find('\n'));
  const size_t place = line.find(".cc:");
  const size_t text = place == std::string::npos ? place : line.find(": ", place);
  return text == std::string::npos ? line : line.substr(text + 2);
}

// NumPy's array interface, which XGBoost reads a matrix from without copying it.
std::string ArrayInterface(const float* data, size_t rows, size_t columns) {
  return absl::StrCat("{\"data\":[", reinterpret_cast<uintptr_t>(data), ",true],\"shape\":[", rows,
                      ",", columns, "],\"typestr\":\"<f4\",\"version\":3}");
}

absl::Status CheckOutputs(size_t outputs, size_t classes) {
  if (outputs == (classes == 2 ? 1 : classes)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the model has ", outputs, " outputs, which is not ", classes, " classes"));
}

// type 0: predicted values; type 2: contributions; iteration_end 0: all trees.
constexpr char kPredictConfig[] =
    R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,)"
    R"("strict_shape":true,"cache_id":0,"missing":NaN})";
constexpr char kExplainConfig[] =
    R"({"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true})";

// As XGBoost takes them. Its matrices take no infinity; trees go the same way for the largest
// number.
std::vector<float> ToFinite(std::span<const double> rows) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  std::vector<float> values(rows.begin(), rows.end());
  for (float& value : values) value = std::clamp(value, -kLargest, kLargest);  // NaN stays
  return values;
}

struct FreeMatrix {
  void operator()(DMatrixHandle handle) const { XGDMatrixFree(handle); }
};

}  // namespace

absl::StatusOr<Booster> Booster::Load(const std::string& path) {
  auto model = ReadFile(path);
  if (!model.ok()) return model.status();
  return LoadAs(path, *model);
}

absl::StatusOr<Booster> Booster::LoadFromBytes(std::string_view model) {
  return LoadAs("model", model);
}

absl::StatusOr<Booster> Booster::LoadAs(const std::string& name, std::string_view model) {
  const auto refused = [&](const std::string& why) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": not an XGBoost model (", why, ")"));
  };
  const bool is_text = model.starts_with("{\"");
  if (!is_text && !IsWholeUbjson(model)) return refused("it is cut or damaged");
  BoosterHandle handle = nullptr;
  if (XGBoosterCreate(nullptr, 0, &handle) != 0) return XgboostError(name);
  Booster booster(handle);
  // One thread a prediction: the service's streams are the parallelism.
  XGBoosterSetParam(handle, "nthread", "1");
  const OneOpenMpThread one_thread;
  if (XGBoosterLoadModelFromBuffer(handle, model.data(), model.size()) != 0) {
    return refused(FirstLine(XGBGetLastError()));
  }
  // A model file may bring another number along.
  XGBoosterSetParam(handle, "nthread", "1");
  bst_ulong features = 0;
  if (XGBoosterGetNumFeature(handle, &features) != 0) return XgboostError(name);
  booster.features_ = features;
  return booster;
}

Booster::Booster(Booster&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), features_(other.features_) {}

Booster& Booster::operator=(Booster&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(features_, other.features_);
  return *this;
}

Booster::~Booster() {
  if (handle_ != nullptr) XGBoosterFree(handle_);
}

absl::Status Booster::Predict(std::span<const double> rows, size_t classes,
                              std::vector<float>* probabilities) const {
  if (rows.empty()) return absl::OkStatus();
  const std::vector<float> matrix(rows.begin(), rows.end());
  const size_t count = matrix.size() / features_;
  const uint64_t* shape = nullptr;
  uint64_t dimensions = 0;
  const float* result = nullptr;  // belongs to this thread until its next call
  if (XGBoosterPredictFromDense(handle_, ArrayInterface(matrix.data(), count, features_).c_str(),
                                kPredictConfig, nullptr, &shape, &dimensions, &result) != 0) {
    return XgboostError("prediction");
  }
  const size_t outputs = dimensions < 2 ? 1 : shape[1];
  if (absl::Status s = CheckOutputs(outputs, classes); !s.ok()) return s;
  for (size_t i = 0; i < count; ++i) {
    if (outputs == 1) probabilities->push_back(1 - result[i]);
    probabilities->insert(probabilities->end(), result + i * outputs, result + (i + 1) * outputs);
  }
  return absl::OkStatus();
}

absl::Status Booster::Explain(std::span<const double> rows, size_t classes,
                              std::vector<float>* contributions) const {
  if (rows.empty()) return absl::OkStatus();
  const std::vector<float> values = ToFinite(rows);
  const size_t count = values.size() / features_;
  DMatrixHandle handle = nullptr;
  if (XGDMatrixCreateFromMat(values.data(), count, features_,
                             std::numeric_limits<float>::quiet_NaN(), &handle) != 0) {
    return XgboostError("explanation");
  }
  const std::unique_ptr<void, FreeMatrix> matrix(handle);
  const uint64_t* shape = nullptr;
  uint64_t dimensions = 0;
  const float* result = nullptr;  // belongs to this thread until its next call
  if (XGBoosterPredictFromDMatrix(handle_, handle, kExplainConfig, &shape, &dimensions, &result) !=
      0) {
    return XgboostError("explanation");
  }
  const size_t outputs = dimensions < 3 ? 1 : shape[1];
  if (absl::Status s = CheckOutputs(outputs, classes); !s.ok()) return s;
  contributions->insert(contributions->end(), result, result + count * outputs * (features_ + 1));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<double>> Booster::TotalGains() const {
  bst_ulong count = 0, dimensions = 0;
  const char** names = nullptr;  // "f0", "f1", ...: those that some tree looks at
  const bst_ulong* shape = nullptr;
  const float* scores = nullptr;
  if (XGBoosterFeatureScore(handle_, R"({"importance_type":"total_gain"})", &count, &names,
                            &dimensions, &shape, &scores) != 0) {
    return XgboostError("gains");
  }
  std::vector<double> gains(features_);
  for (bst_ulong i = 0; i < count; ++i) {
    size_t feature = 0;
    if (!absl::SimpleAtoi(names[i] + 1, &feature) || feature >= features_) {
      return absl::InternalError(absl::StrCat("gains: no feature \"", names[i], "\""));
    }
    gains[feature] = scores[i];
  }
  return gains;
}

}  // namespace silhouette
