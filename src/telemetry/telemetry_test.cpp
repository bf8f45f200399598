#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "telemetry/json_log.h"
#include "telemetry/prometheus.h"
#include "telemetry/trace.h"

namespace camfleet::telemetry {
namespace {

constexpr WallTime kNow{std::chrono::microseconds{1'700'000'000'123'456}};
constexpr auto kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr auto kSpan = "b7ad6b7169203331";

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{std::chrono::hours{1}} + passed; }
  WallTime wall() const override { return kNow; }
  std::chrono::seconds passed{0};
};

TEST(JsonLine, is_one_line_of_json_with_time_level_event_and_fields) {
  EXPECT_EQ(
      json_line(
          kNow, log::Level::warn, "device.rejected",
          {{"device", "gate-7"}, {"attempts", 3}, {"ratio", 0.5}, {"again", false}, {"trace_id", kTrace}}),
      R"({"ts":"2023-11-14T22:13:20.123Z","level":"warn","event":"device.rejected","device":"gate-7","attempts":3,)"
      R"("ratio":0.5,"again":false,"trace_id":"0af7651916cd43dd8448eb211c80319c"})");
}

TEST(JsonLine, a_hostile_text_cannot_break_it) {
  constexpr char kRaw[] = "a\"b\\c\n{\"level\":\"error\"}\r\t\x01\x7F\0\xFF\xC3(";
  const std::string hostile{kRaw, sizeof kRaw - 1};
  const auto line = json_line(kNow, log::Level::info, "x", {{"name", hostile}, {"level", "mine"}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_TRUE(is_utf8(line));
  EXPECT_NE(line.find(R"(a\"b\\c\n{\"level\":\"error\"}\r\t\u0001\u007f)"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("level_":"mine")"), std::string::npos) << line;
}

TEST(JsonLine, a_long_text_is_cut_and_no_number_is_not_json) {
  const auto line =
      json_line(kNow, log::Level::info, "x", {{"long", std::string(1 << 20, 'a')}, {"nan", NAN}});
  EXPECT_LT(line.size(), 5'000U);
  EXPECT_NE(line.find("aaa...\""), std::string::npos);
  EXPECT_NE(line.find("\"nan\":null"), std::string::npos);
}

TEST(JsonLog, a_flood_of_one_event_is_thinned_and_told) {
  ManualClock clock;
  JsonLog sink{{.burst = 3, .per_second = 1}, clock};
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) sink.write(log::Level::warn, "media.slow_viewer", {{"n", i}});
  sink.write(log::Level::warn, "other", {});
  for (int i = 0; i < 5; ++i) sink.write(log::Level::error, "media.slow_viewer", {});
  clock.passed = std::chrono::seconds{1};
  sink.write(log::Level::warn, "media.slow_viewer", {{"n", 100}});
  const auto out = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(out, '\n'), 3 + 1 + 5 + 1);
  EXPECT_NE(out.find(R"("n":100,"suppressed":97})"), std::string::npos) << out;
}

TEST(JsonLog, levels_have_names) {
  EXPECT_EQ(parse_level("WARN"), log::Level::warn);
  EXPECT_EQ(parse_level("nonsense"), log::Level::info);
  EXPECT_EQ(to_text(log::Level::debug), "debug");
}

TEST(Prometheus, counters_gauges_and_histograms_as_text) {
  metrics::Counter counter;
  counter.add(7);
  metrics::Gauge gauge;
  gauge.set(-2);
  constexpr std::array kBounds{0.1, 1.0};
  metrics::Histogram histogram{kBounds};
  for (const double value : {0.05, 0.5, 0.5, 5.0}) histogram.observe(value);
  const auto text =
      render({{"camfleet_a_total", "A.", {{{{"code", "net.timeout"}}, &counter, nullptr, nullptr}}},
              {"camfleet_b", "B.", {{{{"x", "q\"\\\n"}}, nullptr, &gauge, nullptr}}},
              {"camfleet_c_seconds", "C.", {{{}, nullptr, nullptr, &histogram}}},
              {"camfleet_none", "Nothing yet.", {}}});
  for (const char* line : {"# TYPE camfleet_a_total counter\ncamfleet_a_total{code=\"net.timeout\"} 7",
                           "camfleet_b{x=\"q\\\"\\\\\\n\"} -2", "camfleet_c_seconds_count 4",
                           "camfleet_c_seconds_bucket{le=\"0.1\"} 1", "camfleet_c_seconds_bucket{le=\"1\"} 3",
                           "camfleet_c_seconds_bucket{le=\"+Inf\"} 4", "# HELP camfleet_c_seconds C."})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  EXPECT_EQ(text.find("camfleet_none"), std::string::npos);
}

TEST(Prometheus, everything_that_was_counted_is_rendered) {
  metrics::counter("camfleet_telemetry_test_total", "Of this test.").add(3);
  EXPECT_NE(render_all().find("camfleet_telemetry_test_total 3"), std::string::npos);
}

TEST(Prometheus, devices_have_a_line_each) {
  auto view = std::make_shared<model::DeviceView>();
  view->spec.id = model::DeviceId{"gate-7"};
  view->state = model::DeviceState::degraded;
  view->events = 12;
  view->last_heard = kNow - std::chrono::seconds{3};
  auto silent = std::make_shared<model::DeviceView>();
  silent->spec.id = model::DeviceId{"gate-8"};
  silent->state = model::DeviceState::backoff;
  silent->attempts = 4;
  const std::vector<model::DeviceViewPtr> devices{view, silent};
  const auto text = render_devices(devices, kNow);
  for (const char* line :
       {"camfleet_device_up{device=\"gate-7\"} 1", "camfleet_device_up{device=\"gate-8\"} 0",
        "camfleet_device_state{device=\"gate-7\"} 4", "camfleet_device_failed_attempts{device=\"gate-8\"} 4",
        "camfleet_device_reported_events_total{device=\"gate-7\"} 12",
        "camfleet_device_last_heard_age_seconds{device=\"gate-7\"} 3"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  EXPECT_EQ(text.find("age_seconds{device=\"gate-8\"}"), std::string::npos);
}

TEST(Trace, a_traceparent_is_read_and_written) {
  const auto header = "00-" + std::string{kTrace} + "-" + kSpan + "-01";
  const auto context = parse_traceparent(header);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id, kTrace);
  EXPECT_EQ(context->span_id, kSpan);
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->traceparent(), header);
  EXPECT_TRUE(parse_traceparent("cc-" + header.substr(3) + "-what-comes-later"));
}

TEST(Trace, what_breaks_the_rules_is_ignored) {
  const auto good = "00-" + std::string{kTrace} + "-" + kSpan + "-01";
  for (const auto& bad :
       {std::string{}, good.substr(1), good + "-x", "ff" + good.substr(2),
        "00-" + std::string(32, '0') + good.substr(35), good.substr(0, 36) + std::string(16, '0') + "-01",
        "00-0AF7651916CD43DD8448EB211C80319C" + good.substr(35), good.substr(0, 35) + "_" + good.substr(36),
        std::string(16'384, 'a'), "cc" + good.substr(2) + "x"})
    EXPECT_FALSE(parse_traceparent(bad)) << bad.substr(0, 80);
}

TEST(Trace, a_request_keeps_its_trace_or_gets_one) {
  const auto given = adopt("00-" + std::string{kTrace} + "-" + kSpan + "-00", "");
  EXPECT_EQ(given.trace_id, kTrace);
  EXPECT_NE(given.span_id, kSpan);
  EXPECT_EQ(adopt("nonsense", "0AF7651916CD43DD8448EB211C80319C").trace_id, kTrace);
  const auto fresh = adopt("", "short");
  EXPECT_EQ(fresh.trace_id.size(), 32U);
  EXPECT_NE(fresh.trace_id, adopt("", "").trace_id);
  EXPECT_TRUE(parse_traceparent(fresh.traceparent()));
}

}  // namespace
}  // namespace camfleet::telemetry
