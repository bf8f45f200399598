#include "api/query.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

TEST(Query, gives_each_parameter_once_and_refuses_what_nobody_took) {
  auto query = *Query::read(
      "limit=7&sort=-name&state=online%2Cdegraded&tag=a&tag=b&q=%E5%8C%97+x&fields=id,name&ok=true");
  EXPECT_EQ(*query.number("limit", 1, 10, 5), 7U);
  EXPECT_EQ(*query.number("limit", 1, 10, 5), 5U);
  EXPECT_EQ(query.one("sort")->value(), "-name");
  EXPECT_EQ(query.many("fields"), (std::vector<std::string>{"id", "name"}));
  EXPECT_EQ(query.flag("ok")->value(), true);
  EXPECT_TRUE(query.filter()->has_state());
  EXPECT_TRUE(query.done());
  auto other = *Query::read("stat=online");
  EXPECT_TRUE(other.filter());
  EXPECT_EQ(other.done().error().place, "stat: there is no such parameter here");
}

TEST(Query, refuses_what_it_cannot_read) {
  for (const char* raw : {"a=%", "a=%zz", "=x", "%ff=x", "a=%ff"}) {
    const auto query = Query::read(raw);
    ASSERT_FALSE(query) << raw;
    EXPECT_EQ(query.error().code, Code::api_bad_request);
  }
  std::string many;
  for (int i = 0; i < 300; ++i) many += "a=1&";
  EXPECT_FALSE(Query::read(many));
  EXPECT_TRUE(Query::read("&&")->done());
}

TEST(Query, says_what_a_number_wants) {
  for (const char* raw : {"limit=0", "limit=-1", "limit=1e9", "limit=1000000000", "limit=", "limit=7 ",
                          "limit=+7", "limit=7&limit=8", "limit=0x7", "limit=99999999999999999999999"}) {
    auto query = *Query::read(raw);
    const auto number = query.number("limit", 1, 1000, 100);
    ASSERT_FALSE(number) << raw;
    EXPECT_TRUE(number.error().place.starts_with("limit: ")) << number.error().place;
  }
}

}  // namespace
}  // namespace camfleet::api
