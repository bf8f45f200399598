#include "media/outputs/live_path.h"

#include <gtest/gtest.h>

namespace camfleet::media {
namespace {

std::string read(std::string_view url) {
  const auto path = parse_live_url(url);
  if (!path) return std::string(name(path.error().code));
  std::string out = model::to_text(path->key);
  if (path->track) out += "#" + std::to_string(*path->track);
  if (!path->token.empty()) out += "?" + path->token;
  return out;
}

TEST(live_path, what_is_left_out_is_channel_1_and_main) {
  EXPECT_EQ(read("rtsp://gw:8554/live/gate-7/2/sub"), "gate-7/2/sub");
  EXPECT_EQ(read("rtsp://gw/live/gate-7/2"), "gate-7/2/main");
  EXPECT_EQ(read("rtsp://gw/live/gate-7"), "gate-7/1/main");
  EXPECT_EQ(read("rtsp://gw/live/gate-7/"), "gate-7/1/main");
  EXPECT_EQ(read("rtsp://someone@gw/live/gate-7/1/main"), "gate-7/1/main");
  EXPECT_EQ(parse_live_url("rtsp://GW:8554/live/gate-7")->authority, "gw:8554");
}

TEST(live_path, a_track_and_a_token_are_understood_wherever_clients_put_them) {
  EXPECT_EQ(read("rtsp://gw/live/gate-7/2/sub/trackID=1"), "gate-7/2/sub#1");
  EXPECT_EQ(read("rtsp://gw/live/gate-7/2/sub?token=a%2Db"), "gate-7/2/sub?a-b");
  EXPECT_EQ(read("rtsp://gw/live/gate-7/2/sub/trackID=0?token=ab&x=y"), "gate-7/2/sub#0?ab");
  EXPECT_EQ(read("rtsp://gw/live/gate-7/2/sub?token=ab/trackID=3"), "gate-7/2/sub#3?ab");
}

TEST(live_path, odd_addresses_are_refused) {
  for (const auto* url : {"",
                          "*",
                          "rtsp://",
                          "rtsp://@host",
                          "rtsp://@host/live/a",
                          "rtsp://[fe80::1%25eth0]/live/a",
                          "rtsp://gw/live/",
                          "rtsp://gw/live//a",
                          "rtsp://gw/live/a//1",
                          "rtsp://gw/live/../a",
                          "rtsp://gw/live/..%2fa",
                          "rtsp://gw/live/a%00",
                          "rtsp://gw/live/a/%31",
                          "rtsp://gw/live/a/0",
                          "rtsp://gw/live/a/1/main/x",
                          "rtsp://gw/live/a/70000",
                          "rtsp://gw/live/A;b",
                          "http://gw/live/a",
                          "rtsp://gw/live/a/trackID=4294967296",
                          "rtsp://gw/live/a/trackID=-1",
                          "rtsp://gw/live/a/trackID="})
    EXPECT_EQ(read(url), "url.invalid") << url;
  EXPECT_EQ(read("rtsp://gw/"), "api.not_found");
  EXPECT_EQ(read("rtsp://gw"), "api.not_found");
  EXPECT_EQ(read("rtsp://gw/Streaming/Channels/101"), "api.not_found");
  EXPECT_EQ(read("rtsp://gw/live/" + std::string(3000, 'a')), "url.invalid");
}

}  // namespace
}  // namespace camfleet::media
