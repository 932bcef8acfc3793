#pragma once

#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <functional>
#include <string>

#include "common/files.h"
#include "common/test_folder.h"
#include "silhouette/v1/model.pb.h"

// The bundled model, copied to where a test can change it.
namespace silhouette::test_bundles {

inline const std::string kPresence = std::string(SILHOUETTE_SOURCE_DIR) + "/models/presence/1";

inline v1::ModelManifest ReadManifest(const std::string& dir) {
  v1::ModelManifest manifest;
  (void)google::protobuf::util::JsonStringToMessage(*ReadFile(dir + "/manifest.json"), &manifest);
  return manifest;
}

inline void WriteManifest(const std::string& dir, const v1::ModelManifest& manifest) {
  std::string json;
  (void)google::protobuf::util::MessageToJsonString(manifest, &json);
  (void)WriteFileByRename(dir + "/manifest.json", json);
}

// Copies the model to FOLDER/PLACE, with its manifest changed; returns its folder.
inline std::string CopyPresence(const TemporaryFolder& folder, const std::string& place,
                                const std::function<void(v1::ModelManifest*)>& change = nullptr) {
  const std::string dir = folder.File(place);
  std::filesystem::create_directories(dir);
  std::filesystem::copy(kPresence, dir, std::filesystem::copy_options::recursive);
  if (change != nullptr) {
    v1::ModelManifest manifest = ReadManifest(dir);
    change(&manifest);
    WriteManifest(dir, manifest);
  }
  return dir;
}

}  // namespace silhouette::test_bundles
