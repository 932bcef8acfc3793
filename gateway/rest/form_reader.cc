#include "gateway/rest/form_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"

namespace silhouette {
namespace {

constexpr size_t kMostBoundaryBytes = 70;  // RFC 2046

// The value at the beginning of `text`, quoted or not, and what follows it; empty: it is malformed.
std::pair<std::string, absl::string_view> TakeValue(absl::string_view text) {
  const auto behind = [&](size_t at) {
    return text.substr(std::min(text.find(';', at), text.size()));
  };
  if (!absl::StartsWith(text, "\"")) {
    const absl::string_view rest = behind(0);
    text.remove_suffix(rest.size());
    return {std::string(absl::StripAsciiWhitespace(text)), rest};
  }
  std::string value;
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return {value, behind(i)};
    // A backslash before anything else is one: a path of Windows.
    const bool escapes =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\');
    value += text[i += escapes ? 1 : 0];
  }
  return {"", ""};
}

// The parameter `wanted` of "form-data; name="a"; filename=b"; empty: there is none.
std::string Parameter(absl::string_view header, absl::string_view wanted) {
  header.remove_prefix(std::min(header.find(';'), header.size()));
  while (!header.empty()) {
    const size_t equals = header.find('=');
    if (equals == header.npos) return "";
    const absl::string_view name = absl::StripAsciiWhitespace(header.substr(1, equals - 1));
    auto [value, rest] = TakeValue(header.substr(equals + 1));
    if (absl::EqualsIgnoreCase(name, wanted)) return value;
    header = rest;
  }
  return "";
}

FormReader::Part PartOf(absl::string_view head) {
  constexpr absl::string_view kDisposition = "content-disposition:";
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    if (!absl::StartsWithIgnoreCase(line, kDisposition)) continue;
    line.remove_prefix(kDisposition.size());
    return {Parameter(line, "name"), Parameter(line, "filename")};
  }
  return {};
}

}  // namespace

// The first boundary has no end of a line before it; ours is.
FormReader::FormReader(const std::string& boundary, Begin begin, Add add)
    : delimiter_("\r\n--" + boundary),
      begin_(std::move(begin)),
      add_(std::move(add)),
      buffer_("\r\n") {}

bool FormReader::Read(std::string_view bytes) {
  if (is_whole()) return true;  // what follows means nothing
  buffer_ += bytes;
  Step step = Step::kDone;
  while (step == Step::kDone && !is_whole()) step = ReadOn();
  return step != Step::kWrong;
}

FormReader::Step FormReader::ReadOn() {
  switch (state_) {
    case State::kBeforeParts:
    case State::kContent:
      return ReadContent();
    case State::kBoundary:
      return ReadEndOfBoundary();
    case State::kHead:
      return ReadPartHead();
    case State::kEnd:
      break;
  }
  return Step::kDone;
}

FormReader::Step FormReader::ReadContent() {
  const size_t found = buffer_.find(delimiter_);
  const bool is_found = found != std::string::npos;
  // The last bytes may begin a boundary.
  const size_t size =
      is_found ? found : buffer_.size() - std::min(buffer_.size(), delimiter_.size() - 1);
  if (size > 0 && state_ == State::kContent && !add_(buffer_.data(), size)) return Step::kWrong;
  buffer_.erase(0, size + (is_found ? delimiter_.size() : 0));
  if (is_found) state_ = State::kBoundary;
  return is_found ? Step::kDone : Step::kNeedsMore;
}

FormReader::Step FormReader::ReadEndOfBoundary() {
  if (buffer_.size() < 2) return Step::kNeedsMore;
  const bool is_last = absl::StartsWith(buffer_, "--");
  if (!is_last && !absl::StartsWith(buffer_, "\r\n")) return Step::kWrong;
  state_ = is_last ? State::kEnd : State::kHead;
  return Step::kDone;
}

// From the end of the boundary's line to an empty line.
FormReader::Step FormReader::ReadPartHead() {
  const size_t end = buffer_.find("\r\n\r\n");
  if (end == std::string::npos) {
    return buffer_.size() < kMostHeadBytes + 4 ? Step::kNeedsMore : Step::kWrong;
  }
  if (end > kMostHeadBytes) return Step::kWrong;
  const Part part = PartOf(absl::string_view(buffer_.data(), end));
  buffer_.erase(0, end + 4);
  state_ = State::kContent;
  return begin_(part) ? Step::kDone : Step::kWrong;
}

std::optional<std::string> FormBoundary(std::string_view content_type) {
  const absl::string_view header(content_type.data(), content_type.size());
  const absl::string_view type = header.substr(0, header.find(';'));
  if (!absl::EqualsIgnoreCase(absl::StripAsciiWhitespace(type), "multipart/form-data")) {
    return std::nullopt;
  }
  std::string boundary = Parameter(header, "boundary");
  if (boundary.size() > kMostBoundaryBytes) boundary.clear();
  return boundary;
}

}  // namespace silhouette
