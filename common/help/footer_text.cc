#include "common/help/footer_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace silhouette {
namespace {

constexpr char kExitStatus[] = "Exit status:";

bool IsExamplesHead(const std::string& line) {
  return line == "Examples:" || line == "Example:" || line == "Start here:";
}

size_t Indentation(const std::string& line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// Lines that follow each other and are all literal or all not.
std::vector<TextBlock> SplitBlock(const std::vector<std::string>& lines) {
  size_t common = std::string::npos;
  for (const std::string& line : lines) {
    if (Indentation(line) > 0) common = std::min(common, Indentation(line));
  }
  std::vector<TextBlock> blocks;
  for (const std::string& line : lines) {
    const bool is_literal = Indentation(line) > 0;
    const bool is_new = blocks.empty() || blocks.back().is_literal != is_literal;
    if (is_new) blocks.push_back({is_literal, ""});
    const char* const between = is_new ? "" : is_literal ? "\n" : " ";
    absl::StrAppend(&blocks.back().text, between, is_literal ? line.substr(common) : line);
  }
  return blocks;
}

// "0 done; 1 failed, or cut; 2 usage.": a part begins with its number.
std::vector<std::pair<std::string, std::string>> ParseExitStatuses(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> statuses;
  bool may_begin = true;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    const bool is_number = word.size() == 1 && absl::ascii_isdigit(word[0]);
    if (may_begin && is_number) {
      statuses.emplace_back(word, "");
    } else if (!statuses.empty()) {
      std::string& meaning = statuses.back().second;
      absl::StrAppend(&meaning, meaning.empty() ? "" : " ", word);
    }
    may_begin = absl::EndsWith(word, ";") || absl::EndsWith(word, ",");
  }
  for (auto& [status, meaning] : statuses) meaning.erase(meaning.find_last_not_of(";,.") + 1);
  return statuses;
}

std::vector<std::vector<std::string>> SplitAtEmptyLines(const std::string& text) {
  std::vector<std::vector<std::string>> blocks(1);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::StripAsciiWhitespace(line).empty()) {
      blocks.back().emplace_back(line);
    } else if (!blocks.back().empty()) {
      blocks.emplace_back();
    }
  }
  if (blocks.back().empty()) blocks.pop_back();
  return blocks;
}

}  // namespace

FooterText ParseFooter(const std::string& footer) {
  FooterText parsed;
  for (std::vector<std::string>& lines : SplitAtEmptyLines(footer)) {
    if (absl::StartsWith(lines[0], kExitStatus)) {
      lines[0] =
          std::string(absl::StripLeadingAsciiWhitespace(lines[0].substr(sizeof kExitStatus - 1)));
      parsed.exit_statuses = ParseExitStatuses(SplitBlock(lines)[0].text);
      continue;
    }
    const bool is_example = IsExamplesHead(lines[0]);
    if (is_example) lines.erase(lines.begin());
    auto& where = is_example ? parsed.examples : parsed.prose;
    for (TextBlock& block : SplitBlock(lines)) where.push_back(std::move(block));
  }
  return parsed;
}

}  // namespace silhouette
