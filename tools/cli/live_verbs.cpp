// camfleet live: addresses that play, and the tokens in them.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>

#include "cli/device_text.h"
#include "cli/duration.h"
#include "cli/program.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

const std::string kTokens = "/api/v1/live-tokens";

struct LiveUrl {
  std::string stream;
  std::string ttl = "300";
  std::string form = "rtsp";
  bool http = false, ws = false, jpg = false, rtsp = false;
  std::string_view wanted() const { return http ? "mp4" : ws ? "ws" : jpg ? "jpg" : std::string_view{form}; }
};

Exit live_url(Context& context, const LiveUrl& wish) {
  const auto ttl = parse_duration(wish.ttl);
  if (!ttl) return context.usage("--ttl: wants a time such as 300, 15m, 12h");
  const auto answer =
      context.call({.method = "POST",
                    .target = kTokens,
                    .body = json::serialize(json::object{{"stream", wish.stream}, {"ttl_s", *ttl}})});
  if (!answer) return answer.error();
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto made = json::parse(answer->body, error);
  const auto* urls = member_of(made, "urls");
  const auto url = urls == nullptr ? std::string{} : text_of(*urls, wish.wanted());
  if (url.empty()) {
    context.out.complain(fmt::format("the gateway gives no {} address of this stream", wish.wanted()));
    return Exit::refused;
  }
  context.out.line(for_terminal(url));
  context.out.note(fmt::format("plays for whoever starts before {}; camfleet live revoke {}",
                               text_of(made, "expires_at"), text_of(made, "id")));
  return Exit::ok;
}

void add_url(Program& program, CLI::App& live) {
  auto wish = std::make_shared<LiveUrl>();
  auto& verb =
      program.verb(live, "url", "Print an address that plays; it holds a token for this stream alone",
                   {"ffplay -rtsp_transport tcp $(camfleet live url gate-7)",
                    "camfleet live url gate-7/1/sub --form flv --ttl 15m"},
                   [wish](Context& context) { return live_url(context, *wish); });
  verb.add_option("stream", wish->stream, "DEVICE, DEVICE/CHANNEL or DEVICE/CHANNEL/PROFILE")->required();
  auto* rtsp =
      verb.add_flag("--rtsp", wish->rtsp, "RTSP, for players and recorders (this is what you get anyway)");
  auto* http = verb.add_flag("--http", wish->http, "Endless MP4 over HTTP");
  auto* ws = verb.add_flag("--ws", wish->ws, "WebSocket, for Media Source Extensions");
  auto* jpg = verb.add_flag("--jpg", wish->jpg, "A picture");
  auto* form = verb.add_option("--form", wish->form, "rtsp, mp4, flv, ts, ws, ws_flv or jpg")
                   ->check(CLI::IsMember({"rtsp", "mp4", "flv", "ts", "ws", "ws_flv", "jpg"}));
  for (auto* one : {rtsp, http, ws, jpg, form})
    for (auto* other : {rtsp, http, ws, jpg, form})
      if (one != other) one->excludes(other);
  verb.add_option("--ttl", wish->ttl, "How long a viewer has to start: 300, 15m, 12h")->capture_default_str();
}

}  // namespace

void add_live_verbs(Program& program) {
  auto& live = program.noun("live", "Live video: addresses that play, and their tokens");
  add_url(program, live);

  program.verb(
      live, "list", "The live tokens that still count", {"camfleet live list"}, [](Context& context) {
        const auto items = context.all(kTokens);
        if (!items) return items.error();
        if (context.common.json) {
          context.print_items(*items);
        } else if (context.common.quiet) {
          for (const auto& item : *items) context.out.line(for_terminal(text_of(item, "id")));
        } else {
          Table table{{{"ID"}, {"STREAM", false, true}, {"EXPIRES"}}};
          for (const auto& item : *items) {
            const auto end = text_of(item, "expires_at");
            table.add({{text_of(item, "id")}, {text_of(item, "stream")}, {end + ", " + since_text(end)}});
          }
          context.out.table(table);
        }
        return Exit::ok;
      });

  auto ids = std::make_shared<std::vector<std::string>>();
  auto& revoke = program.verb(
      live, "revoke", "Make live tokens worthless; who watches by them is cut off",
      {"camfleet live revoke 3f9a1c", "camfleet live revoke $(camfleet live list --quiet)"},
      [ids](Context& context) {
        std::size_t done = 0;
        auto worst = Exit::ok;
        for (const auto& id : *ids) {
          const auto gone = context.call({.method = "DELETE", .target = kTokens + '/' + segment(id)});
          if (gone)
            ++done;
          else
            worst = gone.error();
        }
        context.out.note(fmt::format("{} of {} revoked", done, ids->size()));
        return worst == Exit::ok || done == 0 ? worst : Exit::partly;
      });
  revoke.add_option("id", *ids, "Ids of live list")->required();
}

}  // namespace camfleet::cli
