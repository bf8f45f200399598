// A whole fleet under a virtual clock: AdmissionQueue and Schedule as the supervisor uses them, and devices
// that are off, slow, locked, or have another password.
#include <gtest/gtest.h>

#include <algorithm>
#include <queue>

#include "base/random.h"
#include "fleet/admission_queue.h"
#include "fleet/verdict.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using model::DeviceState;
using std::chrono::milliseconds;

constexpr SteadyTime kStart{1h};

struct Camera {
  std::string address;
  CredentialId credential = 0;
  bool wrong = false;    // its password was changed on it
  bool locks = false;    // the first answer is a lock of 300 s
  SteadyTime powered{};  // answers from then on
  SteadyTime locked_until{};
  DeviceState state = DeviceState::waiting;
  Schedule schedule;
  Priority priority = Priority::normal;
  SteadyTime asked{};  // since when it waits
  SteadyTime online{};
  int attempts = 0;
  int refusals = 0;
  int tried_while_locked = 0;
};

struct Report {
  SteadyTime last_online{};
  milliseconds longest_wait{0};
  std::size_t events = 0;
  std::vector<SteadyTime> attempts;
};

// The world: an attempt takes 20 to 120 ms where the device answers, 3 s where it is off.
class World {
 public:
  World(AdmissionLimits limits, std::uint64_t seed) : limits_(limits), queue_(limits), rng_(seed) {}

  Camera& add(std::string address, CredentialId credential) {
    cameras_.push_back(Camera{
        .address = std::move(address), .credential = credential, .schedule = Schedule{{}, Rng{rng_()}}});
    return cameras_.back();
  }
  std::vector<Camera>& cameras() { return cameras_; }

  Report run(SteadyTime until) {
    for (std::size_t i = 0; i < cameras_.size(); ++i) at(kStart, Kind::due, i);
    for (;;) {
      const auto tick = queue_.next_tick();
      if (events_.empty() && tick == kNever) break;
      const bool ticks = events_.empty() || tick < events_.top().time;
      now_ = std::max(now_, ticks ? tick : events_.top().time);
      if (now_ > until) break;
      granted_.clear();
      if (ticks) {
        queue_.tick(now_, granted_);
      } else {
        const auto event = events_.top();
        events_.pop();
        ++report_.events;
        if (event.kind == Kind::due)
          enter(event.camera);
        else
          finish(event.camera);
      }
      const auto granted = granted_;
      for (const auto ticket : granted) begin(ticket);
    }
    return report_;
  }
  AdmissionQueue::Numbers numbers() const { return queue_.numbers(); }

 private:
  enum class Kind { due, finish };
  struct Event {
    SteadyTime time;
    std::uint64_t order;
    Kind kind;
    std::size_t camera;
    bool operator<(const Event& other) const {
      return std::pair{time, order} > std::pair{other.time, other.order};
    }
  };
  void at(SteadyTime time, Kind kind, std::size_t camera) { events_.push({time, order_++, kind, camera}); }

