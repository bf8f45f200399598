#include <boost/json.hpp>

#include "api/api.h"
#include "api/live_streams.h"
#include "api/problem.h"
#include "api/query.h"
#include "base/log.h"
#include "base/text.h"
#include "proto/url/url.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

// What the addresses of a token begin with.
struct Origins {
  std::string http;     // "https://host:8080"
  std::string ws;       // "wss://host:8080"
  std::string rtsp;     // "rtsps"
  std::string rtsp_at;  // "host:8554"
};

std::string bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : '[' + host + ']';
}

// As the operator says; else by the way that the caller took to us: its own name for us, or, where it gave
// none (HTTP/1.0 may), the address that it did reach. What reaches us for HTTP is taken to reach us for RTSP
// too. X-Forwarded-* is not asked: anybody can send it.
Origins origins_of(const Call& call, const ApiParts& parts) {
  const bool secure = call.exchange.secure();
  std::string authority{call.exchange.request().headers.get("Host")};
  auto parsed = net::parse_host_port(authority, secure ? 443 : 80);
  if (!parsed) {
    authority = net::to_string(call.exchange.local());
    parsed = net::parse_host_port(authority);
  }
  auto host = bracketed(parsed ? parsed->host : "127.0.0.1");

  Origins out;
  out.http = (secure ? "https://" : "http://") + authority;
  if (const auto told = url::parse(parts.public_url)) {
    out.http = told->url.text();
    host = bracketed(told->url.host);
  }
  out.ws = "ws" + out.http.substr(4);
  out.rtsp = parts.tls ? "rtsps" : "rtsp";
  out.rtsp_at = host + ':' + std::to_string(parts.rtsp_port);
  if (const auto told = url::parse(parts.public_rtsp)) {
    out.rtsp = told->url.scheme;
    out.rtsp_at = told->url.authority();
  }
  return out;
}

json::object urls_of(const Call& call, const model::StreamKey& stream, const std::string& token,
                     const ApiParts& parts) {
  const auto path = "/live/" + to_text(stream);
  const auto from = origins_of(call, parts);
  return {{"rtsp", from.rtsp + "://live:" + token + '@' + from.rtsp_at + path},
          {"mp4", from.http + path + ".mp4?token=" + token},
          {"flv", from.http + path + ".flv?token=" + token},
          {"ts", from.http + path + ".ts?token=" + token},
          {"jpg", from.http + path + ".jpg?token=" + token},
          {"ws", from.ws + path + "/ws?token=" + token},
          {"ws_flv", from.ws + path + "/ws?form=flv&token=" + token}};
}

net::Task<Result<>> make_token(const ApiParts& parts, Call& call) {
  const auto body = object_from(call.exchange.request().body);
  if (!body) co_return fail(body.error());
  std::int64_t ttl_s = 300;
  std::string name;
  for (const auto& member : *body) {
    if (member.key() == "stream" && member.value().is_string())
      name = std::string_view{member.value().get_string()};
    else if (member.key() == "ttl_s" && member.value().is_int64())
      ttl_s = member.value().get_int64();
    else
      co_return fail(Code::api_bad_request, "wants stream (a text) and ttl_s (a whole number), nothing else");
  }
  if (ttl_s < 1 || ttl_s > 86400) co_return fail(Code::api_bad_request, "ttl_s: wants 1 to 86400");
  const auto stream = model::parse_stream_key(name);
  if (!stream) co_return fail(stream.error());
  const auto view = call.fleet.show(stream->device);
  if (!view) co_return fail(view.error());
  std::chrono::seconds ttl{ttl_s};
  if (call.who.expires_at)  // it ends with the token that asks for it
    ttl =
        std::min(ttl, std::chrono::ceil<std::chrono::seconds>(*call.who.expires_at - system_clock().wall()));
  const auto made = parts.tokens.make(*stream, ttl, auth::Gate::issuer_of(call.who));
  if (!made) co_return fail(made.error());
  call.subject = to_text(*stream) + " as " + made->grant.id;
  auto keeping = parts.token_thread.run([&tokens = parts.tokens] { return tokens.keep(); });
  const auto kept = co_await std::move(keeping);
  // It works all the same, and a full disk is no reason to show nobody anything.
  if (!kept)
    log::warn("auth.live_token_not_kept",
              {{"id", made->grant.id}, {"code", camfleet::name(kept.error().code)}});
  auto text = json::serialize(json::object{{"id", made->grant.id},
                                           {"token", made->token},
                                           {"stream", to_text(*stream)},
                                           {"expires_at", to_rfc3339(made->grant.start_before)},
                                           {"urls", urls_of(call, *stream, made->token, parts)}});
  co_return co_await answer_json(call, 201, std::move(text));
}

