// camfleet fleet, fleet watch, stream, channel, version: the fleet as a whole.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/json.hpp>

#include "base/version.h"
#include "cli/device_text.h"
#include "cli/event_tail.h"
#include "cli/program.h"
#include "cli/selection.h"
#include "cli/text_width.h"
#include "proto/http/target.h"

namespace camfleet::cli {
namespace {

Exit show_fleet(Context& context) {
  const auto answer = context.call({.target = "/api/v1/fleet"});
  if (!answer) return answer.error();
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto fleet = json::parse(answer->body, error);
  const auto* states = member_of(fleet, "states");
  if (error || states == nullptr || !states->is_object()) {
    context.out.complain("the answer is no fleet: is this a camfleet gateway?");
    return Exit::unreachable;
  }
  Table counts{{{"STATE"}, {"DEVICES", true}}};
  for (const auto* state :
       {"online", "degraded", "connecting", "waiting", "backoff", "rejected", "locked", "disabled"}) {
    const auto count = text_of(*states, state);
    counts.add({{state, count == "0" ? Tone::dim : tone_of(state)},
                {count, count == "0" ? Tone::dim : Tone::plain}});
  }
  counts.add({{"total"}, {text_of(fleet, "total")}});
  context.out.table(counts);

  const auto* summary = member_of(fleet, "summary");
  if (summary != nullptr && summary->is_array() && !summary->get_array().empty()) {
    Table why{{{"DEVICES", true}, {"STATE"}, {"REASON"}, {"WHAT IT MEANS", false, true}}};
    for (const auto& line : summary->get_array()) {
      const auto state = text_of(line, "state");
      why.add({{text_of(line, "count")},
               {state, tone_of(state)},
               {text_of(line, "reason")},
               {text_of(line, "text"), Tone::dim}});
    }
    context.out.write("\n");
    context.out.table(why);
  }
  const auto streams = text_of(fleet, "streams");
  if (!streams.empty())
    context.out.write(fmt::format("\n{} channels, {} streams pulled, {} viewers\n",
                                  text_of(fleet, "channels"), streams, text_of(fleet, "viewers")));
  return Exit::ok;
}

void declare_tail(CLI::App& verb, TailOptions& options) {
  const auto many = [&](const char* name, std::vector<std::string>& to, const char* help) {
    verb.add_option(name, to, help)->allow_extra_args(false);
  };
  auto* after = verb.add_option("--after", options.after,
                                "Go on after this cursor, the id of an event; else from now on");
  verb.add_flag("--oldest", options.oldest, "From the oldest event that the gateway still has")
      ->excludes(after);
  verb.add_option("--count", options.count, "End after so many events")->check(CLI::PositiveNumber);
  many("--type", options.types, "move, alarm, added, changed or removed (repeatable)");
  many("--device", options.devices, "Of this device (repeatable)");
  many("--tag", options.tags, "Of devices with this tag (repeatable)");
  many("--state", options.states, "Into or out of this state (repeatable)");
  many("--reason", options.reasons, "For this reason (repeatable)");
}

Exit show_version(Context& context) {
  std::string gateway;
  if (const auto caller = context.caller(); caller) {
    (*caller)->set_timeout(std::chrono::seconds{context.common.timeout_s > 0 ? context.common.timeout_s : 3});
    const auto answer = (*caller)->call({.target = "/healthz"});
    boost::system::error_code error;
    if (answer && answer->ok()) gateway = text_of(json::parse(answer->body, error), "version");
  }
  if (context.common.json) {
    json::object out{{"client", kVersion}, {"gateway", nullptr}};
    if (!gateway.empty()) out["gateway"] = gateway;
    context.out.json(json::serialize(out));
  } else {
    context.out.line(std::string{"camfleet "} + kVersion);
    if (!gateway.empty()) context.out.line("gateway " + for_terminal(gateway));
  }
  return Exit::ok;
}

void add_channel_verbs(Program& program) {
  auto& channel = program.noun("channel", "The channels of all devices");
  auto device = std::make_shared<std::string>();
  auto selection = std::make_shared<Selection>();
  auto& list = program.verb(
      channel, "list", "The channels, of all devices or of some", {"camfleet channel list --tag north"},
      [selection](Context& context) {
        const auto items = context.all("/api/v1/channels", selection->query());
        if (!items) return items.error();
        if (context.common.json) {
          context.print_items(*items);
          return Exit::ok;
        }
        Table table{{{"STREAM", false, true}, {"NAME", false, true}, {"ONLINE"}, {"PROFILES", false, true}}};
        for (const auto& item : *items) {
          auto id = text_of(item, "device");
          if (id.empty()) id = text_of(item, "device_id");
          id += '/' + text_of(item, "number");
          if (context.common.quiet) {
            context.out.line(for_terminal(id));
            continue;
          }
          std::string profiles;
          if (const auto* each = member_of(item, "profiles"); each != nullptr && each->is_array())
            for (const auto& profile : each->get_array())
              profiles += fmt::format("{}{} {} {}x{}", profiles.empty() ? "" : "; ",
                                      text_of(profile, "profile"), text_of(profile, "codec"),
                                      text_of(profile, "width"), text_of(profile, "height"));
          const bool online = text_of(item, "online") == "yes";
          table.add({{id},
                     {text_of(item, "name")},
                     {online ? "yes" : "no", online ? Tone::good : Tone::bad},
                     {profiles}});
        }
        if (!context.common.quiet) context.out.table(table);
        return Exit::ok;
      });
  selection->declare_filters(list);
}

}  // namespace

void add_fleet_verbs(Program& program) {
  auto& fleet = program.verb(program.app(), "fleet", "How many devices there are in each state, and why",
                             {"camfleet fleet", "camfleet fleet --json | jq .states.online"}, show_fleet);
  fleet.require_subcommand(0, 1);
  auto watching = std::make_shared<TailOptions>();
  auto& watch = program.verb(fleet, "watch", "The moves of states as they happen, until Ctrl-C",
                             {"camfleet fleet watch", "camfleet fleet watch --tag north --json"},
                             [watching](Context& context) { return tail(context, *watching); });
  declare_tail(watch, *watching);
  add_blind_verb(program, fleet);
  auto streaming = std::make_shared<TailOptions>();
  auto& stream =
      program.verb(program.app(), "stream", "The stream of state events; one JSON a line with --json",
                   {"camfleet stream --json", "camfleet stream --after \"$LAST\" --json --count 100"},
                   [streaming](Context& context) { return tail(context, *streaming); });
  declare_tail(stream, *streaming);
  add_channel_verbs(program);
  program.verb(program.app(), "version", "The version of this program, and of the gateway where one answers",
               {"camfleet version"}, show_version);
}

}  // namespace camfleet::cli
