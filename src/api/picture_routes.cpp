// GET .../PROFILE.jpg: the newest picture of a stream.
#include "api/api.h"
#include "api/preconditions.h"
#include "api/problem.h"
#include "base/text.h"

namespace camfleet::api {
namespace {

constexpr int kLeastSide = 16;
constexpr int kMostSide = 8192;

// What else stands in the address is not looked at: pages add what keeps caches away.
Result<int> side(const Call& call, std::string_view name) {
  const auto text = call.exchange.query_value(name);
  if (!text) return 0;
  const auto value = parse_int<int>(*text);
  if (!value || *value < kLeastSide || *value > kMostSide)
    return fail(Code::api_bad_request, std::string{name} + ": wants " + std::to_string(kLeastSide) + " to " +
                                           std::to_string(kMostSide));
  return *value;
}

// Whose turn it is: the token, or who made the live token, each from where he asks. So one who makes a
// thousand live tokens has one turn.
std::string caller_of(const Call& call) {
  std::string who = call.from.to_string() + '/';
  if (call.who.kind == auth::Principal::Kind::live_token && call.grant)
    return who.append(auth::LiveTokens::issuer_of(call.grant->id));
  return who.append(call.who.id.empty() ? call.who.name : call.who.id);
}

net::HttpResponse head_of(const Call& call) {
  net::HttpResponse response;
  response.headers.set("Content-Type", "image/jpeg");
  add_common_headers(response, call.trace_id);
  return response;
}

// HEAD asks no camera for anything.
net::Task<Result<>> picture(const ApiParts& parts, Call& call) {
  const auto width = side(call, "width");
  if (!width) co_return fail(width.error());
  const auto height = side(call, "height");
  if (!height) co_return fail(height.error());
  const auto& device = call.grant->stream.device;
  if (!call.fleet.has(device)) co_return fail(Code::device_unknown, device.str());
  if (call.exchange.request().method == "HEAD") co_return co_await answer(call, head_of(call));
  auto taking = parts.snapshots.take(call.grant->stream, {*width, *height}, caller_of(call));
  const auto taken = co_await std::move(taking);
  if (!taken) co_return fail(taken.error());
  const auto& shot = **taken;
  const auto age =
      std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().steady() - shot.arrived);
  auto response = head_of(call);
  response.headers.set("ETag", shot.etag);
  response.headers.set("X-Picture-Age-Ms", std::to_string(std::max<std::int64_t>(age.count(), 0)));
  response.headers.set("X-Picture-Source", to_text(shot.source));
  response.headers.set("X-Picture-Time", to_rfc3339(shot.taken));
  if (names_etag(call.exchange.request().headers.get("If-None-Match"), shot.etag)) {
    response.status = 304;
    response.headers.remove("Content-Type");
  } else {
    response.body.assign(shot.jpeg.begin(), shot.jpeg.end());
  }
  co_return co_await answer(call, std::move(response));
}

}  // namespace

void Api::add_pictures() {
  router_.add({"GET", "/live/{device}/{channel}/{profile}.jpg", "snapshot", Access::live,
               [this](Call& call) { return picture(parts_, call); }},
              Reach::devices);
}

}  // namespace camfleet::api
