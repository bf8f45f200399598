#include "proto/sdkhost/message.h"

#include <gmock/gmock.h>

#include "proto/sdkhost/alarm.h"

namespace camfleet::sdkhost {
namespace {

TEST(SdkHostMessage, a_request_comes_out_as_it_went_in) {
  Login login;
  login.device = 7;
  login.address = "2001:db8::1";
  login.port = 8000;
  login.mode = Mode::isapi;
  login.tls = true;
  login.user = "admin";
  login.password = std::string("pass\0word", 9);
  const auto read = decode_request(encode(Request{42, 8'000, login}));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->number, 42U);
  const auto& got = std::get<Login>(read->what);
  EXPECT_EQ(got.device, 7U);
  EXPECT_EQ(got.address, "2001:db8::1");
  EXPECT_EQ(got.port, 8000);
  EXPECT_EQ(got.mode, Mode::isapi);
  EXPECT_TRUE(got.tls);
  EXPECT_EQ(got.user, "admin");
  EXPECT_EQ(got.password, login.password);
}

TEST(SdkHostMessage, every_kind_of_request_is_known_again) {
  const What all[] = {Init{},
                      Login{},
                      Logout{1},
                      Arm{2},
                      Disarm{3},
                      Play{},
                      Stop{4, 5},
                      Snapshot{6, 7},
                      Ptz{8, 9, 21, true, 7},
                      Preset{1, 2, 3},
                      KeyFrame{},
                      Isapi{},
                      Check{4},
                      Ping{},
                      AskClock{5},
                      AskIpChannels{6, 1}};
  ASSERT_EQ(std::size(all), std::variant_size_v<What>);
  for (std::size_t i = 0; i < std::size(all); ++i) {
    const auto read = decode_request(encode(Request{1, 0, all[i]}));
    ASSERT_TRUE(read.has_value()) << i;
    EXPECT_EQ(read->what.index(), i);
  }
}

TEST(SdkHostMessage, answers_and_notices_are_told_apart) {
  Answer answer{9};
  answer.outcome = Outcome::library;
  answer.error = 153;
  answer.text = "locked";
  answer.body =
      encode_body(LoginResult{.serial = "DS-1", .digital = 64, .digital_first = 33, .lock_seconds = 1800});
  const auto told = decode_told(encode(answer));
  ASSERT_TRUE(told.has_value());
  const auto& got = std::get<Answer>(*told);
  EXPECT_EQ(got.number, 9U);
  EXPECT_EQ(got.error, 153U);
  const auto login = decode_body<LoginResult>(got.body);
  ASSERT_TRUE(login.has_value());
  EXPECT_EQ(login->serial, "DS-1");
  EXPECT_EQ(login->digital_first, 33);
  EXPECT_EQ(login->lock_seconds, 1800U);

  const auto notice = decode_told(encode(Notice{NoticeKind::alarm_back, 3, 0x8016}));
  ASSERT_TRUE(notice.has_value());
  EXPECT_EQ(std::get<Notice>(*notice).kind, NoticeKind::alarm_back);
}

TEST(SdkHostMessage, what_a_recorder_says_of_its_channels_comes_out_as_it_went_in) {
  IpChannelsResult told;
  told.groups = 0xFFFFFFFF;
  told.channels = {IpChannel::online, IpChannel::none, IpChannel::offline};
  const auto read = decode_body<IpChannelsResult>(encode_body(told));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->groups, 0xFFFFFFFF);
  EXPECT_EQ(read->channels, told.channels);
  told.channels.assign(300, {});
  EXPECT_FALSE(decode_body<IpChannelsResult>(encode_body(told)).has_value());
}

TEST(SdkHostMessage, what_is_cut_short_or_too_long_is_none) {
  const auto whole = encode(Request{1, 0, Isapi{1, "GET", "/ISAPI/System/time", "", 5000}});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto read = decode_request(std::string_view{whole}.substr(0, size));
    ASSERT_FALSE(read.has_value()) << size;
    EXPECT_EQ(read.error().code, Code::sdk_bad_data);
  }
  EXPECT_FALSE(decode_request(whole + "x").has_value());
  EXPECT_FALSE(decode_request(std::string(1, '\x70') + whole.substr(1)).has_value());
  EXPECT_FALSE(decode_told(whole).has_value());
}

TEST(SdkHostMessage, an_alarm_keeps_its_pictures_and_too_many_are_refused) {
  Alarm alarm;
  alarm.device = 5;
  alarm.type = "linedetection";
  alarm.state = AlarmState::active;
  alarm.channel = 33;
  alarm.pictures = {{"image/jpeg", "\xFF\xD8"}, {"image/jpeg", std::string(100'000, 'x')}};
  const auto read = decode_body<Alarm>(encode_body(alarm));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->pictures.size(), 2U);
  EXPECT_EQ(read->pictures[1].data.size(), 100'000U);
  alarm.pictures.assign(300, {});
  EXPECT_FALSE(decode_body<Alarm>(encode_body(alarm)).has_value());
}

TEST(SdkHostMessage, a_password_is_wiped) {
  Request request{1, 0, Login{.password = "a password that is longer than what fits inside"}};
  wipe(request);
  EXPECT_TRUE(std::get<Login>(request.what).password.empty());
}

}  // namespace
}  // namespace camfleet::sdkhost
