#include "cli/schema_json.h"

#include <nlohmann/json.hpp>

namespace silhouette {

std::string SchemaJson(const FeatureSchema& schema) {
  nlohmann::ordered_json json;
  json["name"] = schema.name;
  json["hash"] = schema.Hash();
  json["horizon_ns"] = schema.horizon_ns;
  json["description"] = schema.description;
  json["usual_subject"] = schema.usual_subject;
  json["usual_window"] = schema.usual_window;
  json["features"] = nlohmann::ordered_json::array();
  for (const Feature& f : schema.features) {
    json["features"].push_back({{"name", f.name},
                                {"unit", f.unit},
                                {"formula", f.formula},
                                {"empty_value", f.empty_value}});
  }
  return json.dump(2);
}

}  // namespace silhouette
