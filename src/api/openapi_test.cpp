// openapi.yaml and the routes say the same: each operation has a route with the same role, and the other
// way round.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <map>

#include "api/testing/parts.h"

namespace camfleet::api {
namespace {

struct Described {
  std::string place;  // "GET /api/v1/devices"
  std::string role;   // x-role
  std::string reach;  // x-reach
};

std::map<std::string, Described> described() {
  std::map<std::string, Described> out;
  const auto file = YAML::LoadFile(CAMFLEET_SOURCE_DIR "/src/api/openapi.yaml");
  for (const auto& path : file["paths"]) {
    for (const auto& method : path.second) {
      const auto name = method.first.as<std::string>();
      if (name == "parameters") continue;
      auto upper = name;
      for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      EXPECT_TRUE(method.second["x-role"]) << upper << path.first << " says no role";
      const auto role = method.second["x-role"].as<std::string>("");
      out[method.second["operationId"].as<std::string>()] = {
          upper + ' ' + path.first.as<std::string>(), role,
          method.second["x-reach"].as<std::string>("gateway")};
    }
  }
  return out;
}

TEST(OpenApi, describes_each_route_and_nothing_else) {
  testing::Parts parts;
  auto left = described();
  EXPECT_GT(left.size(), 10U);
  for (const auto& route : parts.api.router().routes()) {
    if (route.operation.empty()) {
      EXPECT_EQ(route.access, Access::open) << route.pattern;  // the console's files
      continue;
    }
    const auto found = left.find(std::string{route.operation});
    ASSERT_NE(found, left.end()) << "openapi.yaml lacks " << route.operation;
    EXPECT_EQ(found->second.place, std::string{route.method} + ' ' + std::string{route.pattern});
    EXPECT_EQ(found->second.role, auth::to_text(route.access)) << route.operation;
    if (route.access != Access::open) EXPECT_EQ(found->second.reach, to_text(route.reach)) << route.operation;
    left.erase(found);
  }
  for (const auto& [operation, what] : left)
    ADD_FAILURE() << "no route for " << operation << " (" << what.place << ')';
}

}  // namespace
}  // namespace camfleet::api
