#pragma once

#include <httplib.h>

#include "gateway/rest/answer.h"

namespace silhouette {

// Hands a request's body in as a capture, piece by piece as it comes, however large it is: a slow
// service slows the client down. The body is the capture, or multipart/form-data with a part
// `capture`, before it perhaps `truth` and others named as the query's parameters. A body that
// breaks off leaves the job waiting for the rest, as does one that is less than total_bytes.
void AnswerUpload(const RestContext& context, const RestRequest& request,
                  const httplib::ContentReader& body, httplib::Response* response);

}  // namespace silhouette
