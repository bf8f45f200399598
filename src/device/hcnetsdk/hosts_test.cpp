#include "device/hcnetsdk/hosts.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "net/loop_groups.h"

namespace camfleet::device::hcnetsdk {
namespace {

using namespace std::chrono_literals;

Deadline soon() { return std::chrono::steady_clock::now() + 20s; }

HostsOptions options(const char* how = "") {
  HostsOptions out;
  out.host.process.program = CAMFLEET_FAKE_SDKHOST;
  out.host.process.alarm_ring = 1 << 16;
  out.host.process.media_ring = 1 << 16;
  out.host.process.environment = {std::string{"CAMFLEET_FAKE="} + how};
  out.host.directory = "/nowhere";
  out.host.ping_every = 50ms;
  out.host.ping_answer = 1'000ms;
  out.devices_per_host = 2;
  out.most_hosts = 3;
  out.backoff_least = 20ms;
  return out;
}

class HcNetSdkHosts : public testing::Test {
 protected:
  HcNetSdkHosts() { loops_.start(); }
  ~HcNetSdkHosts() override {
    if (hosts_) hosts_->stop_and_wait();
    loops_.stop();
  }
  void start(HostsOptions options) {
    hosts_.emplace(std::move(options));
    hosts_->start();
  }

  // A device as a session has one.
  struct Taken {
    std::shared_ptr<Line> line;
    Place place;
  };
  Result<Taken> take(const char* device = "cam") {
    Result<Taken> out = fail(Code::net_timeout);
    net::block_on(at(), [](HcNetSdkHosts& self, std::string id, Result<Taken>& result) -> net::Task<> {
      auto line = std::make_shared<Line>(self.at(), std::move(id));
      auto taking = self.hosts_->take(line, soon());
      auto place = co_await std::move(taking);
      if (place)
        result = Taken{std::move(line), std::move(*place)};
      else
        result = fail(place.error());
    }(*this, device, out));
    return out;
  }
  Result<sdkhost::Answer> ask(const Taken& taken, sdkhost::What what) {
    Result<sdkhost::Answer> out = fail(Code::net_timeout);
    net::block_on(at(), [](Host& host, sdkhost::What asked, Result<sdkhost::Answer>& result) -> net::Task<> {
      auto calling = host.call(std::move(asked), soon());
      result = co_await std::move(calling);
    }(taken.place.host(), std::move(what), out));
    return out;
  }
  Result<sdkhost::Answer> login(const Taken& taken, std::string user) {
    sdkhost::Login login;
    login.device = taken.place.device();
    login.user = std::move(user);
    return ask(taken, login);
  }
  // Why its host is over.
  Error over(const Taken& taken) {
    Error out;
    net::block_on(at(), [](Line& line, Error& why) -> net::Task<> {
      while (!line.over) co_await line.bell.wait(soon());
      why = *line.over;
    }(*taken.line, out));
    return out;
  }
  net::Executor at() { return loops_.at(0).executor(); }

