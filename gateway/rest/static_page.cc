#include "gateway/rest/static_page.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/hash.h"
#include "gateway/rest/schemas.h"
#include "gateway/rest/web_files.h"

namespace silhouette {
namespace {

const char* ContentType(std::string_view name) {
  constexpr std::pair<std::string_view, const char*> types[] = {
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".ico", "image/x-icon"},
      {".json", "application/json"},
  };
  for (const auto& [ending, type] : types) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

std::string_view NameOf(std::string_view path) {
  path.remove_prefix(path.starts_with('/') ? 1 : 0);
  return path.empty() ? "index.html" : path;
}

// Of a file of the page; without data where there is none of that name.
std::string_view ContentOf(std::string_view name) {
  return name == "schemas.json" ? std::string_view(SchemasJson()) : WebFile(name);
}

}  // namespace

bool IsPage(std::string_view path) { return ContentOf(NameOf(path)).data() != nullptr; }

bool AnswerPage(std::string_view path, const httplib::Request& request,
                httplib::Response* response) {
  const std::string_view name = NameOf(path);
  const std::string_view content = ContentOf(name);
  if (content.data() == nullptr) return false;
  const std::string etag = absl::StrCat("\"", StableHash(content), "\"");
  response->set_header("ETag", etag);
  response->set_header("Cache-Control", "no-cache");
  if (request.get_header_value("If-None-Match").find(etag) != std::string::npos) {
    response->status = 304;
    response->set_header("Content-Length", absl::StrCat(content.size()));
    return true;
  }
  response->status = 200;
  response->set_content(content.data(), content.size(), ContentType(name));
  return true;
}

}  // namespace silhouette
