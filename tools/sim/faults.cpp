#include "sim/faults.h"

#include <algorithm>

namespace camfleet::sim {
namespace {

using F = Fault;

constexpr std::array<std::string_view, 3> kFullAnswers{"453", "503", "401"};
constexpr std::array<std::string_view, 2> kEncrypted{"slices", "all"};
constexpr std::array<std::string_view, 3> kCodecChanges{"codec", "size", "main"};

constexpr std::array<FaultKind, kFaults> kKinds{{
    {F::refuse, "refuse"},
    {F::silence, "silence"},
    {F::reset, "reset", {}, 0, 0, 0, {}, false},
    {F::slow, "slow", "bytes_per_s", 200, 1, 10'000'000},
    {F::reboot, "reboot"},
    {F::malformed_xml, "malformed_xml"},
    {F::endless_body, "endless_body", "bytes_per_s", 100'000, 1, 100'000'000},
    {F::wrong_length, "wrong_length", "by", 64, -1'000'000, 1'000'000'000},
    {F::html_login, "html_login"},
    {F::clock_skew, "clock_skew", "seconds", 3600, -1e9, 1e9},
    {F::address_taken, "address_taken"},
    {F::account_lock, "account_lock", "unlock_s", 1800, 1, 86'400, {}, false},
    {F::session_login, "session_login"},
    {F::sessions_full, "sessions_full", "answer", 0, 0, 0, kFullAnswers},
    {F::alarm_burst, "alarm_burst", "per_s", 100, 1, 10'000},
    {F::alarm_end, "alarm_end", "every_s", 5, 0.1, 86'400},
    {F::no_heartbeat, "no_heartbeat"},
    {F::stops_rtp, "stops_rtp"},
    {F::rtp_loss, "rtp_loss", "percent", 5, 0, 100},
    {F::rtp_reorder, "rtp_reorder", "percent", 5, 0, 100},
    {F::rtp_duplicate, "rtp_duplicate", "percent", 5, 0, 100},
    {F::no_key_frames, "no_key_frames"},
    {F::encrypted, "encrypted", "part", 0, 0, 0, kEncrypted},
    {F::codec_change, "codec_change", "to", 0, 0, 0, kCodecChanges},
    {F::camera_away, "camera_away", "channel", 2, 1, 1'024},
}};

}  // namespace

std::span<const FaultKind> fault_kinds() { return kKinds; }

const FaultKind& kind_of(Fault fault) { return kKinds[static_cast<std::size_t>(fault)]; }

const FaultKind* find_fault(std::string_view name) {
  const auto* found = std::ranges::find(kKinds, name, &FaultKind::name);
  return found == kKinds.end() ? nullptr : found;
}

void Faults::set(Fault fault, double amount) {
  active_ |= std::uint32_t{1} << index(fault);
  amounts_[index(fault)] = amount;
}

bool Faults::hits(Fault fault) {
  if (!on(fault) || dice_.unit() * 100 >= amount(fault)) return false;
  count(fault);
  return true;
}

bool Faults::bites(Fault fault) const {
  if (!on(fault)) return false;
  count(fault);
  return true;
}

void Faults::count(Fault fault, std::uint64_t n) const {
  auto& bitten = bitten_[index(fault)];  // one thread writes
  bitten.store(bitten.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

}  // namespace camfleet::sim
