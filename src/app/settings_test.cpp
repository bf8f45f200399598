#include "app/settings.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace camfleet::app {
namespace {

class SettingsFile : public ::testing::Test {
 protected:
  Result<void> read(const std::string& text) {
    std::ofstream{path_} << text;
    settings_ = {};
    return read_file(path_, settings_);
  }
  std::string error(const std::string& text) {
    const auto done = read(text);
    if (done) return "none";
    return std::string{name(done.error().code)} + done.error().place.substr(path_.string().size());
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("camfleet-settings-" + std::to_string(::getpid()) + ".yaml");
  Settings settings_;
};

TEST_F(SettingsFile, nested_and_dotted_keys_are_the_same) {
  ASSERT_TRUE(
      read("http: 127.0.0.1:9000\nhub:\n  linger_s: 3\nallow_devices: [10.0.0.0/8, 192.168.0.0/16]\n"));
  EXPECT_EQ(settings_.http, "127.0.0.1:9000");
  EXPECT_EQ(settings_.hub_linger_s, 3U);
  EXPECT_EQ(settings_.allow_devices.size(), 2U);
  ASSERT_TRUE(read("hub.linger_s: 4\n"));
  EXPECT_EQ(settings_.hub_linger_s, 4U);
}

TEST_F(SettingsFile, what_is_wrong_is_told_with_line_and_column) {
  EXPECT_EQ(error("http: 127.0.0.1:1\nhtpp: x\n"), "config.unknown_key:2:1: htpp");
  EXPECT_TRUE(error("hub:\n  linger_s: soon\n").starts_with("config.invalid:2:13: hub.linger_s"));
  EXPECT_TRUE(
      error("http: 127.0.0.1:1\nhttp: 127.0.0.1:2\n").starts_with("config.invalid:2:1: http: given twice"));
  EXPECT_TRUE(error("http: [a, b]\n").starts_with("config.invalid:1:7"));
  EXPECT_TRUE(error("- a\n- b\n").starts_with("config.invalid:1:1"));
  EXPECT_TRUE(error("http: \"unclosed\n").starts_with("config.invalid:"));
  EXPECT_TRUE(error("   \n").starts_with("config.invalid: is empty"));
  EXPECT_TRUE(error("allow_devices: [300.0.0.0/8]\n").starts_with("config.invalid:1:17"));
}

TEST(Settings, off_loopback_wants_insecure) {
  Settings settings;
  EXPECT_TRUE(check(settings));
  settings.http = "0.0.0.0:8080";
  EXPECT_EQ(check(settings).error().code, Code::config_insecure);
  settings.insecure = true;
  EXPECT_TRUE(check(settings));
}

TEST(Settings, a_missing_file_is_an_error) {
  Settings settings;
  EXPECT_EQ(read_file("/nonexistent/camfleet.yaml", settings).error().code, Code::config_invalid);
  EXPECT_EQ(read_file("/", settings).error().code, Code::config_invalid);
}

}  // namespace
}  // namespace camfleet::app
