#include "cli/strip.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace silhouette {
namespace {

// By class, so that a line without colours reads as well.
constexpr const char* kShades[] = {"░", "█", "▒", "▓", "◆", "●"};
constexpr int kColors[] = {6, 3, 5, 1, 4, 2};
constexpr size_t kStyles = std::size(kShades);

}  // namespace

Strip::Strip(const Terminal& terminal, size_t columns, int64_t from_ns, int64_t to_ns,
             std::vector<std::string> classes)
    : terminal_(terminal),
      columns_(columns),
      from_ns_(from_ns),
      to_ns_(std::max(to_ns, from_ns + 1)),
      classes_(std::move(classes)) {}

std::string Strip::Draw(const std::vector<StripPiece>& pieces) const {
  const double cell_ns = static_cast<double>(to_ns_ - from_ns_) / static_cast<double>(columns_);
  std::vector<std::vector<double>> filled(columns_, std::vector<double>(classes_.size(), 0));
  for (const StripPiece& piece : pieces) {
    const auto at = std::find(classes_.begin(), classes_.end(), piece.class_name);
    if (at == classes_.end()) continue;
    const double from = static_cast<double>(piece.from_ns - from_ns_) / cell_ns;
    const double to = static_cast<double>(piece.to_ns - from_ns_) / cell_ns;
    const auto first = static_cast<size_t>(std::clamp(from, 0.0, static_cast<double>(columns_)));
    for (size_t c = first; c < columns_ && static_cast<double>(c) < to; ++c) {
      const double left = std::max(from, static_cast<double>(c));
      const double right = std::min(to, static_cast<double>(c + 1));
      filled[c][static_cast<size_t>(at - classes_.begin())] += std::max(0.0, right - left);
    }
  }
  std::string line;
  for (const std::vector<double>& cell : filled) {
    const auto most = std::max_element(cell.begin(), cell.end());
    line += most == cell.end() || *most <= 0 ? " " : Cell(static_cast<size_t>(most - cell.begin()));
  }
  return line;
}

std::string Strip::Cell(size_t class_index) const {
  return Paint(terminal_, kColors[class_index % kStyles], kShades[class_index % kStyles]);
}

std::string Strip::Legend() const {
  std::string legend;
  for (size_t c = classes_.size(); c-- > 0;) {
    absl::StrAppend(&legend, legend.empty() ? "" : "   ", Cell(c), " ", classes_[c]);
  }
  return legend;
}

std::string Strip::Axis(int64_t zero_ns) const {
  const std::string from = ClockTime(from_ns_ - zero_ns);
  const std::string to = ClockTime(to_ns_ - zero_ns);
  const size_t used = from.size() + to.size();
  return absl::StrCat(from, std::string(columns_ > used ? columns_ - used : 1, ' '), to);
}

}  // namespace silhouette
