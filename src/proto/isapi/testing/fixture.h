#pragma once
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

// For the tests of this folder.
namespace camfleet::isapi {

inline std::string fixture(const std::string& name) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/src/proto/isapi/testdata/" + name, std::ios::binary};
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>{file}, {}};
}

}  // namespace camfleet::isapi
