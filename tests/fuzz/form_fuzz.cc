// A stranger's form. The first byte says in pieces of how many bytes it comes; the first line is
// its Content-Type. Read in pieces, it is what it is as a whole, and no longer than it came.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/rest/form_reader.h"

namespace silhouette {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

struct Told {
  bool is_whole = false;
  std::string parts;    // their names
  std::string content;  // of all of them
  bool operator==(const Told&) const = default;
};

Told Read(const std::string& boundary, std::string_view body, size_t piece) {
  Told told;
  FormReader reader(
      boundary,
      [&](const FormReader::Part& part) {
        told.parts += part.name + '\n' + part.filename + '\n';
        return true;
      },
      [&](const char* bytes, size_t size) {
        Require(size > 0);
        told.content.append(bytes, size);
        return true;
      });
  while (!body.empty() && reader.Read(body.substr(0, piece))) {
    body.remove_prefix(std::min(body.size(), piece));
  }
  told.is_whole = reader.is_whole();
  return told;
}

}  // namespace
}  // namespace silhouette

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const size_t line = std::min(text.find('\n'), text.size());
  const auto boundary = silhouette::FormBoundary(text.substr(0, line));
  if (!boundary || boundary->empty()) return 0;
  const std::string_view body = text.substr(std::min(line + 1, text.size()));
  const auto whole = silhouette::Read(*boundary, body, body.size());
  const auto pieces = silhouette::Read(*boundary, body, 1 + data[0] % 64);
  silhouette::Require(pieces.is_whole == whole.is_whole && pieces.parts == whole.parts);
  silhouette::Require(pieces.content == whole.content || !whole.is_whole);
  silhouette::Require(whole.content.size() <= body.size());
  return 0;
}