  net::Loops loops_{1};
  std::optional<Hosts> hosts_;
};

TEST_F(HcNetSdkHosts, devices_fill_one_host_and_then_the_next) {
  start(options());
  std::vector<Taken> taken;
  for (int i = 0; i < 6; ++i) {
    auto one = take();
    ASSERT_TRUE(one.has_value()) << one.error().text();
    taken.push_back(std::move(*one));
  }
  const auto states = hosts_->states();
  ASSERT_EQ(states.size(), 3U);
  for (const auto& state : states) EXPECT_EQ(state.devices, 2U);
  const auto full = take();
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code, Code::sdk_hosts_full);
  // A place that was given back is taken again.
  taken.pop_back();
  EXPECT_TRUE(take().has_value());
}

TEST_F(HcNetSdkHosts, an_answer_in_pieces_is_one_again) {
  start(options());
  auto one = take();
  ASSERT_TRUE(one.has_value());
  const auto answer = ask(*one, sdkhost::Snapshot{one->place.device(), 1});
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body.size(), 500'000U);
  EXPECT_EQ(answer->body.back(), 'j');
}

TEST_F(HcNetSdkHosts, alarms_reach_their_device) {
  start(options());
  auto one = take();
  auto other = take();
  ASSERT_TRUE(one && other);
  ASSERT_TRUE(login(*one, "alarms").has_value());
  net::block_on(at(), [](Line& line) -> net::Task<> {
    while (line.alarms.size() < 3 && !line.over) co_await line.bell.wait(soon());
  }(*one->line));
  ASSERT_EQ(one->line->alarms.size(), 3U);
  EXPECT_EQ(one->line->alarms[2].alarm.channel, 3);
  EXPECT_TRUE(other->line->alarms.empty());
}

// What it had taken from the library is its devices' before they hear of its end.
TEST_F(HcNetSdkHosts, alarms_of_a_host_that_was_killed_are_read_first) {
  start(options());
  auto one = take();
  ASSERT_TRUE(one.has_value());
  ASSERT_FALSE(login(*one, "last words").has_value());
  EXPECT_EQ(over(*one).code, Code::sdk_host_lost);
  ASSERT_EQ(one->line->alarms.size(), 20U);
  EXPECT_EQ(one->line->alarms.back().alarm.channel, 20);
}

// Nobody takes them out: it is held to its share, told of the rest, and the device beside it is not held up.
TEST_F(HcNetSdkHosts, one_that_floods_is_held_to_its_share) {
  start(options());
  auto one = take();
  auto beside = take();
  ASSERT_TRUE(one && beside);
  ASSERT_TRUE(login(*one, "flood").has_value());
  ASSERT_TRUE(login(*beside, "alarms").has_value());
  net::block_on(at(), [](Line& line) -> net::Task<> {
    while (line.alarms.size() < 3 && !line.over) co_await line.bell.wait(soon());
  }(*beside->line));
  EXPECT_EQ(beside->line->alarms.size(), 3U);
  std::size_t dropped = 0;
  net::block_on(at(), [](Line& line, std::size_t& lost) -> net::Task<> {
    while (line.alarms.size() + line.notices.size() < 400 && !line.over) co_await line.bell.wait(soon());
    for (const auto& notice : line.notices)
      if (notice.kind == sdkhost::NoticeKind::alarms_dropped) lost += notice.error;
  }(*one->line, dropped));
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(one->line->alarms.size() + dropped, 400U);
}

TEST_F(HcNetSdkHosts, one_whose_library_holds_no_more_is_full) {
  start(options());
  auto one = take();
  auto other = take();
  ASSERT_TRUE(one && other);
  const auto host = one->place.host().number();
  other->place.host().full();
  other = fail(Code::net_timeout);  // it comes again
  const auto again = take();
  ASSERT_TRUE(again.has_value());
  EXPECT_NE(again->place.host().number(), host);
}

TEST_F(HcNetSdkHosts, a_crash_is_heard_by_its_devices_alone) {
  start(options());
  auto one = take();
  auto beside = take();
  auto elsewhere = take();
  ASSERT_TRUE(one && beside && elsewhere);
  const auto answer = login(*one, "crash");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code, Code::sdk_host_lost);
  EXPECT_EQ(over(*one).code, Code::sdk_host_lost);
  EXPECT_THAT(over(*beside).place, testing::HasSubstr("signal 6"));
  EXPECT_TRUE(login(*elsewhere, "admin").has_value());
  EXPECT_FALSE(elsewhere->line->over);
  // Another takes its place.
  auto again = take();
  ASSERT_TRUE(again.has_value()) << again.error().text();
  EXPECT_TRUE(login(*again, "admin").has_value());
}

TEST_F(HcNetSdkHosts, a_host_that_is_stopped_hangs) {
  start(options());
  auto one = take();
  ASSERT_TRUE(one.has_value());
  ::kill(one->place.host().pid(), SIGSTOP);
  EXPECT_EQ(over(*one).code, Code::sdk_host_hung);
}

TEST_F(HcNetSdkHosts, a_call_that_never_returns_is_a_host_that_hangs) {
  start(options("stuck"));
  auto one = take();
  ASSERT_TRUE(one.has_value());
  const auto why = over(*one);
  EXPECT_EQ(why.code, Code::sdk_host_hung);
  EXPECT_THAT(why.place, testing::HasSubstr("3600 s"));
}

// What it does to its host again, it does to no other device.
TEST_F(HcNetSdkHosts, a_device_in_whose_call_a_host_ended_comes_back_apart_from_the_others) {
  start(options());
  for (const auto* how : {"stick", "crash in call"}) {
    auto bad = take(how);
    auto good = take("good");
    ASSERT_TRUE(bad && good);
    ASSERT_EQ(bad->place.host().number(), good->place.host().number());
    EXPECT_FALSE(login(*bad, how).has_value());
    EXPECT_THAT(over(*bad).place, testing::EndsWith(", of this device"));
    EXPECT_THAT(over(*good).place, testing::EndsWith(", of another device"));

    good = take("good");
    ASSERT_TRUE(good.has_value());
    for (int again = 0; again < 2; ++again) {
      bad = take(how);
      ASSERT_TRUE(bad.has_value()) << bad.error().text();
      EXPECT_TRUE(bad->place.host().apart());
      EXPECT_FALSE(good->place.host().apart());
      EXPECT_FALSE(login(*bad, how).has_value());
      (void)over(*bad);
    }
    EXPECT_TRUE(login(*good, "admin").has_value());
    EXPECT_FALSE(good->line->over);
    bad = fail(Code::net_timeout);
  }
}

