#pragma once

#include <httplib.h>

#include <string_view>

namespace silhouette {

// Whether there is a file of the page at this path: "/" is index.html, "/app.js" and so on what
// they say.
bool IsPage(std::string_view path);

// Answers with a file of the page. False: there is none of that path. Browsers keep files, and ask
// each time whether they are still so.
bool AnswerPage(std::string_view path, const httplib::Request& request,
                httplib::Response* response);

}  // namespace silhouette
