#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/random.h"

namespace camfleet::sim {

// What can be wrong with a device; docs/simulator.md says how each looks from outside.
enum class Fault : std::uint8_t {
  refuse,
  silence,
  reset,
  slow,
  reboot,
  malformed_xml,
  endless_body,
  wrong_length,
  html_login,
  clock_skew,
  address_taken,
  account_lock,
  session_login,
  sessions_full,
  alarm_burst,
  alarm_end,
  no_heartbeat,
  stops_rtp,
  rtp_loss,
  rtp_reorder,
  rtp_duplicate,
  no_key_frames,
  encrypted,
  codec_change,
  camera_away,
};
inline constexpr std::size_t kFaults = 25;

// A fault as the control API knows it: its name, and the one number or word that says how bad it is.
struct FaultKind {
  Fault fault;
  std::string_view name;
  std::string_view parameter;  // empty: it has none
  double usual = 0;
  double least = 0;
  double most = 0;
  std::span<const std::string_view> words;  // not empty: the parameter is one of these, counted from 0
  bool lasts = true;                        // else it is done once
};
std::span<const FaultKind> fault_kinds();
const FaultKind& kind_of(Fault fault);
// nullptr: there is no such fault.
const FaultKind* find_fault(std::string_view name);

// What is wrong with one device now. Set and asked on the device's loop; how often each bit is read from any
// thread.
class Faults {
 public:
  explicit Faults(std::uint64_t seed) : dice_(seed) {}

  bool any() const { return active_ != 0; }
  bool on(Fault fault) const { return (active_ >> index(fault) & 1) != 0; }
  double amount(Fault fault) const { return amounts_[index(fault)]; }
  void set(Fault fault, double amount);
  void clear(Fault fault) { active_ &= ~(std::uint32_t{1} << index(fault)); }

  // Whether it hits this time, where it is on and its amount is a percentage; counted where it does.
  bool hits(Fault fault);
  void count(Fault fault, std::uint64_t n = 1) const;
  // As on(), and counts.
  bool bites(Fault fault) const;
  std::uint64_t bitten(Fault fault) const { return bitten_[index(fault)].load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t index(Fault fault) { return static_cast<std::size_t>(fault); }
  std::uint32_t active_ = 0;
  std::array<double, kFaults> amounts_{};
  mutable std::array<std::atomic<std::uint64_t>, kFaults> bitten_{};
  Rng dice_;
};

// The words of the parameters that have some.
enum class FullAnswer : std::uint8_t { busy_453, busy_503, login_401 };
enum class Encrypted : std::uint8_t { slices, all };
enum class CodecChange : std::uint8_t { codec, size, main };

}  // namespace camfleet::sim
