#include "sim/session_logins.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace camfleet::sim {
namespace {

template <class T>
void keep(std::deque<T>& all, T one) {
  if (all.size() == SessionLogins::kMost) all.pop_front();
  all.push_back(std::move(one));
}

std::string hex(std::uint64_t seed) {
  Rng dice{seed};
  return fmt::format("{:016x}{:016x}", dice(), dice());
}

}  // namespace

isapi::SessionLoginCap SessionLogins::challenge(std::uint64_t seed, bool first_version) {
  isapi::SessionLoginCap cap;
  ++made_;
  cap.session_id = hex(seed ^ made_ << 8) + hex(seed ^ made_ << 9);
  cap.challenge = hex(seed ^ made_ << 10);
  cap.irreversible = true;
  cap.salt = hex(seed) + hex(seed + 1);  // of the account: always the same
  if (!first_version) cap.version = "2";
  cap.rtsp_with_session = true;
  keep(challenges_, cap);
  return cap;
}

bool SessionLogins::right(const isapi::SessionLogin& login, std::string_view user,
                          std::string_view password) {
  const auto found = std::ranges::find(challenges_, login.session_id, &isapi::SessionLoginCap::session_id);
  if (found == challenges_.end()) return false;
  const auto wanted = isapi::session_password(*found, user, password);
  challenges_.erase(found);
  return login.user == user && iequals(login.password, wanted);
}

std::string SessionLogins::open(SteadyTime now, std::chrono::seconds life) {
  auto value = random_hex(32);
  auto cookie = fmt::format("WebSession_{}={}", value.substr(0, 10), value);
  keep(sessions_, Session{cookie, now + life});
  return cookie;
}

SessionLogins::Session* SessionLogins::find(std::string_view cookies) {
  while (!cookies.empty()) {
    const auto one = trim(take_until(cookies, ';'));
    const auto found = std::ranges::find_if(sessions_, [&](const Session& session) {
      std::string_view id = session.cookie;
      take_until(id, '=');
      return one == session.cookie || (one.starts_with("WebSession=") && one.substr(11) == id);
    });
    if (found != sessions_.end()) return &*found;
  }
  return nullptr;
}

bool SessionLogins::good(std::string_view cookies, SteadyTime now, std::chrono::seconds life) {
  auto* session = find(cookies);
  if (session == nullptr || session->until <= now) return false;
  session->until = now + life;
  return true;
}

void SessionLogins::close(std::string_view cookies) {
  if (const auto* session = find(cookies))
    std::erase_if(sessions_, [cookie = session->cookie](const Session& one) { return one.cookie == cookie; });
}

void SessionLogins::forget() {
  challenges_.clear();
  sessions_.clear();
}

}  // namespace camfleet::sim
