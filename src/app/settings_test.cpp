#include "app/settings.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "app/reload.h"
#include "net/address.h"

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

TEST_F(SettingsFile, what_makes_a_small_file_large_is_refused) {
  EXPECT_TRUE(error("http: &a 127.0.0.1:1\nrtsp: *a\n").starts_with("config.invalid:1:"));
  EXPECT_TRUE(error("allow_devices: &a [10.0.0.0/8]\n").starts_with("config.invalid:1:"));
  EXPECT_TRUE(error("http: !!python/object:os.system x\n").starts_with("config.invalid:1:"));
  EXPECT_TRUE(error("http: 127.0.0.1:1\n---\nhttp: 127.0.0.1:2\n").starts_with("config.invalid:"));
  EXPECT_TRUE(error("<<: {http: 127.0.0.1:1}\n").starts_with("config.unknown_key:1:1"));
  EXPECT_TRUE(error(std::string(100'000, '[')).starts_with("config.invalid:"));
  EXPECT_TRUE(error(std::string(100'000, '{')).starts_with("config.invalid:"));
  EXPECT_TRUE(error("\thttp: 127.0.0.1:1\n").starts_with("config.invalid:1:"));
  EXPECT_TRUE(
      error("http: 127.0.0.1:1\n" + std::string(1024 * 1024, '#')).starts_with("config.invalid: over 1 MiB"));
}

TEST_F(SettingsFile, every_cut_of_a_file_is_read_or_refused_and_nothing_else) {
  std::ifstream in{CAMFLEET_SOURCE_DIR "/deploy/camfleet.yaml"};
  std::stringstream whole;
  whole << in.rdbuf();
  const auto text = whole.str();
  for (std::size_t size = 0; size < text.size(); size += 13) error(text.substr(0, size));
}

TEST_F(SettingsFile, a_value_is_checked_wherever_it_comes_from) {
  EXPECT_TRUE(error("data: \"a\\nb\"\n").starts_with("config.invalid:1:7: data: has a line break"));
  EXPECT_TRUE(
      error("data: " + std::string(5000, 'x') + "\n").starts_with("config.invalid:1:7: data: over 4096"));
  for (const std::string& bad : {std::string{"a\nb"}, std::string(5000, 'x')}) {
    ::setenv("CAMFLEET_DATA", bad.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    const auto done = read_environment(settings_);
    ::unsetenv("CAMFLEET_DATA");  // NOLINT(concurrency-mt-unsafe)
    ASSERT_FALSE(done);
    EXPECT_TRUE(done.error().place.starts_with("CAMFLEET_DATA: "));
  }
}

TEST_F(SettingsFile, a_later_source_replaces_a_list_as_a_whole) {
  ASSERT_TRUE(read("allow_devices: [10.0.0.0/8, 192.168.0.0/16]\n"));
  ::setenv("CAMFLEET_ALLOW_DEVICES", "172.16.0.0/12;fc00::/7", 1);  // NOLINT(concurrency-mt-unsafe)
  const auto done = read_environment(settings_);
  ::unsetenv("CAMFLEET_ALLOW_DEVICES");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_TRUE(done);
  EXPECT_EQ(settings_.allow_devices, (std::vector<std::string>{"172.16.0.0/12", "fc00::/7"}));
  EXPECT_EQ(settings_.given.at("allow_devices").source, "environment");
}

TEST_F(SettingsFile, a_file_that_anybody_may_write_is_refused) {
  ASSERT_TRUE(read("http: 127.0.0.1:1\n"));
  ::chmod(path_.c_str(), 0666);
  EXPECT_EQ(read_file(path_, settings_).error().code, Code::config_exposed);
  EXPECT_TRUE(read_file(path_, settings_).error().place.find("anybody may write") != std::string::npos);
  ::chmod(path_.c_str(), 0644);
  EXPECT_TRUE(read_file(path_, settings_));
}

TEST_F(SettingsFile, links_that_lead_nowhere_are_refused) {
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(path_, path_);
  EXPECT_EQ(read_file(path_, settings_).error().code, Code::config_invalid);
}

TEST(SampleSettings, hold_every_key_with_its_default) {
  const std::filesystem::path path = CAMFLEET_SOURCE_DIR "/deploy/camfleet.yaml";
  Settings settings;
  const auto read = read_file(path, settings);
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_TRUE(check(settings));
  const Settings defaults;
  EXPECT_EQ(settings.http, defaults.http);
  EXPECT_EQ(settings.rtsp, defaults.rtsp);
  EXPECT_EQ(settings.insecure, defaults.insecure);
  EXPECT_EQ(settings.loops, defaults.loops);
  EXPECT_EQ(settings.log_level, defaults.log_level);
  EXPECT_EQ(settings.hub_linger_s, defaults.hub_linger_s);
  EXPECT_EQ(settings.hub_gop_bytes, defaults.hub_gop_bytes);
  EXPECT_EQ(settings.hub_max_starts, defaults.hub_max_starts);
  EXPECT_EQ(settings.fleet_max_connecting, defaults.fleet_max_connecting);
  EXPECT_EQ(settings.fleet_heartbeat_s, defaults.fleet_heartbeat_s);
  EXPECT_EQ(settings.fleet_backoff_base_ms, defaults.fleet_backoff_base_ms);
  EXPECT_EQ(settings.fleet_backoff_cap_s, defaults.fleet_backoff_cap_s);
  // Those without a default stand there as a comment.
  std::ifstream in{path};
  std::stringstream text;
  text << in.rdbuf();
  for (const auto& row : settings_table()) {
    const std::string key{row.key};
    const auto last = key.substr(key.rfind('.') + 1);
    EXPECT_TRUE(settings.given.contains(key) || text.str().find("# " + last + ":") != std::string::npos)
        << key;
  }
}

TEST(Settings, a_pair_is_given_whole) {
  Settings settings;
  settings.tls_cert = "/tmp/cert.pem";
  EXPECT_EQ(check(settings).error().place, "tls.cert is given without tls.key");
  settings.tls_key = "/tmp/key.pem";
  EXPECT_TRUE(check(settings));
  settings.http = "0.0.0.0:443";  // TLS is enough off loopback
  EXPECT_TRUE(check(settings));
}

TEST(SettingsChange, tells_what_is_live_from_what_needs_a_restart) {
  const auto with = [](std::vector<std::pair<std::string, std::string>> values) {
    Settings settings;
    for (const auto& [key, value] : values) settings.given[key] = {"file", {value}};
    if (settings.given.contains("tls.cert")) settings.tls_cert = settings.given["tls.cert"].values[0];
    return settings;
  };
  const auto now = with({{"http", "a"}, {"log.level", "info"}, {"hub.linger_s", "3"}});
  EXPECT_TRUE(compare(now, now).live.empty());
  const auto change = compare(now, with({{"http", "b"}, {"log.level", "debug"}, {"loops", "2"}}));
  EXPECT_EQ(change.live, (std::vector<std::string>{"log.level", "hub.linger_s"}));
  EXPECT_EQ(change.restart, (std::vector<std::string>{"http", "loops"}));
  EXPECT_EQ(
      compare(now, with({{"http", "a"}, {"log.level", "info"}, {"hub.linger_s", "3"}, {"tls.cert", "x"}}))
          .restart,
      (std::vector<std::string>{"tls.cert"}));
}

TEST(Settings, off_loopback_wants_insecure) {
  Settings settings;
  EXPECT_TRUE(check(settings));
  settings.http = "0.0.0.0:8080";
  EXPECT_EQ(check(settings).error().code, Code::config_insecure);
  settings.insecure = true;
  EXPECT_TRUE(check(settings));
}

TEST_F(SettingsFile, public_addresses_are_a_scheme_a_host_and_perhaps_a_port) {
  ASSERT_TRUE(read("public_url: https://Cameras.Example:8443/\npublic_rtsp: 'rtsps://[2001:db8::7]:322'\n"));
  EXPECT_EQ(settings_.public_url, "https://cameras.example:8443");
  EXPECT_EQ(settings_.public_rtsp, "rtsps://[2001:db8::7]:322");
  ASSERT_TRUE(read("public_url: http://10.1.2.3\npublic_rtsp: rtsp://10.1.2.3\n"));
  EXPECT_EQ(settings_.public_url, "http://10.1.2.3");

  for (const std::string bad : {"cameras.example",
                                "rtsp://cameras.example",
                                "ftp://cameras.example",
                                "https://",
                                "https://cameras.example/fleet",
                                "https://cameras.example?x=1",
                                "'https://cameras.example#x'",
                                "https://admin:pw@cameras.example",
                                "https://cameras.example:0",
                                "https://cameras.example:70000",
                                "'https://cameras .example'",
                                "\"https://cameras.example\\r\\nX-Bad: 1\"",
                                "https://0.0.0.0:8080",
                                "'https://[::]'",
                                "https://224.0.0.1",
                                "https://0x7f.1",
                                "https://2130706433",
                                "'https://[::1'",
                                "'https://[:::::]'",
                                "https://ca<script>meras.example",
                                "javascript://cameras.example"})
    EXPECT_TRUE(error("public_url: " + bad + '\n').starts_with("config.invalid:1:")) << bad;
  EXPECT_TRUE(error("public_rtsp: https://cameras.example\n").starts_with("config.invalid:1:"));
}

TEST_F(SettingsFile, h265_in_flv_is_hvc1_or_12) {
  EXPECT_FALSE(settings_.live_flv_codec_12);
  ASSERT_TRUE(read("live:\n  flv_hevc: 12\n"));
  EXPECT_TRUE(settings_.live_flv_codec_12);
  ASSERT_TRUE(read("live:\n  flv_hevc: hvc1\n"));
  EXPECT_FALSE(settings_.live_flv_codec_12);
  EXPECT_TRUE(error("live.flv_hevc: 7\n").starts_with("config.invalid:1:"));
}

TEST_F(SettingsFile, ports_for_udp_are_ranges) {
  ASSERT_TRUE(
      read("hub:\n  max_mbps: 0\nudp:\n  device_ports: 20000-20999\n  viewers: false\n  again_s: 0\n"));
  EXPECT_EQ(settings_.udp_device_ports, "20000-20999");
  EXPECT_FALSE(settings_.udp_viewers);
  for (const std::string bad : {"20000", "20001-20002", "1-2000", "a-b", "20000-70000"})
    EXPECT_TRUE(error("udp.viewer_ports: " + bad + '\n').starts_with("config.invalid:1:")) << bad;
  EXPECT_TRUE(error("udp.viewers: maybe\n").starts_with("config.invalid:1:"));
}

TEST(Settings, a_missing_file_is_an_error) {
  Settings settings;
  EXPECT_EQ(read_file("/nonexistent/camfleet.yaml", settings).error().code, Code::config_invalid);
  EXPECT_EQ(read_file("/", settings).error().code, Code::config_invalid);
}

}  // namespace
}  // namespace camfleet::app
