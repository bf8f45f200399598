#include "sdkhost/alarms.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace camfleet::sdkhost {
namespace {

// A buffer of exactly that size, so that a sanitizer sees who reads further.
template <class Info>
AlarmReading read(std::int32_t command, const Info& info, std::size_t size = sizeof(Info),
                  const AlarmLimits& limits = {}) {
  std::string bytes(reinterpret_cast<const char*>(&info), std::min(size, sizeof info));
  bytes.resize(size);
  bytes.shrink_to_fit();
  return read_alarms(command, bytes.data(), static_cast<std::uint32_t>(size), limits);
}

abi::TimeEx moment() {
  return {.year = 2026, .month = 11, .day = 29, .hour = 5, .minute = 11, .second = 46, .reserved = 0};
}

TEST(Alarms, the_old_form_names_channels_by_flags) {
  abi::AlarmInfoV30 info{};
  info.type = 3;
  info.channels[0] = info.channels[32] = 1;
  const auto got = read(abi::command_alarm_v30, info);
  EXPECT_EQ(got.refused, "");
  ASSERT_EQ(got.alarms.size(), 2u);
  EXPECT_EQ(got.alarms[0].type, "vmd");
  EXPECT_EQ(got.alarms[0].state, AlarmState::active);
  EXPECT_EQ(got.alarms[0].channel, 1);
  EXPECT_EQ(got.alarms[1].channel, 33) << "the first IP channel of a recorder";
  EXPECT_EQ(got.alarms[0].time, "") << "this form says no time";

  abi::AlarmInfo oldest{};
  oldest.type = 2;
  oldest.channels[3] = 1;
  const auto loss = read(abi::command_alarm, oldest);
  ASSERT_EQ(loss.alarms.size(), 1u);
  EXPECT_EQ(loss.alarms[0].type, "videoloss");
  EXPECT_EQ(loss.alarms[0].channel, 4);
}

TEST(Alarms, inputs_and_disks_have_no_channel_but_a_detail) {
  abi::AlarmInfoV30 info{};
  info.type = 0;
  info.input = 2;
  auto got = read(abi::command_alarm_v30, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_EQ(got.alarms[0].type, "io");
  EXPECT_EQ(got.alarms[0].detail, "input 3");
  EXPECT_EQ(got.alarms[0].channel, 0);
  info.type = 1;
  info.disks[4] = 1;
  got = read(abi::command_alarm_v30, info);
  EXPECT_EQ(got.alarms[0].type, "diskfull");
  EXPECT_EQ(got.alarms[0].detail, "disk 5");
}

TEST(Alarms, v40_has_the_pointer_last_in_every_version) {
  std::uint32_t channels[] = {7, 9};
  const std::uint32_t count = 2;
  for (const std::size_t size : {152U, 160U, 168U}) {
    abi::AlarmInfoV40 info{};
    info.header.type = 6;
    info.header.time = moment();
    info.header.has_offset = 1;
    info.header.offset_hours = 8;
    std::memcpy(info.header.of_type, &count, sizeof count);
    info.header.of_type[9] = 2;
    std::string bytes(reinterpret_cast<const char*>(&info), sizeof info);
    bytes.resize(size);
    const std::uint32_t* data = channels;
    std::memcpy(bytes.data() + size - sizeof data, &data, sizeof data);
    bytes.shrink_to_fit();
    const auto got = read_alarms(abi::command_alarm_v40, bytes.data(), static_cast<std::uint32_t>(size));
    ASSERT_EQ(got.alarms.size(), 2u) << size;
    EXPECT_EQ(got.alarms[0].type, "tamperdetection");
    EXPECT_EQ(got.alarms[0].channel, 7);
    EXPECT_EQ(got.alarms[1].channel, 9);
    EXPECT_EQ(got.alarms[0].target, "vehicle");
    if (size != 152) EXPECT_EQ(got.alarms[0].time, "2026-11-29T05:11:46+08:00");
  }
}

TEST(Alarms, v40_of_a_size_between_two_versions_is_refused) {
  abi::AlarmInfoV40 info{};
  info.header.type = 3;
  for (std::size_t size = 153; size < 160; ++size)
    EXPECT_EQ(read(abi::command_alarm_v40, info, size).refused, "size of an alarm");
}

TEST(Alarms, v40_with_a_count_that_cannot_be_is_refused_whole) {
  std::uint32_t channel = 1;
  abi::AlarmInfoV40 info{};
  info.header.type = 3;
  info.data = &channel;
  const std::uint32_t count = 0x40000000;
  std::memcpy(info.header.of_type, &count, sizeof count);
  const auto got = read(abi::command_alarm_v40, info);
  EXPECT_EQ(got.refused, "count of channels");
  EXPECT_TRUE(got.alarms.empty());
}

TEST(Alarms, a_rule_says_region_time_channel_and_picture) {
  std::string picture = "\xFF\xD8 picture";
  abi::RuleAlarm info{};
  info.size = sizeof info;
  info.time = 26U << 26 | 11U << 22 | 29U << 17 | 5U << 12 | 11U << 6 | 46U;
  info.rule.event_type = 0x8;
  info.rule.id = 2;
  std::memcpy(info.rule.name, "gate", 4);
  info.device.channel = 1;
  info.device.ivms_channel = 34;
  info.picture_size = static_cast<std::uint32_t>(picture.size());
  info.picture = reinterpret_cast<std::uint8_t*>(picture.data());
  auto got = read(abi::command_rule, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  const auto& alarm = got.alarms[0];
  EXPECT_EQ(alarm.type, "fielddetection");
  EXPECT_EQ(alarm.state, AlarmState::active);
  EXPECT_EQ(alarm.detail, "region 2");
  EXPECT_EQ(alarm.description, "gate");
  EXPECT_EQ(alarm.time, "2026-11-29T05:11:46");
  EXPECT_EQ(alarm.channel, 34) << "as the recorder numbers it";
  ASSERT_EQ(alarm.pictures.size(), 1u);
  EXPECT_EQ(alarm.pictures[0].data, picture);
  info.rule.event_type = 0x1;
  EXPECT_EQ(read(abi::command_rule, info).alarms[0].type, "linedetection");
  EXPECT_EQ(read(abi::command_rule, info).alarms[0].state, AlarmState::pulse);
  // A library before 6.1: the picture's pointer is the last of a shorter structure.
  info.append_info = info.picture;
  info.picture = nullptr;
  ASSERT_EQ(read(abi::command_rule, info, 344).alarms[0].pictures.size(), 1u);
}

TEST(Alarms, a_picture_that_is_too_large_is_left_out_and_counted) {
  abi::RuleAlarm info{};
  std::uint8_t byte = 0;
  info.rule.event_type = 0x1;
  info.picture = &byte;
  info.picture_size = 0x7FFFFFFF;
  const auto got = read(abi::command_rule, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_TRUE(got.alarms[0].pictures.empty());
  EXPECT_EQ(got.alarms[0].pictures_left_out, 1u);
}

TEST(Alarms, a_document_comes_as_it_came_with_its_pictures) {
  std::string text = "<EventNotificationAlert><eventType>VMD</eventType></EventNotificationAlert>";
  std::string first = "one", second = "two";
  abi::IsapiPicture pictures[2] = {};
  pictures[0].size = 3;
  pictures[0].data = reinterpret_cast<std::uint8_t*>(first.data());
  pictures[1].size = 3;
  pictures[1].type = 3;
  pictures[1].data = reinterpret_cast<std::uint8_t*>(second.data());
  abi::IsapiAlarm info{};
  info.text = text.data();
  info.text_size = static_cast<std::uint32_t>(text.size());
  info.data_type = 1;
  info.picture_count = 2;
  info.pictures = pictures;
  const auto got = read(abi::command_isapi, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_EQ(got.alarms[0].type, "") << "the document says it";
  EXPECT_EQ(got.alarms[0].document, text);
  ASSERT_EQ(got.alarms[0].pictures.size(), 2u);
  EXPECT_EQ(got.alarms[0].pictures[1].content_type, "image/png");
  EXPECT_EQ(got.alarms[0].pictures[1].data, "two");
}

TEST(Alarms, a_document_of_no_bytes_is_nothing_and_one_of_too_many_is_refused) {
  std::string text = "x";
  abi::IsapiAlarm info{};
  info.text = text.data();
  EXPECT_TRUE(read(abi::command_isapi, info).alarms.empty());
  EXPECT_EQ(read(abi::command_isapi, info).refused, "");
  info.text_size = 0xF0000000;
  EXPECT_EQ(read(abi::command_isapi, info).refused, "size of a document");
}

TEST(Alarms, an_access_event_is_told_apart_by_door_and_kind) {
  abi::AccessAlarm info{};
  info.major = 5;
  info.minor = 75;
  info.time = {2026, 11, 29, 5, 11, 46};
  info.event.door = 1;
  info.event.serial = 4711;
  auto got = read(abi::command_access, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_EQ(got.alarms[0].type, "accesscontrollerevent");
  EXPECT_EQ(got.alarms[0].detail, "door 1, 5/75");
  EXPECT_EQ(got.alarms[0].serial, 4711u);
  EXPECT_EQ(got.alarms[0].time, "2026-11-29T05:11:46");
  info.time_is_utc = 1;
  EXPECT_EQ(read(abi::command_access, info).alarms[0].time, "2026-11-29T05:11:46Z");
  EXPECT_EQ(read(abi::command_access, info, 336).alarms.size(), 1u) << "an older library's";
}

TEST(Alarms, plates_carry_their_text_and_their_pictures) {
  std::string scene = "scene";
  abi::ItsPlateResult info{};
  std::memcpy(info.plate.license, "AB123C", 6);
  info.channel = 2;
  info.lane = 1;
  info.first_picture_time = {.year = 2026, .month = 11, .day = 29, .hour = 5, .minute = 11, .second = 46};
  info.picture_count = 2;
  info.pictures[0].size = 5;
  info.pictures[0].data = reinterpret_cast<std::uint8_t*>(scene.data());
  auto got = read(abi::command_its_plate, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_EQ(got.alarms[0].type, "anpr");
  EXPECT_EQ(got.alarms[0].description, "AB123C");
  EXPECT_EQ(got.alarms[0].detail, "lane 1");
  EXPECT_EQ(got.alarms[0].channel, 2);
  ASSERT_EQ(got.alarms[0].pictures.size(), 1u);
  info.picture_count = 7;
  EXPECT_EQ(read(abi::command_its_plate, info).refused, "count of pictures");

  abi::PlateResult old{};
  std::memcpy(old.time, "20261129051146000", 17);
  EXPECT_EQ(read(abi::command_plate, old).alarms[0].time, "2026-11-29T05:11:46");
}

TEST(Alarms, moments_that_cannot_be_are_left_out) {
  abi::IntercomAlarm info{};
  info.type = 17;
  info.time = {.year = 2026, .month = 13, .day = 1, .hour = 0, .minute = 0, .second = 0, .reserved = 0};
  const auto got = read(abi::command_intercom_alarm, info);
  ASSERT_EQ(got.alarms.size(), 1u);
  EXPECT_EQ(got.alarms[0].time, "");
  EXPECT_EQ(got.alarms[0].detail, "alarm 17");
}

TEST(Alarms, buffers_of_a_wrong_size_are_refused_whatever_the_command) {
  const std::string large(70'000, '\0');
  for (const auto command :
       {abi::command_alarm, abi::command_alarm_v30, abi::command_alarm_v40, abi::command_rule,
        abi::command_face_snap, abi::command_access, abi::command_intercom_alarm, abi::command_intercom_event,
        abi::command_plate, abi::command_its_plate, abi::command_isapi}) {
    EXPECT_NE(read_alarms(command, nullptr, 100).refused, "") << command;
    EXPECT_NE(read_alarms(command, large.data(), 0).refused, "") << command;
    EXPECT_NE(read_alarms(command, large.data(), static_cast<std::uint32_t>(large.size())).refused, "")
        << command;
    // Each length that is none of a structure's, in a buffer that ends there.
    for (std::uint32_t size = 1; size < 40; ++size) {
      const std::unique_ptr<char[]> exact{new char[size]()};
      EXPECT_NE(read_alarms(command, exact.get(), size).refused, "") << command << ' ' << size;
    }
  }
}

TEST(Alarms, a_kind_that_is_not_read_is_an_event_all_the_same) {
  const std::string some(100, '\0');
  const auto fire = read_alarms(0x4991, some.data(), 100);
  ASSERT_EQ(fire.alarms.size(), 1u);
  EXPECT_EQ(fire.alarms[0].type, "firedetection");
  EXPECT_EQ(fire.alarms[0].detail, "command 0x4991");
  EXPECT_EQ(fire.alarms[0].state, AlarmState::pulse);
  EXPECT_EQ(fire.alarms[0].channel, 0);
  EXPECT_EQ(read_alarms(0x7777, some.data(), 100).alarms.at(0).type, "hcnetsdk");
  EXPECT_EQ(read_alarms(0x7777, nullptr, 100).refused, "no buffer");
}

}  // namespace
}  // namespace camfleet::sdkhost
