#include "learn/models/trainer.h"

#include <xgboost/c_api.h>

#include <limits>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "learn/models/classifier.h"

namespace silhouette {
namespace {

struct FreeMatrix {
  void operator()(DMatrixHandle handle) const { XGDMatrixFree(handle); }
};
struct FreeBooster {
  void operator()(BoosterHandle handle) const { XGBoosterFree(handle); }
};
using Matrix = std::unique_ptr<void, FreeMatrix>;
using BoosterPtr = std::unique_ptr<void, FreeBooster>;

absl::Status XgboostError(const std::string& what) {
  // XGBoost's own words end in a stack trace; the first line says it.
  const std::string words = XGBGetLastError();
  return absl::InternalError(absl::StrCat(what, ": ", words.substr(0, words.find('\n'))));
}

// Not XGBoost's: our loop counts the rounds, and classes are weighed by their rows' weights.
bool IsOurs(const std::string& name) {
  return name == "num_boost_round" || name == "class_weights";
}

// The weight of a row of each class.
std::vector<float> ClassWeights(const Dataset& data, std::span<const size_t> rows) {
  std::vector<float> weights;
  for (size_t count : RowsByClass(data, rows)) {
    weights.push_back(static_cast<float>(rows.size()) /
                      (static_cast<float>(data.classes.size()) * static_cast<float>(count)));
  }
  return weights;
}

absl::StatusOr<Matrix> MatrixOf(const Dataset& data, std::span<const size_t> rows, bool balanced) {
  std::vector<float> values, labels, weights;
  values.reserve(rows.size() * data.feature_names.size());
  const std::vector<float> class_weights =
      balanced ? ClassWeights(data, rows) : std::vector<float>();
  for (size_t row : rows) {
    for (double value : data.row(row)) values.push_back(static_cast<float>(value));
    labels.push_back(static_cast<float>(data.label[row]));
    if (balanced) weights.push_back(class_weights[static_cast<size_t>(data.label[row])]);
  }
  DMatrixHandle handle = nullptr;
  if (XGDMatrixCreateFromMat(values.data(), rows.size(), data.feature_names.size(),
                             std::numeric_limits<float>::quiet_NaN(), &handle) != 0) {
    return XgboostError("rows");
  }
  Matrix matrix(handle);
  if (XGDMatrixSetFloatInfo(handle, "label", labels.data(), labels.size()) != 0) {
    return XgboostError("labels");
  }
  if (balanced && XGDMatrixSetFloatInfo(handle, "weight", weights.data(), weights.size()) != 0) {
    return XgboostError("weights");
  }
  return matrix;
}

// A model that grows round by round.
class Training {
 public:
  static absl::StatusOr<Training> Begin(const Dataset& data, std::span<const size_t> rows,
                                        const TrainerParameters& parameters) {
    if (absl::Status s = CheckEveryClassHasARow(data, rows); !s.ok()) return s;
    absl::StatusOr<Matrix> matrix = MatrixOf(data, rows, parameters.balanced);
    if (!matrix.ok()) return matrix.status();
    const DMatrixHandle training = matrix->get();
    BoosterHandle handle = nullptr;
    if (XGBoosterCreate(&training, 1, &handle) != 0) return XgboostError("training");
    Training begun(*std::move(matrix), BoosterPtr(handle));
    for (const auto& [name, value] :
         XgboostParameters(parameters, data.classes.size(), rows.size())) {
      if (IsOurs(name)) continue;
      if (XGBoosterSetParam(handle, name.c_str(), value.c_str()) != 0) return XgboostError(name);
    }
    return begun;
  }

  absl::Status Grow() {
    if (XGBoosterUpdateOneIter(booster_.get(), round_++, matrix_.get()) == 0) {
      return absl::OkStatus();
    }
    return XgboostError("training");
  }

