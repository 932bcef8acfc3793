#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace silhouette {

// What a key means to `silhouette label`.
struct LabelAction {
  enum Kind {
    kClass,
    kPause,
    kUndo,
    kEnd,
    kNothing,  // the end of a line, as where a pipe's keys stand on lines
    kUnknown,
  } kind;
  size_t class_number = 0;  // of kClass
};

// The keys of the classes, beside those that are always there: space, u or backspace, q.
class LabelKeys {
 public:
  // `keys` holds a character for each class; empty: each class has the first letter of its name
  // that is free, or the first digit from 1 on. Errors: INVALID_ARGUMENT naming the flag, --classes
  // or --keys, that is wrong.
  static absl::StatusOr<LabelKeys> Create(std::vector<std::string> classes,
                                          const std::vector<std::string>& keys);

  // Capital letters mean what small ones do.
  LabelAction ActionOf(char key) const;

  const std::vector<std::string>& classes() const { return classes_; }
  // The keys and what they mean, for people; lines.
  std::string Legend() const;

 private:
  LabelKeys(std::vector<std::string> classes, std::string keys)
      : classes_(std::move(classes)), keys_(std::move(keys)) {}

  std::vector<std::string> classes_;
  std::string keys_;  // one a class
};

}  // namespace silhouette
