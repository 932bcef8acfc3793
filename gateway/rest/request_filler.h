#pragma once

#include <google/protobuf/message.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "gateway/rest/query.h"

namespace silhouette {

// Fills a request's fields from parameters, as google.api.http does: `run.origin` names a field of
// a field, each name is taken as in the proto (page_size) and as in JSON (pageSize), a repeated
// field takes its parameter again and again. Enum values are named as in the proto
// (RESULT_FORMAT_CSV), by their last part (csv) or by number.
class RequestFiller {
 public:
  // `request` must outlive the filler.
  explicit RequestFiller(google::protobuf::Message* request) : request_(request) {}

  // Errors: INVALID_ARGUMENT naming the parameter and what would be right: a name that no field
  // has, a value that its type does not take, a field that is set already.
  absl::Status Fill(std::string_view name, std::string_view value);
  absl::Status Fill(const std::vector<QueryParameter>& parameters);

 private:
  google::protobuf::Message* const request_;
  std::set<std::string> filled_;  // fields that are not repeated, by their full path
};

// The field of `type` under either of its names; null if there is none.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& type,
                                                   std::string_view name);

// A parameter that fills a field: "run.origin", as in JSON.
struct ParameterField {
  std::string name;
  const google::protobuf::FieldDescriptor* field;
};
// All that RequestFiller takes for a message of this type, in the order of the fields.
std::vector<ParameterField> ParameterFields(const google::protobuf::Descriptor& type);

// What an enum's values are called in a parameter: "csv" for RESULT_FORMAT_CSV.
std::string ShortName(const google::protobuf::EnumValueDescriptor& value);

}  // namespace silhouette
