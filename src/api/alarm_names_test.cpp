#include "api/alarm_names.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

TEST(AlarmNames, types_have_names_in_both_languages) {
  EXPECT_EQ(alarm_name("vmd", Language::en), "Motion");
  EXPECT_EQ(alarm_name("linedetection", Language::zh), "越界侦测");
  EXPECT_EQ(alarm_name("wlsensor", Language::en), "Wireless sensor");
}

TEST(AlarmNames, a_type_that_nobody_knows_is_an_alarm_all_the_same) {
  EXPECT_EQ(alarm_name("", Language::en), "Alarm");
  EXPECT_EQ(alarm_name("zzz", Language::en), "Alarm");
  EXPECT_EQ(alarm_name("VMD", Language::zh), "报警");
}

}  // namespace
}  // namespace camfleet::api
