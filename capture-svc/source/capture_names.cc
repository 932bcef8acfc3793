#include "capture-svc/source/capture_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace silhouette {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Whatever its case; `ending` is in lower case.
bool EndsWith(std::string_view name, std::string_view ending) {
  const auto same = [](char ours, char theirs) {
    return theirs == absl::ascii_tolower(static_cast<unsigned char>(ours));
  };
  return name.size() >= ending.size() &&
         std::equal(name.end() - static_cast<std::ptrdiff_t>(ending.size()), name.end(),
                    ending.begin(), same);
}

// Takes the digits at the front of `text` off; returns them without leading zeros.
std::string_view TakeNumber(std::string_view* text) {
  size_t size = 0;
  while (size < text->size() && IsDigit((*text)[size])) {
    ++size;
  }
  std::string_view digits = text->substr(0, size);
  text->remove_prefix(size);
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

bool StartsWithDigit(std::string_view text) { return !text.empty() && IsDigit(text.front()); }

// Negative, zero or positive.
int CompareNumbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

}  // namespace

bool IsCaptureName(std::string_view name) {
  if (name.starts_with('.')) return false;
  name = WithoutPacking(name);
  while (!name.empty() && IsDigit(name.back())) {
    name.remove_suffix(1);
  }
  for (std::string_view ending : {".pcap", ".pcapng", ".cap"}) {
    if (EndsWith(name, ending)) return true;
  }
  return false;
}

std::string_view WithoutPacking(std::string_view name) {
  for (std::string_view ending : {".gz", ".zst"}) {
    if (EndsWith(name, ending)) return name.substr(0, name.size() - ending.size());
  }
  return name;
}

bool NaturalOrder::operator()(std::string_view a, std::string_view b) const {
  const std::string_view whole_a = a, whole_b = b;
  while (!a.empty() && !b.empty()) {
    if (StartsWithDigit(a) && StartsWithDigit(b)) {
      const int order = CompareNumbers(TakeNumber(&a), TakeNumber(&b));
      if (order != 0) return order < 0;
      continue;
    }
    if (a.front() != b.front()) {
      return static_cast<unsigned char>(a.front()) < static_cast<unsigned char>(b.front());
    }
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  if (a.empty() != b.empty()) return a.empty();
  return whole_a < whole_b;  // they differ in leading zeros alone
}

}  // namespace silhouette
