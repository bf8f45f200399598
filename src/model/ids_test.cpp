#include "model/ids.h"

#include <gtest/gtest.h>

#include "model/device.h"

namespace camfleet::model {
namespace {

TEST(DeviceId, is_a_slug) {
  for (const char* good : {"a", "gate-7", "0.x_y", "nvr-1.site"}) EXPECT_TRUE(parse_device_id(good)) << good;
  for (const std::string& bad :
       {std::string{}, std::string{"A"}, std::string{"-a"}, std::string{"a/b"}, std::string{"a b"},
        std::string{"a%"}, std::string(65, 'a'), std::string{"caf\xC3\xA9"}})
    EXPECT_FALSE(parse_device_id(bad)) << bad;
}

TEST(StreamKey, what_is_left_out_is_channel_1_and_main) {
  EXPECT_EQ(to_text(*parse_stream_key("gate-7")), "gate-7/1/main");
  EXPECT_EQ(to_text(*parse_stream_key("gate-7/3")), "gate-7/3/main");
  EXPECT_EQ(to_text(*parse_stream_key("gate-7/3/sub")), "gate-7/3/sub");
  for (const char* bad :
       {"", "/1/main", "g/0/main", "g/70000/main", "g/x/main", "g/1/fourth", "g/1/main/x", "G/1/main"})
    EXPECT_FALSE(parse_stream_key(bad)) << bad;
}

TEST(DeviceSpec, each_rule_names_its_field) {
  DeviceSpec spec;
  spec.id = DeviceId{"a"};
  spec.address = "10.0.0.7";
  EXPECT_TRUE(validate(spec));
  const auto broken = [&](auto change) {
    auto copy = spec;
    change(copy);
    const auto result = validate(copy);
    return result ? std::string{} : result.error().place.substr(0, result.error().place.find(':'));
  };
  EXPECT_EQ(broken([](auto& s) { s.address = ""; }), "address");
  EXPECT_EQ(broken([](auto& s) { s.address = "10.0.0.7/x"; }), "address");
  EXPECT_EQ(broken([](auto& s) { s.address = "a b"; }), "address");
  EXPECT_EQ(broken([](auto& s) { s.name = "x\n"; }), "name");
  EXPECT_EQ(broken([](auto& s) { s.drivers.clear(); }), "drivers");
  EXPECT_EQ(broken([](auto& s) { s.http_port = 0; }), "http_port");
  EXPECT_EQ(broken([](auto& s) { s.url = "exec:ls"; }), "url");
  EXPECT_EQ(broken([](auto& s) { s.sdk_login = "both"; }), "sdk_login");
  EXPECT_EQ(broken([](auto& s) { s.tags = {""}; }), "tags");
}

}  // namespace
}  // namespace camfleet::model
