#include "api/router.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

Router some_routes() {
  Router router;
  const auto nothing = [](Call&) -> net::Task<Result<>> { co_return Result<>{}; };
  router.add({"GET", "/", "root", Access::open, nothing});
  router.add({"GET", "/devices", "list", Access::admin, nothing});
  router.add({"POST", "/devices", "add", Access::admin, nothing});
  router.add({"GET", "/devices/{id}", "show", Access::admin, nothing});
  router.add({"GET", "/live/{device}/{channel}/{profile}.mp4", "mp4", Access::live, nothing});
  router.add({"GET", "/live/{device}/{channel}/{profile}/ws", "ws", Access::live, nothing});
  return router;
}

std::string operation(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.find(method, path);
  return match.route == nullptr ? std::string{match.path_known ? "other method" : "none"}
                                : std::string{match.route->operation};
}

TEST(Router, a_path_finds_its_route_and_gives_the_names) {
  const auto router = some_routes();
  EXPECT_EQ(operation(router, "GET", "/devices"), "list");
  EXPECT_EQ(operation(router, "POST", "/devices"), "add");
  EXPECT_EQ(operation(router, "HEAD", "/devices"), "list");
  const auto match = router.find("GET", "/live/gate-7/2/sub.mp4");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.path.at("device"), "gate-7");
  EXPECT_EQ(match.path.at("channel"), "2");
  EXPECT_EQ(match.path.at("profile"), "sub");
  EXPECT_EQ(operation(router, "GET", "/live/gate-7/2/sub/ws"), "ws");
}

TEST(Router, what_no_route_names_is_refused) {
  const auto router = some_routes();
  for (const char* path : {"/device", "/devices/", "/devices/a/b", "/live/a/1/main.flv", "/live/a/1/.mp4",
                           "/live/a/1/main/ws/", "//", "", "/live//1/main.mp4"})
    EXPECT_EQ(operation(router, "GET", path), "none") << path;
}

TEST(Router, a_known_path_with_another_method_says_which_there_are) {
  const auto router = some_routes();
  const auto match = router.find("DELETE", "/devices");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_TRUE(match.path_known);
  EXPECT_EQ(match.allow, "GET, POST");
}

}  // namespace
}  // namespace camfleet::api
