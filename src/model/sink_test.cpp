#include "model/sink.h"

#include <gtest/gtest.h>

namespace camfleet::model {
namespace {

SinkSpec spec(SinkKind kind, std::map<std::string, std::string, std::less<>> settings) {
  SinkSpec out;
  out.id = "s";
  out.kind = kind;
  out.settings = std::move(settings);
  return out;
}

// The place of the error; empty where it is good.
std::string wrong(const SinkSpec& given) {
  const auto checked = check(given);
  if (checked) return {};
  EXPECT_EQ(checked.error().code, Code::sink_invalid);
  return checked.error().place.substr(0, checked.error().place.find(':'));
}

TEST(SinkSpec, settings_are_those_of_the_kind_and_in_their_range) {
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "https://example.org/a?b=c"}})), "");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {})), "url");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "http://a"}, {"topic", "x"}})), "topic");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "http://a"}, {"batch", "1001"}})), "batch");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "http://a"}, {"batch", "1e2"}})), "batch");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "http://a"}, {"payload", "yes"}})), "payload");
  EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", "http://a\r\nX: y"}})), "url");
}

TEST(SinkSpec, addresses_hold_no_login_and_nothing_else) {
  for (const auto* url : {"ftp://a/", "http://", "http://user:pass@a/", "file:///etc/passwd", "a"})
    EXPECT_EQ(wrong(spec(SinkKind::webhook, {{"url", url}})), "url") << url;
  for (const auto* url : {"http://a", "mqtt://", "mqtt://a:b@c", "mqtt://a/topic", "mqtts://a:99999"})
    EXPECT_EQ(wrong(spec(SinkKind::mqtt, {{"url", url}})), "url") << url;
  EXPECT_EQ(wrong(spec(SinkKind::mqtt, {{"url", "mqtts://broker.example:8883"}})), "");
}

TEST(SinkSpec, files_stay_below_their_directory) {
  EXPECT_EQ(wrong(spec(SinkKind::file, {{"path", "site/events.jsonl"}})), "");
  for (const auto* path : {"/etc/passwd", "..", "a/../b", "a//b", ".hidden", "a/.b", "a b", "a\\b", "门"})
    EXPECT_EQ(wrong(spec(SinkKind::file, {{"path", path}})), "path") << path;
}

TEST(SinkSpec, topics_are_what_their_brokers_take) {
  EXPECT_EQ(wrong(spec(SinkKind::mqtt, {{"url", "mqtt://a"}, {"topic", "a/+"}})), "topic");
  EXPECT_EQ(wrong(spec(SinkKind::kafka, {{"brokers", "a:1"}, {"topic", "a/b"}})), "topic");
  EXPECT_EQ(wrong(spec(SinkKind::kafka, {{"brokers", "a:1"}, {"security", "tls"}})), "security");
  EXPECT_EQ(wrong(spec(SinkKind::kafka, {{"brokers", "a:1"}, {"sasl_mechanism", "GSSAPI"}})),
            "sasl_mechanism");
  EXPECT_EQ(wrong(spec(SinkKind::dapr, {{"url", "http://a"}, {"pubsub", "a/b"}})), "pubsub");
}

TEST(SinkSpec, what_is_not_given_has_its_default) {
  const auto given = spec(SinkKind::webhook, {{"url", "http://a"}, {"batch", "7"}});
  EXPECT_EQ(given.number("batch"), 7);
  EXPECT_EQ(given.number("timeout_s"), 10);
  EXPECT_FALSE(given.flag("payload"));
  EXPECT_EQ(given.text("nothing"), "");
}

TEST(SinkSpec, the_defaults_of_all_kinds_are_good_themselves) {
  for (const auto kind :
       {SinkKind::webhook, SinkKind::file, SinkKind::mqtt, SinkKind::kafka, SinkKind::dapr}) {
    auto whole = spec(kind, {});
    for (const auto& setting : settings_of(kind)) {
      EXPECT_FALSE(setting.help.empty());
      if (!setting.fallback.empty()) whole.settings[std::string{setting.name}] = setting.fallback;
      if (setting.required)
        whole.settings[std::string{setting.name}] = setting.name == "url" ? "http://a" : "a";
    }
    if (kind == SinkKind::mqtt) whole.settings["url"] = "mqtt://a";
    EXPECT_EQ(wrong(whole), "") << to_text(kind);
  }
}

TEST(SinkFilter, each_list_is_a_condition) {
  class Tags final : public DeviceTags {
   public:
    std::vector<std::string> tags_of(const DeviceId& id) const override {
      return id.str() == "a" ? std::vector<std::string>{"north"} : std::vector<std::string>{};
    }
  } tags;
  SinkFilter filter;
  const DeviceId a{"a"};
  EXPECT_TRUE(filter.takes(a, 1, "vmd", nullptr));
  filter.types = {"camfleet.*", "vmd"};
  EXPECT_TRUE(filter.takes(a, 1, "vmd", nullptr));
  EXPECT_TRUE(filter.takes(a, 1, "camfleet.blind", nullptr));
  EXPECT_FALSE(filter.takes(a, 1, "vmdx", nullptr));
  filter.channels = {2};
  EXPECT_FALSE(filter.takes(a, 1, "vmd", nullptr));
  EXPECT_TRUE(filter.takes(a, 2, "vmd", nullptr));
  filter.tags = {"south", "north"};
  EXPECT_TRUE(filter.takes(a, 2, "vmd", &tags));
  EXPECT_FALSE(filter.takes(DeviceId{"b"}, 2, "vmd", &tags));
  EXPECT_FALSE(filter.takes(a, 2, "vmd", nullptr));
  filter.devices = {"b"};
  EXPECT_FALSE(filter.takes(a, 2, "vmd", &tags));
}

}  // namespace
}  // namespace camfleet::model
