#include "api/json_text.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::api {
namespace {
namespace json = boost::json;

template <class F>
std::string made(F write) {
  std::string out;
  JsonText to{out};
  write(to);
  return out;
}

TEST(JsonText, separates_members_and_items_and_nothing_else) {
  const auto text = made([](JsonText& to) {
    to.begin_object();
    to.key("a").number(-7);
    to.key("b").begin_array();
    to.end_array();
    to.key("c").begin_array();
    to.number(1U);
    to.text("[");
    to.begin_object();
    to.end_object();
    to.null();
    to.end_array();
    to.key("d").boolean(true);
    to.key("e").raw("{\"x\":1}");
    to.key("f").texts({"x", ":", "{"});
    to.end_object();
  });
  EXPECT_EQ(text, R"({"a":-7,"b":[],"c":[1,"[",{},null],"d":true,"e":{"x":1},"f":["x",":","{"]})");
}

// Whatever a camera calls itself, a reader gets clean_utf8() of it.
TEST(JsonText, any_bytes_come_out_as_what_a_reader_of_json_can_read) {
  const std::uint64_t seed = 0x5eed;
  SCOPED_TRACE(seed);
  Rng rng{seed};
  for (int turn = 0; turn < 2000; ++turn) {
    std::string raw;
    for (auto left = rng.below(24); left > 0; --left) {
      const auto byte = rng.below(3) == 0 ? rng.below(256) : 0x20 + rng.below(0x5f);
      raw += static_cast<char>(byte);
    }
    const auto text = made([&](JsonText& to) { to.text(raw); });
    boost::system::error_code ec;
    const auto read = json::parse(text, ec);
    ASSERT_FALSE(ec) << text;
    EXPECT_EQ(std::string_view{read.get_string()}, clean_utf8(raw)) << text;
  }
}

TEST(JsonText, times_are_spelled_as_everywhere) {
  using namespace std::chrono;
  const std::array<std::int64_t, 6> moments{0, 1, 999'999, 1'709'164'799'999'000, 4'102'444'800'123'456, -1};
  for (const auto us : moments) {
    const WallTime at{microseconds{us}};
    EXPECT_EQ(made([&](JsonText& to) { to.time(at); }), '"' + to_rfc3339(at) + '"');
  }
}

TEST(JsonText, hundredths) {
  const auto of = [](unsigned value) { return made([&](JsonText& to) { to.hundredths(value); }); };
  EXPECT_EQ(of(2500), "25");
  EXPECT_EQ(of(1250), "12.5");
  EXPECT_EQ(of(2997), "29.97");
  EXPECT_EQ(of(5), "0.05");
  EXPECT_EQ(of(0), "0");
}

}  // namespace
}  // namespace camfleet::api