// The place of the last one of a page: when it ends, and its id.
std::string cursor_of(const model::Grant& grant) {
  const auto end = std::chrono::floor<std::chrono::seconds>(grant.start_before).time_since_epoch().count();
  return std::to_string(end) + '-' + grant.id;
}
std::optional<auth::IssuedTokens::Place> read_cursor(std::string_view text) {
  const auto end = parse_int<std::int64_t>(take_until(text, '-'));
  if (!end || *end < 0 || *end > 253'402'300'799 || text.empty() || text.size() > 64) return std::nullopt;
  return auth::IssuedTokens::Place{WallTime{std::chrono::seconds{*end}}, std::string{text}};
}

net::Task<Result<>> list_tokens(const ApiParts& parts, Call& call) {
  auto query = Query::read(call.exchange.query());
  if (!query) co_return fail(query.error());
  const auto limit = query->number("limit", 1, 1000, 100);
  if (!limit) co_return fail(limit.error());
  const auto cursor = query->one("cursor");
  if (!cursor) co_return fail(cursor.error());
  if (const auto known = query->done(); !known) co_return fail(known.error());
  std::optional<auth::IssuedTokens::Place> after;
  if (*cursor) {
    after = read_cursor(**cursor);
    if (!after) co_return fail(Code::api_bad_request, "cursor: is none of this list");
  }
  json::array items;
  json::value next = nullptr;
  // One more than is asked for tells whether there is a next page; those of issuers that are gone are left
  // out, so a page may be short.
  // Who is limited to some devices sees what he made himself.
  const auto issuer_wanted = call.fleet.is_whole() ? std::string_view{} : auth::Gate::issuer_of(call.who);
  auto grants = parts.tokens.list(after, *limit + 1, issuer_wanted);
  if (grants.size() > *limit) {
    grants.pop_back();
    next = cursor_of(grants.back());
  }
  for (const auto& grant : grants) {
    if (!parts.gate.still_good(grant)) continue;
    const auto issuer = auth::LiveTokens::issuer_of(grant.id);
    items.push_back(
        json::object{{"id", grant.id},
                     {"stream", to_text(grant.stream)},
                     {"issuer", issuer == auth::LiveTokens::kAdministrator ? "administrator" : issuer},
                     {"expires_at", to_rfc3339(grant.start_before)}});
  }
  auto text = json::serialize(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
  co_return co_await answer_json(call, 200, std::move(text));
}

net::Task<Result<>> revoke_token(const ApiParts& parts, Call& call) {
  // Those of others are as if there were none.
  if (!call.fleet.is_whole() && auth::LiveTokens::issuer_of(call.at("id")) != auth::Gate::issuer_of(call.who))
    co_return fail(Code::api_not_found, "no token can have this id");
  auto revoking = parts.blocking.run(
      [&tokens = parts.tokens, id = std::string{call.at("id")}] { return tokens.revoke(id); });
  const auto revoked = co_await std::move(revoking);
  if (!revoked) {
    if (revoked.error().code == Code::auth_invalid)
      co_return fail(Code::api_not_found, "no token can have this id");
    co_return fail(revoked.error());
  }
  net::HttpResponse response;
  response.status = 204;
  add_common_headers(response, call.trace_id);
  co_return co_await call.exchange.respond(response);
}

// HEAD starts no stream: nothing is pulled for one who does not want to see.
net::Task<Result<>> head_of(const ApiParts& parts, Call& call, const model::StreamKey& stream,
                            media::Form form, const net::HttpHeaders& headers) {
  const auto known = parts.hubs.loop_of(stream);
  if (!known) co_return fail(known.error());
  net::HttpResponse response;
  response.headers = headers;
  response.headers.set("Content-Type", std::string(media::content_type(form)));
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Connection", "close");
  auto writer = co_await call.exchange.respond_stream(response);
  if (!writer) co_return fail(writer.error());
  co_return co_await writer->finish(kNever);
}

// How a caller wants H.265 in FLV: ?hevc=hvc1 or ?hevc=12; else as the operator says.
Result<media::Form> flv_form(const ApiParts& parts, const Call& call) {
  const auto wish = call.exchange.query_value("hevc");
  if (!wish) return parts.flv_codec_12 ? media::Form::flv_12 : media::Form::flv;
  if (*wish == "12") return media::Form::flv_12;
  if (*wish == "hvc1") return media::Form::flv;
  return fail(Code::api_bad_request, "hevc: wants hvc1 or 12");
}

net::Task<Result<>> endless(const ApiParts& parts, Call& call, media::Form form) {
  const auto stream = call.grant->stream;
  if (form == media::Form::flv) {
    const auto wanted = flv_form(parts, call);
    if (!wanted) co_return fail(wanted.error());
    form = *wanted;
  }
  net::HttpHeaders headers{{"X-Content-Type-Options", "nosniff"},
                           {"Referrer-Policy", "no-referrer"},
                           {"X-Trace-ID", call.trace_id}};
  if (call.exchange.request().method == "HEAD")
    co_return co_await head_of(parts, call, stream, form, headers);
  auto serving = parts.live.serve_http(call.exchange, stream, form, *call.grant, std::move(headers));
  co_return co_await std::move(serving);
}

net::Task<Result<>> websocket(const ApiParts& parts, Call& call) {
  if (!call.exchange.request().headers.has_token("Upgrade", "websocket"))
    co_return fail(Code::api_bad_request, "wants a WebSocket upgrade");
  auto form = media::parse_form(call.exchange.query_value("form").value_or("mp4"));
  if (!form) co_return fail(Code::api_bad_request, "form: wants mp4, flv or ts");
  if (form == media::Form::flv) {
    const auto wanted = flv_form(parts, call);
    if (!wanted) co_return fail(wanted.error());
    form = *wanted;
  }
  auto serving = parts.live.serve_ws(call.exchange, call.grant->stream, *form, *call.grant);
  co_return co_await std::move(serving);
}

}  // namespace

void Api::add_live() {
  router_.add({"GET", "/api/v1/streams", "listStreams", Access::view,
               [this](Call& call) { return list_streams(parts_, call); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/live-tokens", "makeLiveToken", Access::view,
               [this](Call& call) { return make_token(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/live-tokens", "listLiveTokens", Access::operate,
               [this](Call& call) { return list_tokens(parts_, call); }},
              Reach::devices);
  router_.add({"DELETE", "/api/v1/live-tokens/{id}", "revokeLiveToken", Access::operate,
               [this](Call& call) { return revoke_token(parts_, call); }},
              Reach::devices);
  router_.add({"GET", "/live/{device}/{channel}/{profile}.mp4", "liveMp4", Access::live,
               [this](Call& call) { return endless(parts_, call, media::Form::mp4); }},
              Reach::devices);
  router_.add({"GET", "/live/{device}/{channel}/{profile}.flv", "liveFlv", Access::live,
               [this](Call& call) { return endless(parts_, call, media::Form::flv); }},
              Reach::devices);
  router_.add({"GET", "/live/{device}/{channel}/{profile}.ts", "liveTs", Access::live,
               [this](Call& call) { return endless(parts_, call, media::Form::ts); }},
              Reach::devices);
  router_.add({"GET", "/live/{device}/{channel}/{profile}/ws", "liveWebSocket", Access::live,
               [this](Call& call) { return websocket(parts_, call); }},
              Reach::devices);
}

}  // namespace camfleet::api
