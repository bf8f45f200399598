#include "proto/isapi/time.h"

#include <gtest/gtest.h>

#include "proto/isapi/testing/fixture.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {
namespace {

using namespace std::chrono_literals;

std::string utc(std::string_view text, std::chrono::seconds zone = {}) {
  const auto time = parse_time(text);
  return time ? to_rfc3339(time->utc(zone)) : "none";
}

TEST(DeviceTime, every_form_that_was_seen) {
  EXPECT_EQ(utc("2024-11-19T16:53:28+01:00"), "2024-11-19T15:53:28.000Z");
  EXPECT_EQ(utc("2026-09-09T17:02:40"), "2026-09-09T17:02:40.000Z");  // a DVR: no zone
  EXPECT_EQ(utc("2026-09-09T17:02:40", 8h), "2026-09-09T09:02:40.000Z");
  EXPECT_EQ(utc("2016-12-24T18:59:49-8:00"), "2016-12-25T02:59:49.000Z");
  EXPECT_EQ(utc("2009-11-14T15:27Z"), "2009-11-14T15:27:00.000Z");
  EXPECT_EQ(utc("2021-07-02T14:25:03.847+07:00"), "2021-07-02T07:25:03.847Z");
  EXPECT_EQ(utc("2022-12-11T15:30:20+09:30"), "2022-12-11T06:00:20.000Z");
  EXPECT_EQ(utc("20260701T083214Z"), "2026-07-01T08:32:14.000Z");
  EXPECT_EQ(utc("2026-04-03 03:35:00"), "2026-04-03T03:35:00.000Z");
  EXPECT_EQ(utc("2026-04-03T03:35:00+0800"), "2026-04-02T19:35:00.000Z");
  EXPECT_EQ(utc(" 1970-01-01T00:00:00+00:00\n"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(utc("2099-12-31T23:59:60Z"), "2100-01-01T00:00:00.000Z");
  EXPECT_TRUE(parse_time("2026-01-01T00:00:00Z")->utc_mark);
  EXPECT_FALSE(parse_time("2026-01-01T00:00:00Z")->offset);
}

TEST(DeviceTime, what_is_no_time) {
  for (const auto* text :
       {"", "now", "2026", "2026-02-30T00:00:00", "2026-13-01T00:00:00", "2026-01-01", "2026-01-01T25:00:00",
        "2026-01-01T00:60:00", "2026-01-01T00:00:00+", "2026-01-01T00:00:00+99:00", "2026-01-01T00:00:00x",
        "2026-01-01T00:00:00.", "99999-01-01T00:00:00"}) {
    EXPECT_EQ(utc(text), "none") << text;
  }
}

TEST(DeviceTime, zones_have_the_sign_of_posix) {
  EXPECT_EQ(parse_zone("CST-8:00:00"), (Zone{8h, "CST", ""}));
  EXPECT_EQ(parse_zone("CST+5:30:00"), (Zone{-(5h + 30min), "CST", ""}));
  EXPECT_EQ(parse_zone("UTC"), (Zone{0s, "UTC", ""}));
  EXPECT_EQ(parse_zone("CST-1:00:00DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00"),
            (Zone{1h, "CST", "DST01:00:00,M3.5.0/02:00:00,M10.5.0/03:00:00"}));
  EXPECT_EQ(parse_zone("CST0:00:00"), (Zone{0s, "CST", ""}));
  for (const auto* text : {"", "CST", "CST-", "CST-99", "CST24:01", "+x"})
    EXPECT_FALSE(parse_zone(text)) << text;
  EXPECT_EQ(format_zone(8h), "CST-8:00:00");
  EXPECT_EQ(format_zone(-(5h + 30min)), "CST+5:30:00");
}

TEST(DeviceTime, settings_of_captured_devices) {
  const auto nvr = parse_time_settings(fixture("time/nvr-ntp.xml"));
  ASSERT_TRUE(nvr);
  EXPECT_EQ(nvr->mode, "NTP");
  EXPECT_EQ(nvr->zone->offset, 8h);
  EXPECT_EQ(to_rfc3339(*nvr->utc()), "1970-01-01T00:00:00.000Z");

  const auto other = parse_time_settings(fixture("time/DS-7608NI-K2-capabilities.xml"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->zone->offset, 3h);
  EXPECT_EQ(to_rfc3339(*other->utc()), "2021-10-21T14:32:54.000Z");
  EXPECT_EQ(parse_time_settings(write_time(*other, {}))->utc(), other->utc());
}

TEST(DeviceTime, writes_local_time_with_its_offset) {
  const auto moment = parse_time("2024-11-19T23:53:28.999Z")->utc();
  EXPECT_EQ(format_time(moment, 60min), "2024-11-20T00:53:28+01:00");
  EXPECT_EQ(format_time(moment, -90min), "2024-11-19T22:23:28-01:30");
}

}  // namespace
}  // namespace camfleet::isapi
