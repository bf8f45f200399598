#include "api/api.h"

#include "api/audit.h"
#include "api/cross_site.h"
#include "api/problem.h"
#include "auth/fingerprint.h"
#include "base/log.h"
#include "base/metrics.h"
#include "telemetry/trace.h"

namespace camfleet::api {
namespace {

metrics::Counter& answered(int status) {
  static auto& ok = metrics::counter("camfleet_api_answers_total", "Answers of the API.", {{"class", "2xx"}});
  static auto& refused =
      metrics::counter("camfleet_api_answers_total", "Answers of the API.", {{"class", "4xx"}});
  static auto& failed =
      metrics::counter("camfleet_api_answers_total", "Answers of the API.", {{"class", "5xx"}});
  return status < 400 ? ok : status < 500 ? refused : failed;
}

}  // namespace

net::Task<Result<>> answer_json(Call& call, int status, std::string body, std::string_view etag) {
  net::HttpResponse response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  if (!etag.empty()) response.headers.set("ETag", etag);
  response.body = std::move(body);
  add_common_headers(response, call.trace_id);
  auto answering = answer(call, std::move(response));
  co_return co_await std::move(answering);
}

net::Task<Result<>> answer(Call& call, net::HttpResponse response) {
  answered(response.status).add();
  call.pending.answered(response);
  co_return co_await call.exchange.respond(response);
}

Api::Api(ApiParts parts)
    : parts_(std::move(parts)),
      importer_(parts_.fleet),
      feed_(parts_.loops != nullptr ? *parts_.loops : parts_.hubs.loops(), parts_.fleet.moves(),
            parts_.events != nullptr ? &parts_.events->feed() : nullptr, parts_.stream) {
  add_system();
  add_backup();
  add_tokens();
  add_imports();
  add_lists();
  add_devices();
  add_changes();
  add_bulk();
  add_stream();
  add_live();
  add_pictures();
  add_ptz();
  add_isapi();
  add_discovery();
  add_sinks();
  add_events();
}

// A right token is taken whatever its address did before: who guesses must not lock out who knows.
Result<void> Api::admit(const Route& route, Call& call) const {
  if (route.access == Access::open) return {};
  const auto& headers = call.exchange.request().headers;
  std::optional<std::string> token;
  std::optional<model::StreamKey> stream;
  if (route.access == Access::live) {
    token = call.exchange.query_value("token");
    auto named =
        model::parse_stream_key(std::string{call.at("device")} + '/' + std::string{call.at("channel")} + '/' +
                                std::string{call.at("profile")});
    if (named) stream = std::move(*named);
  }
  auth::Presented shown{headers.get("Authorization"), std::nullopt};
  if (token) shown.live_token = *token;
  auto admitted = parts_.gate.authorise(route.access, shown, stream ? &*stream : nullptr);
  if (admitted) {
    call.who = std::move(admitted->who);
    call.grant = std::move(admitted->grant);
    call.fleet = fleet::FleetView{parts_.fleet, call.who.scope};
    if (route.reach == Reach::gateway && call.who.scope)
      return fail(Code::auth_forbidden,
                  "token " + call.who.id + " is limited to some devices, this concerns the gateway");
    if (route.access != Access::live) return {};
    if (!stream) return fail(Code::api_not_found, "no such stream");
    // Whatever else is wrong with the request: a device outside is answered as one that is not there.
    if (!call.fleet.has(stream->device)) return fail(Code::device_unknown, stream->device.str());
    return {};
  }
  const auto& from = call.from;
  const auto& error = admitted.error();
  // Who is known and may not do this has guessed nothing; players and browsers ask without a token first.
  const bool known = info(error.code).http_status != 401;
  if (!known) {
    const bool patient = parts_.failures.allows(from);
    parts_.failures.failed(from);
    if (!patient) return fail(Error{Code::auth_too_many_failures, {}, parts_.failures.retry_after_s(from)});
  }
  if (error.code != Code::auth_missing)
    log::info("auth.refused", {{"remote", from.to_string()},
                               {"method", call.exchange.request().method},
                               {"path", call.exchange.path()},
                               {"code", name(error.code)},
                               {"detail", error.place},
                               {"trace_id", call.trace_id}});
  return fail(error);
}

// What a page of another site may send with a reader's browser is refused, whoever the reader is.
net::Task<Result<>> Api::run(const Route& route, Call& call) {
  if (auto ours = check_same_site(call.exchange.request()); !ours) co_return ours;
  if (auto admitted = admit(route, call); !admitted) co_return admitted;
  if (auto readable = check_body_type(call.exchange.request()); !readable) co_return readable;
  auto before = seen_before(call);
  if (!before) co_return fail(before.error());
  if (*before) {
    (*before)->headers.set("X-Trace-ID", call.trace_id);
    co_return co_await call.exchange.respond(**before);
  }
  auto handling = route.handler(call);
  co_return co_await std::move(handling);
}

// The caller and the request by their fingerprints: neither a token nor a password stays here.
Result<std::optional<net::HttpResponse>> Api::seen_before(Call& call) {
  const auto& request = call.exchange.request();
  const auto key = request.headers.get("Idempotency-Key");
  if (key.empty() || request.method != "POST" || !call.exchange.path().starts_with("/api/v1/devices"))
    return std::nullopt;
  const auto caller = auth::fingerprint({request.headers.get("Authorization")});
  auto what = auth::fingerprint(
      {call.exchange.path(), call.exchange.query(), request.headers.get("Content-Type"), request.body});
  auto begun = idempotency_.begin(caller, key, std::move(what));
  if (!begun) return fail(begun.error());
  call.pending = std::move(begun->pending);
  if (!begun->answer) return std::nullopt;
  begun->answer->headers.set("Idempotency-Replayed", "true");
  return std::move(*begun->answer);
}

net::Task<> Api::handle(net::HttpExchange& exchange) {
  const auto& request = exchange.request();
  const auto trace = telemetry::adopt(request.headers.get("traceparent"), request.headers.get("X-Trace-ID"));
  Call call{exchange,
            fleet::FleetView::of_nothing(parts_.fleet),
            {},
            language_of(request.headers.get("Accept-Language")),
            trace.trace_id};

  call.from = parts_.proxies.caller(exchange.remote().address(), request.headers);

  auto match = router_.find(request.method, exchange.path());
  Result<> done;
  if (match.route == nullptr) {
    // An unknown path says nothing of what there is to those who may not know; known files are open anyway.
    done = fail(match.path_known ? Code::api_method_not_allowed : Code::api_not_found, exchange.path());
  } else {
    call.path = std::move(match.path);
    auto running = run(*match.route, call);
    done = co_await std::move(running);
    audit(*match.route, call, done);
  }
  if (parts_.api_tokens.uses_due())
    parts_.blocking.submit([&tokens = parts_.api_tokens] {
      if (const auto saved = tokens.save_uses(); !saved)
        log::warn("auth.uses_not_saved", {{"code", name(saved.error().code)}});
    });
  if (done || exchange.answered()) co_return;

  auto response = problem(done.error(), call.language, call.trace_id);
  if (response.status == 405) response.headers.set("Allow", match.allow);
  answered(response.status).add();
  if (response.status >= 500)
    log::warn("api.failed", {{"trace_id", call.trace_id},
                             {"method", request.method},
                             {"path", exchange.path()},
                             {"code", name(done.error().code)},
                             {"detail", done.error().place}});
  co_await exchange.respond(response);
}

net::HttpResponse Api::on_bad_request(int status, const Error& error) {
  return problem(error, Language::en, telemetry::make_trace().trace_id, status);
}

std::size_t Api::body_limit(const net::HttpRequest& head, const http::Target& target) {
  if (head.method != "POST" && head.method != "PUT" && head.method != "PATCH") return 0;
  if (target.path == "/api/v1/devices/bulk" || target.path == "/api/v1/devices/credentials")
    return 1024 * 1024;
  if (target.path == "/api/v1/devices/import") return fleet::kMostImportBytes;
  return target.path.starts_with("/api/") ? 64 * 1024 : 0;
}

std::size_t Api::body_allowed(const net::HttpRequest& head, const http::Target& target) const {
  constexpr std::size_t kUnknown = 16 * 1024;
  const auto limit = body_limit(head, target);
  if (limit <= kUnknown) return limit;
  const auto known = parts_.gate.authorise(Access::view, {head.headers.get("Authorization"), {}}, nullptr);
  return known ? limit : kUnknown;
}

}  // namespace camfleet::api
