#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/event.h"
#include "net/tcp.h"
#include "proto/isapi/write.h"
#include "sim/account.h"
#include "sim/alarm.h"
#include "sim/alarm_log.h"
#include "sim/counters.h"
#include "sim/faults.h"
#include "sim/population.h"
#include "sim/ptz_head.h"
#include "sim/session_logins.h"
#include "sim/settings.h"

namespace camfleet::sim {

class Player;
enum class Fate : std::uint8_t;

// One open alert stream: parts wait here for its writer. A writer that is too slow loses the oldest.
struct AlarmStream {
  explicit AlarmStream(net::TcpStream& to) : client(to), bell(to.executor()) {}
  static constexpr std::size_t kMaxWaiting = 4096;
  struct Part {
    std::shared_ptr<const std::string> text;
    std::shared_ptr<AlarmRecord> alarm;
  };
  net::TcpStream& client;
  net::Event bell;
  std::deque<Part> waiting;
};

// One simulated device: what it is, who is logged in, and what it has seen. Touched by its loop alone, but
// for counters() and what identity() never changes.
class Device {
 public:
  Device(Identity identity, std::string address, const Settings& settings, AlarmLog& alarm_log,
         const Clock& clock);
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const Identity& identity() const { return identity_; }
  const std::string& address() const { return address_; }
  const Settings& settings() const { return settings_; }
  const Clock& clock() const { return clock_; }
  Counters& counters() { return counters_; }
  const Counters& counters() const { return counters_; }
  Account& account() { return account_; }
  const Account& account() const { return account_; }
  AlarmPlan& alarms() { return alarms_; }
  SessionLogins& session_logins() { return session_logins_; }
  Faults& faults() { return faults_; }
  const Faults& faults() const { return faults_; }

  // Off: every connection is reset, and so is each new one. On again, it has forgotten its nonces and its
  // lock, and its uptime starts anew.
  void power(bool on);
  // The same for who asks on another thread: the turn is taken when it is asked for, and an older wish that
  // arrives here after a newer one is passed over. What a loop posts to itself may come behind what others
  // post to it later.
  std::uint64_t power_turn() { return ++power_turns_; }
  void power(bool on, std::uint64_t turn);
  bool is_on() const { return on_.load(std::memory_order_relaxed); }
  WallTime booted() const { return booted_; }

  // Every accepted connection is made known, so that also an idle one can be reset.
  void connected(int descriptor);
  // Now, by RST. How many there were.
  std::size_t reset_connections();

  // A connection that power(false) has to reset; registered as long as this lives.
  class Presence {
   public:
    Presence(Device& device, net::TcpStream& stream);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    Device& device_;
    net::TcpStream* stream_;
  };

  // A place for an alert stream, as long as this lives; empty where the device has no more. Clients that have
  // gone unnoticed, since nothing was written, give theirs up then.
  class Listening {
   public:
    Listening(Device& device, net::TcpStream& client);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    explicit operator bool() const { return taken_; }
    AlarmStream& stream() { return stream_; }

   private:
    Device& device_;
    AlarmStream stream_;
    bool taken_;
  };

  // Empty: the device has no power, so nothing happens.
  std::shared_ptr<AlarmRecord> alarm_begins(const Alarm& alarm);
  // To every open stream.
  void post_alarm(const std::shared_ptr<AlarmRecord>& alarm, bool active);
  // Lets them look again at what is wrong with the device.
  void wake_alarm_streams();
  std::string heartbeat() const;

  // What becomes of each RTP packet of this device; empty: it is sent. For faults.
  std::function<Fate()>& packet_fate() { return packet_fate_; }
  // What Fault::sessions_full makes it say, where that is on.
  FullAnswer full_answer() const {
    return static_cast<FullAnswer>(static_cast<int>(faults_.amount(Fault::sessions_full)));
  }

  // RTSP sessions; false: the device has no room for another.
  bool take_session();
  void give_session();

  // Who plays which stream, for key frame requests.
  void plays(Player& player, std::uint16_t channel, std::uint8_t profile);
  void plays_no_more(Player& player);
  void request_key_frame(std::uint16_t channel, std::uint8_t profile);

  // Whether the picture of that channel can be turned; 0: whether the device knows the commands for it at
  // all, as recorders do for every channel. Every fourth channel of a recorder has a dome behind it.
  bool has_ptz(int channel = 0) const;
  PtzHead& ptz(std::uint16_t channel) { return ptz_[channel]; }
  const PtzHead* ptz_if_used(std::uint16_t channel) const {
    const auto found = ptz_.find(channel);
    return found == ptz_.end() ? nullptr : &found->second;
  }

  // What GET deviceInfo says.
  isapi::DeviceInfo info() const;
  // "2026-01-01T20:00:00+08:00": every device stands in UTC+8.
  std::string local_time() const;
  isapi::Dialect dialect() const;

 private:
  void drop_gone_listeners();
  std::string alert_part(const isapi::Alert& alert) const;

  struct Playing {
    Player* player;
    std::uint16_t channel;
    std::uint8_t profile;
  };

  Identity identity_;
  std::string address_;
  const Settings& settings_;
  const Clock& clock_;
  Counters counters_;
  Account account_;
  AlarmPlan alarms_;
  AlarmLog& alarm_log_;
  Faults faults_;
  std::atomic<bool> on_{true};
  std::atomic<std::uint64_t> power_turns_{0};
  std::uint64_t power_turn_ = 0;  // of the last wish that was followed
  WallTime booted_;
  struct Connection {
    int descriptor;
    std::uint32_t address;
    std::uint16_t port;
    bool operator==(const Connection&) const = default;
  };
  static std::optional<Connection> connection_at(int descriptor);
  std::vector<Connection> connections_;  // perhaps some that have ended, never another's
  std::vector<net::TcpStream*> present_;
  std::vector<AlarmStream*> listeners_;
  std::vector<Playing> playing_;
  std::map<std::string, std::uint32_t, std::less<>> post_counts_;  // by event type
  std::map<std::uint16_t, PtzHead> ptz_;                           // by channel, from its first command on
  std::uint32_t alarm_number_ = 0;
  SessionLogins session_logins_;
  unsigned sessions_ = 0;
  std::function<Fate()> packet_fate_;
};

}  // namespace camfleet::sim
