#include "api/ptz_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

namespace camfleet::api {
namespace {

Result<fleet::PtzCommand> read(std::string_view text) {
  return ptz_from_json(boost::json::parse(text).as_object());
}

TEST(PtzJson, a_move_stops_by_itself_after_half_a_second_unless_told_otherwise) {
  const auto move = read(R"({"pan":-100,"zoom":30})");
  ASSERT_TRUE(move);
  EXPECT_EQ(move->move.pan, -100);
  EXPECT_EQ(move->move.tilt, 0);
  EXPECT_EQ(move->move.zoom, 30);
  EXPECT_EQ(move->stop_after.count(), 500);
  EXPECT_TRUE(move->moves());
  EXPECT_EQ(to_text(*move), "pan -100 tilt 0 zoom 30 for 500 ms");
  EXPECT_EQ(read(R"({"tilt":1,"stop_after_ms":10000})")->stop_after.count(), 10'000);
}

TEST(PtzJson, zeros_stop_and_presets_are_gone_to) {
  const auto stop = read(R"({"pan":0,"tilt":0,"zoom":0})");
  ASSERT_TRUE(stop);
  EXPECT_TRUE(stop->stops());
  EXPECT_EQ(to_text(*stop), "stop");
  const auto preset = read(R"({"preset":3})");
  ASSERT_TRUE(preset);
  EXPECT_EQ(preset->preset, 3);
  EXPECT_FALSE(preset->moves() || preset->stops());
  EXPECT_EQ(read(R"({"pan":30.0})")->move.pan, 30);
}

TEST(PtzJson, what_makes_no_sense_is_refused_and_named) {
  for (const auto* text :
       {R"({})", R"({"pan":101})", R"({"pan":-101})", R"({"pan":"1"})", R"({"pan":0.5})", R"({"pan":1e300})",
        R"({"pan":null})", R"({"preset":0})", R"({"preset":301})", R"({"preset":3,"pan":1})",
        R"({"preset":3,"stop_after_ms":500})", R"({"stop_after_ms":500})",
        R"({"pan":1,"stop_after_ms":10001})", R"({"pan":1,"stop_after_ms":0})", R"({"pan":1,"speed":2})",
        R"({"pan":18446744073709551615})"}) {
    const auto refused = read(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().code, Code::api_bad_request) << text;
    EXPECT_FALSE(refused.error().place.empty()) << text;
  }
}

}  // namespace
}  // namespace camfleet::api
