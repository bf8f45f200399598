// camfleet discovered: devices that were heard of on the network and are not in the fleet.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/device_fields.h"
#include "cli/device_text.h"
#include "cli/program.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

const std::string kFound = "/api/v1/discovered";

Exit list_found(Context& context, bool all) {
  const auto items = context.all(kFound, all ? "" : "known=false");
  if (!items) return items.error();
  if (context.common.json) {
    context.print_items(*items);
    return Exit::ok;
  }
  Table table{{{"KEY", false, true},
               {"ADDRESS"},
               {"MODEL", false, true},
               {"SERIAL", false, true},
               {"VIA"},
               {"SEEN", true},
               {"DEVICE", false, true},
               {"NOTE", false, true}}};
  for (const auto& item : *items) {
    if (context.common.quiet) {
      context.out.line(for_terminal(text_of(item, "key")));
      continue;
    }
    const bool gone = text_of(item, "gone") == "yes";
    table.add({{text_of(item, "key")},
               {text_of(item, "address")},
               {text_of(item, "model")},
               {text_of(item, "serial")},
               {text_of(item, "via")},
               {since_text(text_of(item, "last_seen")), gone ? Tone::dim : Tone::plain},
               {text_of(item, "known")},
               {text_of(item, "reason_text"), Tone::dim}});
  }
  if (!context.common.quiet) context.out.table(table);
  return Exit::ok;
}

struct Addition {
  std::string key;
  std::string id;
  DeviceFields fields;
};

// What the gateway suggests, with what was said here in its place.
Exit add_found(Context& context, Addition& addition) {
  auto members = addition.fields.members(context);
  if (!members) return members.error();
  const auto found = context.get(kFound + '/' + segment(addition.key));
  if (!found) return found.error();
  const auto* suggest = member_of(*found, "suggest");
  if (suggest == nullptr || !suggest->is_object()) {
    const auto known = text_of(*found, "known");
    context.out.complain(
        addition.key + ": is not proposed" + (known.empty() ? "" : ", it is device " + known) +
        (text_of(*found, "reason_text").empty() ? "" : ": " + text_of(*found, "reason_text")));
    return Exit::refused;
  }
  json::object body = suggest->get_object();
  if (members->contains("drivers")) body.erase("driver");
  for (auto& member : *members) body[member.key()] = member.value();
  if (!addition.id.empty()) body["id"] = addition.id;
  Caller::Request request{.method = "POST", .target = "/api/v1/devices", .body = json::serialize(body)};
  const auto answer = context.call(request);
  wipe(request.body);
  if (!answer) return answer.error();
  return context.done(*answer, text_of(body, "id") + ": added");
}

}  // namespace

void add_discovered_verbs(Program& program) {
  auto& discovered =
      program.noun("discovered", "Devices that were heard of on the network and are not in the fleet");
  auto all = std::make_shared<bool>(false);
  auto& list = program.verb(discovered, "list", "What was found; nothing logs in to it by itself",
                            {"camfleet discovered list", "camfleet discovered list --all --json"},
                            [all](Context& context) { return list_found(context, *all); });
  list.add_flag("--all", *all, "Those that are in the fleet already too");

  auto addition = std::make_shared<Addition>();
  auto& add = program.verb(
      discovered, "add", "Add one of them, as suggested and with what is said here",
      {"camfleet discovered add DS-2CD2T46G2-20260316 --id gate-7 --username admin --ask-password"},
      [addition](Context& context) { return add_found(context, *addition); });
  add.add_option("key", addition->key, "Its key, of discovered list")->required();
  add.add_option("--id", addition->id, "The id that it gets");
  addition->fields.declare(add);

  program.verb(discovered, "probe", "Ask the network now", {"camfleet discovered probe"},
               [](Context& context) {
                 const auto asked = context.call({.method = "POST", .target = kFound + "/probe"});
                 if (!asked) return asked.error();
                 return context.done(*asked, "asked; camfleet discovered list shows who answers");
               });
}

}  // namespace camfleet::cli