  // The mean log loss on these rows, whose labels and weights it holds.
  absl::StatusOr<double> LogLoss(const Matrix& rows) const {
    DMatrixHandle handle = rows.get();
    const char* name = "held";
    const char* text = nullptr;  // XGBoost's until its next call; "[7]\theld-logloss:0.25"
    double loss = 0;
    if (XGBoosterEvalOneIter(booster_.get(), round_, &handle, &name, 1, &text) != 0) {
      return XgboostError("held-out rows");
    }
    const std::string_view said(text);
    if (const size_t colon = said.rfind(':'); colon != said.npos) {
      const std::string number(said.substr(colon + 1));
      if (absl::SimpleAtod(number, &loss)) return loss;
    }
    return absl::InternalError(absl::StrCat("XGBoost says no loss but \"", text, "\""));
  }

  absl::StatusOr<std::string> Save() const {
    bst_ulong size = 0;
    const char* bytes = nullptr;  // XGBoost's until its next call
    if (XGBoosterSaveModelToBuffer(booster_.get(), R"({"format":"ubj"})", &size, &bytes) != 0) {
      return XgboostError("saving the model");
    }
    return std::string(bytes, size);
  }

 private:
  Training(Matrix matrix, BoosterPtr booster)
      : matrix_(std::move(matrix)), booster_(std::move(booster)) {}

  Matrix matrix_;
  BoosterPtr booster_;
  int round_ = 0;
};

}  // namespace

std::map<std::string, std::string> XgboostParameters(const TrainerParameters& parameters,
                                                     size_t classes, size_t rows) {
  std::map<std::string, std::string> names = {
      {"num_boost_round", absl::StrCat(parameters.num_boost_round)},
      {"max_depth", absl::StrCat(parameters.max_depth)},
      {"eta", absl::StrCat(parameters.eta)},
      {"min_child_weight", absl::StrCat(parameters.min_child_weight)},
      {"lambda", absl::StrCat(parameters.lambda)},
      {"subsample", absl::StrCat(parameters.subsample)},
      {"colsample_bynode", absl::StrCat(parameters.colsample_bynode)},
      {"class_weights", parameters.balanced ? "balanced" : "none"},
      {"objective", classes == 2 ? "binary:logistic" : "multi:softprob"},
      {"eval_metric", classes == 2 ? "logloss" : "mlogloss"},
      // Seeded and on one thread: equal data gives an equal model.
      {"tree_method", parameters.binned || rows > kExactRows ? "hist" : "exact"},
      {"seed", "1"},
      // Else all models of a thread draw from one sequence, and what one draws depends on the rest.
      {"seed_per_iteration", "1"},
      {"nthread", "1"},
      {"verbosity", "0"},
  };
  if (classes > 2) names["num_class"] = absl::StrCat(classes);
  return names;
}

absl::StatusOr<std::string> TrainModel(const Dataset& data, std::span<const size_t> rows,
                                       const TrainerParameters& parameters) {
  absl::StatusOr<Training> training = Training::Begin(data, rows, parameters);
  if (!training.ok()) return training.status();
  for (int round = 0; round < parameters.num_boost_round; ++round) {
    if (absl::Status s = training->Grow(); !s.ok()) return s;
  }
  return training->Save();
}

struct HeldOutTraining::State {
  Training training;
  Matrix held_out;
};

HeldOutTraining::HeldOutTraining(std::unique_ptr<State> state) : state_(std::move(state)) {}
HeldOutTraining::HeldOutTraining(HeldOutTraining&&) noexcept = default;
HeldOutTraining& HeldOutTraining::operator=(HeldOutTraining&&) noexcept = default;
HeldOutTraining::~HeldOutTraining() = default;

absl::StatusOr<HeldOutTraining> HeldOutTraining::Begin(const Dataset& data,
                                                       std::span<const size_t> rows,
                                                       std::span<const size_t> held_out,
                                                       const TrainerParameters& parameters) {
  absl::StatusOr<Training> training = Training::Begin(data, rows, parameters);
  if (!training.ok()) return training.status();
  absl::StatusOr<Matrix> matrix = MatrixOf(data, held_out, /*balanced=*/false);
  if (!matrix.ok()) return matrix.status();
  return HeldOutTraining(
      std::unique_ptr<State>(new State{*std::move(training), *std::move(matrix)}));
}

absl::StatusOr<double> HeldOutTraining::Grow() {
  if (absl::Status s = state_->training.Grow(); !s.ok()) return s;
  return state_->training.LogLoss(state_->held_out);
}

}  // namespace silhouette
