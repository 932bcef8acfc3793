#include "gateway/rest/openapi.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/options.h"
#include "gateway/rest/request_filler.h"
#include "gateway/rest/route.h"

namespace silhouette {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using Json = nlohmann::ordered_json;

// The program's own descriptors have no comments.
const DescriptorPool& CommentedPool() {
  static const auto* const pool = [] {
    google::protobuf::FileDescriptorSet files;
    const std::string_view bytes = ProtoFile("gateway_api.pb");
    files.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
    auto* const made = new DescriptorPool;
    for (const auto& file : files.file()) made->BuildFile(file);
    return made;
  }();
  return *pool;
}

// The comment before something in a proto, on one line.
template <typename T>
std::string CommentOf(const T& what) {
  google::protobuf::SourceLocation location;
  if (!what.GetSourceLocation(&location)) return "";
  std::string comment = location.leading_comments;
  absl::RemoveExtraAsciiWhitespace(&comment);
  return comment;
}

template <typename T>
void Describe(const T& what, Json* json) {
  if (std::string comment = CommentOf(what); !comment.empty()) (*json)["description"] = comment;
}

Json Reference(const std::string& name) { return {{"$ref", "#/components/schemas/" + name}}; }

// Schemas of messages and enums, each once.
class Schemas {
 public:
  // A field as it is in JSON.
  Json Field(const FieldDescriptor& field) {
    Json schema;
    if (field.is_map()) {
      schema = {{"type", "object"},
                {"additionalProperties", Value(*field.message_type()->map_value())}};
    } else if (field.is_repeated()) {
      schema = {{"type", "array"}, {"items", Value(field)}};
    } else {
      schema = Value(field);
    }
    if (schema.contains("$ref")) schema = {{"allOf", {schema}}};  // nothing may stand beside it
    Describe(field, &schema);
    return schema;
  }

  Json Message(const Descriptor& type) {
    if (!known_.insert(type.full_name()).second) return Reference(type.name());
    Json schema = {{"type", "object"}};
    Describe(type, &schema);
    schema["properties"] = Json::object();
    for (int i = 0; i < type.field_count(); ++i) {
      schema["properties"][type.field(i)->json_name()] = Field(*type.field(i));
    }
    all_[type.name()] = schema;
    return Reference(type.name());
  }

  Json& all() { return all_; }

 private:
  Json Value(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return {{"type", "integer"}, {"format", "int32"}};
      case FieldDescriptor::CPPTYPE_UINT32:
        return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
      case FieldDescriptor::CPPTYPE_INT64:
        return {{"type", "string"}, {"format", "int64"}};
      case FieldDescriptor::CPPTYPE_UINT64:
        return {{"type", "string"}, {"format", "uint64"}};
      case FieldDescriptor::CPPTYPE_FLOAT:
        return {{"type", "number"}, {"format", "float"}};
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return {{"type", "number"}, {"format", "double"}};
      case FieldDescriptor::CPPTYPE_BOOL:
        return {{"type", "boolean"}};
      case FieldDescriptor::CPPTYPE_ENUM:
        return Enum(*field.enum_type());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return Message(*field.message_type());
      default:
        if (field.type() == FieldDescriptor::TYPE_BYTES) {
          return {{"type", "string"}, {"format", "byte"}};
        }
        return {{"type", "string"}};
    }
  }

  Json Enum(const EnumDescriptor& type) {
    if (!known_.insert(type.full_name()).second) return Reference(type.name());
    Json schema = {{"type", "string"}};
    std::string description = CommentOf(type);
    for (int i = 0; i < type.value_count(); ++i) {
      schema["enum"].push_back(type.value(i)->name());
      const std::string comment = CommentOf(*type.value(i));
      if (!comment.empty())
        absl::StrAppend(&description, type.value(i)->name(), ": ", comment, " ");
    }
    if (!description.empty()) schema["description"] = absl::StripAsciiWhitespace(description);
    all_[type.name()] = schema;
    return Reference(type.name());
  }

  Json all_;
  std::set<std::string> known_;
};

// What a parameter takes; enums by their short names.
Json ParameterSchema(const FieldDescriptor& field, Schemas* schemas) {
  Json schema = schemas->Field(field);
  schema.erase("description");
  if (field.enum_type() == nullptr) return schema;
  schema = {{"type", "string"}};
  for (int i = 0; i < field.enum_type()->value_count(); ++i) {
    schema["enum"].push_back(ShortName(*field.enum_type()->value(i)));
  }
  return schema;
}

Json HeaderParameter(const char* name, const char* description) {
  return {{"name", name},
          {"in", "header"},
          {"description", description},
          {"schema", {{"type", "string"}}}};
}