TEST_F(HcNetSdkHosts, a_device_that_was_good_for_some_time_is_among_the_others_again) {
  auto forgiving = options();
  forgiving.apart_for = 500ms;
  forgiving.recycle_pause = 0ms;
  start(forgiving);
  auto one = take();
  ASSERT_TRUE(one.has_value());
  EXPECT_FALSE(login(*one, "crash in call").has_value());
  (void)over(*one);
  one = take();
  ASSERT_TRUE(one.has_value());
  EXPECT_TRUE(one->place.host().apart());
  one = fail(Code::net_timeout);  // it leaves; the host that it had for itself goes as well
  const auto until = soon();
  const auto apart = [this] { return std::ranges::any_of(hosts_->states(), &Hosts::State::apart); };
  while (apart() && std::chrono::steady_clock::now() < until) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(apart());
  one = take();
  ASSERT_TRUE(one.has_value());
  EXPECT_FALSE(one->place.host().apart());
}

// A host can blame whom it likes, of those that it has.
TEST_F(HcNetSdkHosts, only_as_many_are_apart_as_one_host_holds) {
  start(options());
  for (const auto* device : {"a", "b", "c"}) {
    auto one = take(device);
    ASSERT_TRUE(one.has_value());
    EXPECT_FALSE(login(*one, "crash in call").has_value());
    (void)over(*one);
  }
  std::vector<Taken> taken;
  for (const auto* device : {"a", "b", "c"}) {
    auto one = take(device);
    ASSERT_TRUE(one.has_value());
    EXPECT_EQ(one->place.host().apart(), device[0] != 'c') << device;
    taken.push_back(std::move(*one));
  }
}

TEST_F(HcNetSdkHosts, rubbish_ends_the_host_and_not_us) {
  start(options());
  auto one = take();
  ASSERT_TRUE(one.has_value());
  (void)login(*one, "rubbish");
  EXPECT_EQ(over(*one).code, Code::sdk_bad_data);
  auto other = take();
  ASSERT_TRUE(other.has_value());
  (void)login(*other, "wild");
  EXPECT_EQ(over(*other).code, Code::sdk_bad_data);
}

TEST_F(HcNetSdkHosts, a_library_that_cannot_be_read_is_told_to_whoever_waits) {
  start(options("unreadable"));
  const auto one = take();
  ASSERT_FALSE(one.has_value());
  EXPECT_EQ(one.error().code, Code::sdk_unreadable);
  EXPECT_EQ(one.error().place, "no libhcnetsdk.so");
}

TEST_F(HcNetSdkHosts, a_host_that_ends_at_once_is_told) {
  start(options("exit"));
  const auto one = take();
  ASSERT_FALSE(one.has_value());
  EXPECT_EQ(one.error().code, Code::sdk_host_lost);
  EXPECT_THAT(one.error().place, testing::HasSubstr("exit 3"));
}

TEST_F(HcNetSdkHosts, no_such_program_is_told) {
  auto wrong = options();
  wrong.host.process.program = "/nowhere/camfleet-sdkhost";
  start(wrong);
  const auto one = take();
  ASSERT_FALSE(one.has_value());
  EXPECT_EQ(one.error().code, Code::config_invalid);
}

TEST_F(HcNetSdkHosts, one_that_grew_is_replaced) {
  auto grown = options();
  grown.recycle_kib = 4096;
  grown.recycle_pause = 0ms;
  start(grown);
  auto one = take();
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(over(*one).code, Code::sdk_host_recycled);
}

TEST_F(HcNetSdkHosts, ends_its_processes) {
  start(options());
  auto one = take();
  ASSERT_TRUE(one.has_value());
  const auto pid = one->place.host().pid();
  hosts_->stop_and_wait();
  EXPECT_EQ(over(*one).code, Code::fleet_stopping);
  EXPECT_EQ(::kill(pid, 0), -1) << "it is gone, and was waited for";
}

TEST_F(HcNetSdkHosts, one_that_takes_its_time_to_leave_is_not_disturbed_by_pings) {
  const auto left = std::filesystem::temp_directory_path() / ("camfleet-left-" + std::to_string(::getpid()));
  std::filesystem::remove(left);
  auto slow = options("slow");
  slow.host.process.environment.push_back("CAMFLEET_FAKE_LEFT=" + left.string());
  start(slow);
  auto one = take();
  ASSERT_TRUE(one.has_value());
  hosts_->stop_and_wait();
  EXPECT_TRUE(std::filesystem::remove(left)) << "it was killed before it had logged its devices out";
}

}  // namespace
}  // namespace camfleet::device::hcnetsdk