  void enter(std::size_t i) {
    auto& camera = cameras_[i];
    camera.state = DeviceState::waiting;
    camera.asked = now_;
    const auto ticket = queue_.enter(camera.address, camera.credential, camera.priority, now_, granted_);
    by_ticket_[ticket] = i;
    tickets_[i] = ticket;
  }
  void begin(AdmissionQueue::Ticket ticket) {
    const auto i = by_ticket_.at(ticket);
    auto& camera = cameras_[i];
    camera.state = DeviceState::connecting;
    ++camera.attempts;
    report_.attempts.push_back(now_);
    report_.longest_wait =
        std::max(report_.longest_wait, std::chrono::duration_cast<milliseconds>(now_ - camera.asked));
    ASSERT_LE(++connecting_, limits_.per_node);
    ASSERT_LE(++hosts_[camera.address], limits_.per_address);
    ASSERT_LE(++subnets_[subnet_of(camera.address)], limits_.per_subnet);
    if (camera.credential != 0) {
      ASSERT_LE(++credentials_[camera.credential], limits_.per_credential);
    }
    if (now_ < camera.locked_until) ++camera.tried_while_locked;
    const bool off = now_ < camera.powered;
    at(now_ + (off ? 3'000ms : milliseconds{20 + rng_.below(100)}), Kind::finish, i);
  }
  void finish(std::size_t i) {
    auto& camera = cameras_[i];
    --connecting_;
    --hosts_[camera.address];
    --subnets_[subnet_of(camera.address)];
    if (camera.credential != 0) --credentials_[camera.credential];
    Error why;
    auto outcome = Outcome::success;
    if (now_ < camera.powered) {
      why = Error{Code::net_timeout};
      outcome = camera.schedule.failures() == 0 ? Outcome::timeout : Outcome::neutral;
    } else if (camera.wrong) {
      why = Error{Code::device_bad_credentials};
      outcome = Outcome::refused;
      ++camera.refusals;
    } else if (camera.locks && camera.locked_until == SteadyTime{}) {
      why = Error{Code::device_locked, {}, 300};
      outcome = Outcome::neutral;
      camera.locked_until = now_ + 300s;
    }
    queue_.leave(tickets_.at(i), outcome, now_, granted_);
    by_ticket_.erase(tickets_.at(i));
    if (!why) {
      camera.state = DeviceState::online;
      camera.online = now_;
      report_.last_online = now_;
      return;
    }
    const auto verdict = camera.schedule.next(why, 0s);
    camera.state = verdict.state;
    if (camera.schedule.failures() >= 3) camera.priority = Priority::failing;
    if (verdict.state == DeviceState::backoff || verdict.state == DeviceState::locked)
      at(now_ + verdict.delay, Kind::due, i);
  }

  AdmissionLimits limits_;
  AdmissionQueue queue_;
  Rng rng_;
  std::vector<Camera> cameras_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  SteadyTime now_ = kStart;
  AdmissionQueue::Granted granted_;
  std::unordered_map<AdmissionQueue::Ticket, std::size_t> by_ticket_;
  std::unordered_map<std::size_t, AdmissionQueue::Ticket> tickets_;
  std::size_t connecting_ = 0;
  std::unordered_map<std::string, std::size_t> hosts_, subnets_;
  std::unordered_map<CredentialId, std::size_t> credentials_;
  Report report_;
};

std::string address(std::size_t i) {
  return "10." + std::to_string(i / 60'000) + "." + std::to_string(i / 240 % 250) + "." +
         std::to_string(i % 240 + 1);
}

// The most attempts that began within any 100 ms.
std::size_t densest(const std::vector<SteadyTime>& times, SteadyTime from) {
  std::size_t most = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    while (times[i] - times[first] > 100ms) ++first;
    if (times[i] >= from) most = std::max(most, i - first + 1);
  }
  return most;
}

void power_cut(std::size_t devices, std::chrono::seconds outage) {
  World world{{}, 11};
  for (std::size_t i = 0; i < devices; ++i) world.add(address(i), 1 + i % 3).powered = kStart + outage;
  const auto report = world.run(kStart + 1h);
  for (const auto& camera : world.cameras()) {
    ASSERT_EQ(camera.state, DeviceState::online) << camera.address;
    ASSERT_LT(camera.attempts, 40) << camera.address;
  }
  const auto back = report.last_online - (kStart + outage);
  ::testing::Test::RecordProperty("back_ms",
                                  std::to_string(std::chrono::duration_cast<milliseconds>(back).count()));
  // The wait of the last backoff, and then as quick as the slots allow: 64 at once, 70 ms each.
  EXPECT_LT(back, 60s + 3s + devices * 20ms);
  EXPECT_EQ(world.numbers().waiting, 0U);
  EXPECT_EQ(world.numbers().connecting, 0U);
  // No lock-step: the attempts after the power came back are spread over the whole wait.
  EXPECT_LT(densest(report.attempts, kStart + outage), 600U);
}

TEST(Storm, ten_thousand_devices_come_back_after_a_power_cut_within_the_caps) { power_cut(10'000, 120s); }
TEST(Storm, so_do_a_hundred_thousand) { power_cut(100'000, 20s); }

TEST(Storm, a_password_that_was_changed_on_a_third_costs_each_of_them_one_attempt) {
  World world{{}, 12};
  constexpr std::size_t kDevices = 3'000;
  for (std::size_t i = 0; i < kDevices; ++i) {
    auto& camera = world.add(address(i), 1);
    camera.wrong = i % 3 == 0;
    camera.locks = i % 3 == 1 && i % 9 == 1;
  }
  const auto report = world.run(kStart + 2h);
  for (const auto& camera : world.cameras()) {
    EXPECT_EQ(camera.state, camera.wrong ? DeviceState::rejected : DeviceState::online) << camera.address;
    EXPECT_EQ(camera.refusals, camera.wrong ? 1 : 0) << camera.address;
    EXPECT_EQ(camera.attempts, camera.locks ? 2 : 1) << camera.address;
    EXPECT_EQ(camera.tried_while_locked, 0) << camera.address;
  }
  // The bound of the guard: nobody waits longer than all others in front of it, one a second.
  EXPECT_LT(report.longest_wait, kDevices * 1s);
}

TEST(Storm, three_thousand_rotated_passwords_are_found_out_at_four_a_second) {
  World world{{}, 13};
  constexpr std::size_t kDevices = 3'000;
  for (std::size_t i = 0; i < kDevices; ++i) world.add(address(i), 1).wrong = true;
  // Others do not notice.
  for (std::size_t i = kDevices; i < 2 * kDevices; ++i) world.add(address(i), 2);
  const auto report = world.run(kStart + 2h);
  for (const auto& camera : world.cameras()) {
    ASSERT_EQ(camera.attempts, 1) << camera.address;
    ASSERT_EQ(camera.state, camera.wrong ? DeviceState::rejected : DeviceState::online);
    if (!camera.wrong) ASSERT_LT(camera.online - kStart, 60s);
  }
  // What was under way when the first refusal came, then four a second.
  const auto early = std::ranges::count_if(
      world.cameras(), [](const Camera& camera) { return camera.wrong && camera.refusals == 1; });
  EXPECT_EQ(early, 3'000);
  EXPECT_GT(report.longest_wait, 700s);
  EXPECT_LT(report.longest_wait, 800s);
}

TEST(Storm, devices_that_are_off_do_not_hold_up_those_that_share_a_suspect_password) {
  World world{{}, 14};
  world.add(address(0), 1).wrong = true;
  for (std::size_t i = 1; i <= 100; ++i) world.add(address(i), 1).powered = kStart + 24h;
  for (std::size_t i = 101; i <= 110; ++i) world.add(address(i), 1);
  world.run(kStart + 10min);
  for (std::size_t i = 101; i <= 110; ++i) {
    EXPECT_EQ(world.cameras()[i].state, DeviceState::online);
    EXPECT_LT(world.cameras()[i].online - kStart, 120s);
  }
}

}  // namespace
}  // namespace camfleet::fleet
