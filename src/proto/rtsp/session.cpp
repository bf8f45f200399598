#include "proto/rtsp/session.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::rtsp {

namespace {
constexpr std::size_t kMaxId = 256;
}

Result<Session> parse_session(std::string_view value) {
  Session session;
  const auto id = trim(take_until(value, ';'));
  const bool fine = !id.empty() && id.size() <= kMaxId &&
                    std::ranges::all_of(id, [](char c) { return c > ' ' && c < 0x7F; });
  if (!fine) return fail(Code::rtsp_bad_header, "Session");
  session.id = id;

  while (!value.empty()) {
    auto text = trim(take_until(value, ';'));
    if (!iequals(trim(take_until(text, '=')), "timeout")) continue;
    text = trim(text);
    const bool digits =
        !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (!digits) continue;
    // More digits than fit are a long time.
    const auto seconds = parse_int<std::uint32_t>(text).value_or(~0U);
    session.timeout = std::clamp(std::chrono::seconds(seconds), kMinSessionTimeout, kMaxSessionTimeout);
    session.has_timeout = true;
  }
  return session;
}

std::string serialise(const Session& session) {
  return session.id + ";timeout=" + std::to_string(session.timeout.count());
}

}  // namespace camfleet::rtsp
