#include "gateway/rest/schemas.h"

#include <nlohmann/json.hpp>

#include "common/schema.h"

namespace silhouette {
namespace {

using Json = nlohmann::ordered_json;

std::string MakeSchemasJson() {
  Json schemas = Json::array();
  for (const FeatureSchema& schema : AllSchemas()) {
    Json features = Json::array();
    for (const Feature& feature : schema.features) {
      features.push_back(
          {{"name", feature.name}, {"unit", feature.unit}, {"formula", feature.formula}});
    }
    schemas.push_back({{"name", schema.name}, {"features", std::move(features)}});
  }
  return Json{{"schemas", std::move(schemas)}}.dump();
}

}  // namespace

const std::string& SchemasJson() {
  static const std::string json = MakeSchemasJson();
  return json;
}

}  // namespace silhouette
