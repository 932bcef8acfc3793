#pragma once

#include <httplib.h>

#include "gateway/rest/answer.h"

namespace silhouette {

// A job's results as a file. An error before its first byte is an ordinary one; one behind that
// cuts the connection off, so that nobody takes the part for the whole.
void AnswerDownload(const RestContext& context, const RestRequest& request,
                    httplib::Response* response);

}  // namespace silhouette
