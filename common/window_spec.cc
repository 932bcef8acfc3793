#include "common/window_spec.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/duration.h"
#include "common/hash.h"
#include "common/schema.h"
#include "common/subject.h"

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

absl::StatusOr<uint32_t> ParseProtocol(const std::string& text) {
  uint32_t number;
  if (absl::SimpleAtoi(text, &number) && number < 256) return number;
  for (uint32_t protocol = 0; protocol < 256; ++protocol) {
    if (ProtocolName(static_cast<uint8_t>(protocol)) == text) return protocol;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("protocol \"", text, "\"; use tcp, udp, icmp, icmp6 or a number below 256"));
}

absl::Status SetProtocols(const std::string& names, v1::WindowSpec* spec) {
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(names, '+'))) {
    const auto protocol = ParseProtocol(name);
    if (!protocol.ok()) return protocol.status();
    spec->mutable_filter()->add_ip_protocols(*protocol);
  }
  return absl::OkStatus();
}

absl::Status SetDuration(const std::string& text, void (v1::WindowSpec::*set)(int64_t),
                         v1::WindowSpec* spec) {
  const auto duration_ns = ParseDurationNs(text);
  if (duration_ns.ok()) (spec->*set)(*duration_ns);
  return duration_ns.status();
}

absl::Status SetPart(const std::string& key, const std::string& value, v1::WindowSpec* spec) {
  if (key == "window") return SetDuration(value, &v1::WindowSpec::set_length_ns, spec);
  if (key == "hop") return SetDuration(value, &v1::WindowSpec::set_hop_ns, spec);
  if (key == "protocol") return SetProtocols(value, spec);
  if (key == "schema") {
    spec->set_schema(value);
    return absl::OkStatus();
  }
  if (key == "subject") {
    const auto kind = ParseSubjectKind(value);
    if (kind.ok()) spec->set_subject(*kind);
    return kind.status();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("no such part \"", key, "\"; there are subject, window, hop, schema, protocol"));
}

}  // namespace

absl::StatusOr<v1::WindowSpec> ParseSpec(std::string_view text) {
  v1::WindowSpec spec;
  for (const std::string& part : std::vector<std::string>(absl::StrSplit(std::string(text), ','))) {
    const size_t equals = std::min(part.find('='), part.size());
    const std::string value = part.substr(std::min(equals + 1, part.size()));
    if (absl::Status status = SetPart(part.substr(0, equals), value, &spec); !status.ok()) {
      return status;
    }
  }
  absl::Status status = NormalizeSpec(&spec);
  if (!status.ok()) return status;
  return spec;
}

absl::Status NormalizeSpec(v1::WindowSpec* spec) {
  if (spec->hop_ns() == 0) spec->set_hop_ns(spec->length_ns());
  NormalizeFilter(spec);
  if (spec->length_ns() < kMinLength || spec->length_ns() > kMaxLength) {
    return absl::InvalidArgumentError(absl::StrCat(
        "window length of ", FormatDurationNs(spec->length_ns()), "; it goes from 100 ms to 1 h"));
  }
  if (spec->hop_ns() < 0 || spec->length_ns() % spec->hop_ns() != 0 ||
      spec->length_ns() / spec->hop_ns() > kMostHops) {
    return absl::InvalidArgumentError(
        absl::StrCat("hop of ", FormatDurationNs(spec->hop_ns()), " for a length of ",
                     FormatDurationNs(spec->length_ns()), "; it divides the length into 1 to ",
                     kMostHops, " parts"));
  }
  if (SubjectKindName(spec->subject()) == kUnknownKind) {
    return absl::InvalidArgumentError(absl::StrCat("subject ", static_cast<int>(spec->subject()),
                                                   " is none of device, device-mac, "
                                                   "conversation, flow"));
  }
  return FindSchema(spec->schema()).status();
}

std::string FormatSpec(const v1::WindowSpec& normalized) {
  std::string text = absl::StrCat("subject=", SubjectKindName(normalized.subject()),
                                  ",window=", FormatDurationNs(normalized.length_ns()));
  if (normalized.hop_ns() != normalized.length_ns()) {
    absl::StrAppend(&text, ",hop=", FormatDurationNs(normalized.hop_ns()));
  }
  absl::StrAppend(&text, ",schema=", normalized.schema());
  std::vector<std::string> protocols;
  for (uint32_t protocol : normalized.filter().ip_protocols()) {
    protocols.push_back(protocol < 256 ? ProtocolName(static_cast<uint8_t>(protocol))
                                       : absl::StrCat(protocol));
  }
  if (!protocols.empty()) absl::StrAppend(&text, ",protocol=", absl::StrJoin(protocols, "+"));
  return text;
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
    case v1::SUBJECT_KIND_DEVICE_MAC:
      return "device-mac";
    case v1::SUBJECT_KIND_CONVERSATION:
      return "conversation";
    case v1::SUBJECT_KIND_FLOW:
      return "flow";
    default:
      return kUnknownKind;
  }
}

absl::StatusOr<v1::SubjectKind> ParseSubjectKind(std::string_view name) {
  for (v1::SubjectKind kind : {v1::SUBJECT_KIND_DEVICE, v1::SUBJECT_KIND_DEVICE_MAC,
                               v1::SUBJECT_KIND_CONVERSATION, v1::SUBJECT_KIND_FLOW}) {
    if (SubjectKindName(kind) == name) return kind;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "subject \"", std::string(name), "\"; there are device, device-mac, conversation and flow"));
}

}  // namespace silhouette
