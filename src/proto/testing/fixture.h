#pragma once
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace camfleet::testing {

// A file below src/proto, as bytes: fixture("rtsp/testdata/hikvision_play.txt").
inline std::string fixture(const std::string& path) {
  std::ifstream file(std::string(CAMFLEET_SOURCE_DIR) + "/src/proto/" + path, std::ios::binary);
  if (!file) throw std::runtime_error("no fixture " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The names of all files with that ending in a folder below src/proto, sorted.
inline std::vector<std::string> fixtures(const std::string& folder, const std::string& ending) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(CAMFLEET_SOURCE_DIR) + "/src/proto/" + folder))
    if (entry.path().extension() == ending) names.push_back(folder + "/" + entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace camfleet::testing
