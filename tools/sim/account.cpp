#include "sim/account.h"

#include <algorithm>
#include <utility>

#include "base/random.h"

namespace camfleet::sim {
namespace {

constexpr std::size_t kRemembered = 8;

std::chrono::milliseconds since_epoch(SteadyTime now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
}

digest::Server::Options http_options(const Identity& device, const Settings& settings) {
  digest::Server::Options options;
  options.realm = device.realm;
  options.md5 = device.algorithms != Algorithms::sha256;
  options.sha256 = device.algorithms != Algorithms::md5;
  options.nonce_life = settings.nonce_life;
  if (device.nvr) {
    options.domain = "::";
    options.has_opaque = true;
    options.basic = true;
  } else {
    options.name_md5 = false;
  }
  return options;
}

// Cameras ask in the old form on RTSP: no qop, no opaque.
digest::Server::Options rtsp_options(const Identity& device, const Settings& settings) {
  auto options = http_options(device, settings);
  options.qop = false;
  options.has_opaque = false;
  options.domain.clear();
  options.name_md5 = false;
  options.check_uri = false;
  return options;
}

std::uint64_t nonce_seed(std::uint64_t seed, std::uint32_t index, std::uint64_t boots, std::uint64_t door) {
  return Rng{Rng{seed ^ boots << 33 ^ door << 32}() ^ index}();
}

}  // namespace

Account::Account(const Identity& identity, const Settings& settings, Counters& counters)
    : identity_(identity),
      settings_(settings),
      counters_(counters),
      password_(identity.password),
      http_(http_options(identity, settings), nonce_seed(settings.population.seed, identity.index, 0, 0)),
      rtsp_(rtsp_options(identity, settings), nonce_seed(settings.population.seed, identity.index, 0, 1)),
      lock_length_(settings.lock_time) {}

Account::Verdict Account::check(Door door, std::string_view authorization, std::string_view method,
                                std::string_view uri, SteadyTime now) {
  using Outcome = digest::Server::Outcome;
  if (authorization.empty()) return locked(now) ? Verdict::locked : Verdict::missing;
  const auto outcome = server(door).check(authorization, method, uri, kUser, password_, since_epoch(now));
  if (outcome == Outcome::wrong) add(counters_.wrong_passwords);
  if (locked(now)) {
    locked_until_ = now + lock_length_;
    add(counters_.refused_locked);
    return Verdict::locked;
  }
  switch (outcome) {
    case Outcome::ok:
      right(authorization);
      return Verdict::ok;
    case Outcome::stale:
      add(counters_.stale);
      return Verdict::stale;
    case Outcome::missing:
      return Verdict::missing;
    case Outcome::wrong:
      break;
  }
  return wrong(now);
}

Account::Verdict Account::judge(bool right, SteadyTime now) {
  if (!right) add(counters_.wrong_passwords);
  if (locked(now)) {
    locked_until_ = now + lock_length_;
    add(counters_.refused_locked);
    return Verdict::locked;
  }
  if (!right) return wrong(now);
  wrong_in_a_row_ = 0;
  return Verdict::ok;
}

Account::Verdict Account::wrong(SteadyTime now) {
  ++wrong_in_a_row_;
  if (settings_.lock_after == 0 || wrong_in_a_row_ < settings_.lock_after) return Verdict::wrong;
  lock(now, settings_.lock_time);
  return Verdict::locked;
}

void Account::right(std::string_view authorization) {
  wrong_in_a_row_ = 0;
  const auto answer = digest::parse_authorization(authorization);
  if (!answer || answer->scheme == digest::Scheme::basic) return;
  if (std::ranges::find(nonces_, answer->nonce) != nonces_.end()) return;
  if (nonces_.size() == kRemembered) nonces_.pop_front();
  nonces_.push_back(answer->nonce);
  add(counters_.logins);
}

std::vector<std::string> Account::challenges(Door door, Verdict verdict, SteadyTime now) {
  return server(door).challenges(since_epoch(now), verdict == Verdict::stale);
}

isapi::UserCheck Account::user_check(Verdict verdict, SteadyTime now) const {
  isapi::UserCheck check;
  check.status = verdict == Verdict::ok ? 200 : 401;
  check.status_text = verdict == Verdict::ok ? "OK" : "Unauthorized";
  check.activated = true;
  if (verdict == Verdict::ok) {
    check.default_password = false;
    check.risk_password = false;
  }
  check.locked = locked(now);
  if (check.locked) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(locked_until_ - now);
    check.unlock_s = static_cast<int>(left.count());
    check.attempts_left = 0;
  } else if (settings_.lock_after > 0) {
    check.attempts_left = static_cast<int>(settings_.lock_after - wrong_in_a_row_);
  }
  return check;
}

void Account::set_password(std::string password) {
  password_ = std::move(password);
  nonces_.clear();
}

void Account::lock(SteadyTime now, std::chrono::seconds length) {
  lock_length_ = length;
  locked_until_ = now + length;
  wrong_in_a_row_ = 0;
  add(counters_.locks);
}

void Account::unlock() {
  locked_until_ = {};
  wrong_in_a_row_ = 0;
}

void Account::forget() {
  unlock();
  nonces_.clear();
  ++boots_;
  const auto seed = settings_.population.seed;
  http_ = digest::Server{http_options(identity_, settings_), nonce_seed(seed, identity_.index, boots_, 0)};
  rtsp_ = digest::Server{rtsp_options(identity_, settings_), nonce_seed(seed, identity_.index, boots_, 1)};
}

}  // namespace camfleet::sim
