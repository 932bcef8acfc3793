#include "common/window_spec.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/hash.h"
#include "common/schema.h"

namespace silhouette {
namespace {

constexpr int64_t kMinLength = 100'000'000;        // 100 ms
constexpr int64_t kMaxLength = 3'600'000'000'000;  // 1 h
constexpr int64_t kMostHops = 64;                  // in one window
constexpr char kUnknownKind[] = "unspecified";

void NormalizeFilter(v1::WindowSpec* spec) {
  if (!spec->has_filter()) return;
  auto* protocols = spec->mutable_filter()->mutable_ip_protocols();
  std::sort(protocols->begin(), protocols->end());
  protocols->erase(std::unique(protocols->begin(), protocols->end()), protocols->end());
  if (protocols->empty()) spec->clear_filter();
}

}  // namespace

absl::Status NormalizeSpec(v1::WindowSpec* spec) {
  if (spec->hop_ns() == 0) spec->set_hop_ns(spec->length_ns());
  NormalizeFilter(spec);
  if (spec->length_ns() < kMinLength || spec->length_ns() > kMaxLength) {
    return absl::InvalidArgumentError(
        absl::StrCat("window length of ", spec->length_ns(), " ns; it goes from 100 ms to 1 h"));
  }
  if (spec->hop_ns() < 0 || spec->length_ns() % spec->hop_ns() != 0 ||
      spec->length_ns() / spec->hop_ns() > kMostHops) {
    return absl::InvalidArgumentError(
        absl::StrCat("hop of ", spec->hop_ns(), " ns for a length of ", spec->length_ns(),
                     " ns; it divides the length into 1 to ", kMostHops, " parts"));
  }
  if (SubjectKindName(spec->subject()) == kUnknownKind) {
    return absl::InvalidArgumentError(absl::StrCat("subject ", static_cast<int>(spec->subject()),
                                                   " is none of device, device-mac, "
                                                   "conversation, flow"));
  }
  return FindSchema(spec->schema()).status();
}

std::string SpecText(const v1::WindowSpec& normalized) {
  const auto& protocols = normalized.filter().ip_protocols();
  return absl::StrCat(
      SubjectKindName(normalized.subject()), " ", normalized.length_ns(), "/", normalized.hop_ns(),
      " ", protocols.empty() ? "all" : absl::StrJoin(protocols, ","), " ", normalized.schema());
}

std::string SpecSetHash(const std::vector<v1::WindowSpec>& normalized) {
  std::string text;
  for (const v1::WindowSpec& spec : normalized) absl::StrAppend(&text, SpecText(spec), "\n");
  return StableHash(text);
}

std::string SubjectKindName(v1::SubjectKind kind) {
  switch (kind) {
    case v1::SUBJECT_KIND_DEVICE:
      return "device";
    case v1::SUBJECT_KIND_CONVERSATION:
      return "conversation";
    case v1::SUBJECT_KIND_FLOW:
      return "flow";
    case v1::SUBJECT_KIND_DEVICE_MAC:
      return "device-mac";
    default:
      return kUnknownKind;
  }
}

}  // namespace silhouette