Json Parameters(const Route& route, Schemas* schemas) {
  Json parameters = Json::array();
  const auto path_fields = PathFields(route);
  const Descriptor& type = *CommentedPool().FindMessageTypeByName(ParametersOf(route).full_name());
  for (const auto& [name, field] : ParameterFields(type)) {
    const bool in_path =
        std::find(path_fields.begin(), path_fields.end(), name) != path_fields.end();
    Json parameter = {{"name", name}, {"in", in_path ? "path" : "query"}};
    Describe(*field, &parameter);
    if (in_path) parameter["required"] = true;
    parameter["schema"] = ParameterSchema(*field, schemas);
    parameters.push_back(parameter);
  }
  if (route.kind == RouteKind::kEvents) {
    parameters.push_back(HeaderParameter("Last-Event-ID", "The `id` of the last event that came."));
  }
  if (route.kind == RouteKind::kUpload) {
    parameters.push_back(HeaderParameter("Upload-Offset", "Instead of the parameter `offset`."));
  }
  return parameters;
}

Json UploadBody() {
  const Json binary = {{"type", "string"}, {"format", "binary"}};
  const Json truth = {{"type", "string"}, {"description", "Truth as CSV; before the capture."}};
  Json body = {{"required", true}};
  body["content"]["application/octet-stream"]["schema"] = binary;
  body["content"]["multipart/form-data"]["schema"] = {
      {"type", "object"}, {"properties", {{"truth", truth}, {"capture", binary}}}};
  return body;
}

Json Answer(const Route& route, Schemas* schemas) {
  const Descriptor& type =
      *CommentedPool().FindMessageTypeByName(MethodOf(route).output_type()->full_name());
  Json answer;
  if (route.kind == RouteKind::kDownload) {
    answer["description"] = "The file.";
    for (const char* content : {"application/x-ndjson", "text/csv"}) {
      answer["content"][content]["schema"] = {{"type", "string"}};
    }
    return answer;
  }
  const Json schema = schemas->Message(type);
  if (route.kind == RouteKind::kEvents) {
    answer["description"] =
        "Server-sent events: the data of each is an object of this schema. "
        "The last one is `end`, or `error` with the JSON of an error.";
    answer["content"]["text/event-stream"]["schema"] = schema;
  } else {
    answer["description"] = "What was asked for.";
    answer["content"]["application/json"]["schema"] = schema;
  }
  return answer;
}

Json Operation(const Route& route, const std::string& id, Schemas* schemas) {
  const MethodDescriptor& method = *CommentedPool().FindMethodByName(MethodOf(route).full_name());
  Json operation = {{"operationId", id}};
  Describe(method, &operation);
  operation["parameters"] = Parameters(route, schemas);
  if (route.kind == RouteKind::kUpload) operation["requestBody"] = UploadBody();
  operation["responses"]["200"] = Answer(route, schemas);
  operation["responses"]["default"] = {{"$ref", "#/components/responses/Error"}};
  return operation;
}

Json ErrorSchema() {
  const Json text = {{"type", "string"}};
  const Json error = {{"type", "object"}, {"properties", {{"code", text}, {"message", text}}}};
  return {{"type", "object"}, {"properties", {{"error", error}}}};
}

std::string MakeDocument() {
  Json document = {{"openapi", "3.0.3"}};
  document["info"] = {{"title", "Silhouette"},
                      {"version", Version()},
                      {"description",
                       "GatewayService over HTTP: messages in Protobuf's JSON mapping. Numbers of "
                       "64 bits are strings there; a name may be written as in the proto, too."}};
  document["security"] = {Json::object(), {{"token", Json::array()}}};
  Schemas schemas;
  std::set<std::string> ids;
  for (const Route& route : Routes()) {
    const std::string method = absl::AsciiStrToLower(route.http_method);
    std::string id = route.rpc;
    if (!ids.insert(id).second) absl::StrAppend(&id, "_", method);
    document["paths"][route.path][method] = Operation(route, id, &schemas);
  }
  document["components"]["schemas"] = schemas.all();
  document["components"]["schemas"]["Error"] = ErrorSchema();
  Json& error = document["components"]["responses"]["Error"];
  error["description"] = "What went wrong: the code is gRPC's, the message is for people.";
  error["content"]["application/json"]["schema"] = Reference("Error");
  document["components"]["securitySchemes"]["token"] = {{"type", "http"}, {"scheme", "bearer"}};
  return document.dump(2);
}

}  // namespace

const std::string& OpenApiJson() {
  static const std::string* const document = new std::string(MakeDocument());
  return *document;
}

}  // namespace silhouette
