// camfleet sink: where events go.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>
#include <iostream>

#include "cli/device_text.h"
#include "cli/program.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

const std::string kSinks = "/api/v1/sinks";

std::string path_of(const std::string& id) { return kSinks + '/' + segment(id); }

// What can be said of a sink, new or not.
struct SinkFields {
  std::string url;
  std::vector<std::string> set;      // name=value
  std::vector<std::string> secrets;  // name=file
  std::vector<std::string> devices, tags, types;
  std::vector<unsigned> channels;
  bool everything = false;

  void declare(CLI::App& verb) {
    verb.add_option("--url", url, "Where it is: http(s)://, mqtt(s)://");
    verb.add_option("--set", set, "A setting of its kind, NAME=VALUE (repeatable); NAME= for the default")
        ->allow_extra_args(false);
    verb.add_option("--secret", secrets, "A secret setting, NAME=FILE; - is the standard input (repeatable)")
        ->allow_extra_args(false);
    verb.add_option("--device", devices, "Only entries of this device (repeatable)")->allow_extra_args(false);
    verb.add_option("--tag", tags, "Only of devices with this tag (repeatable)")->allow_extra_args(false);
    verb.add_option("--type", types, "Only of this type, as vmd or camfleet.* (repeatable)")
        ->allow_extra_args(false);
    verb.add_option("--channel", channels, "Only of this channel (repeatable)")->allow_extra_args(false);
    verb.add_flag("--everything", everything, "Without a filter");
  }

  // As members of a request; a failure is told here.
  Outcome<json::object> members(Context& context) const {
    json::object out;
    if (!url.empty()) out["url"] = url;
    for (const auto& one : set) {
      const auto split = one.find('=');
      if (split == one.npos || split == 0) return std::unexpected{context.usage("--set: wants NAME=VALUE")};
      const auto value = one.substr(split + 1);
      out[one.substr(0, split)] = value.empty() ? json::value(nullptr) : json::value(value);
    }
    for (const auto& one : secrets) {
      const auto split = one.find('=');
      if (split == one.npos || split == 0) return std::unexpected{context.usage("--secret: wants NAME=FILE")};
      const auto file = one.substr(split + 1);
      std::string line;
      std::ifstream in{file};
      if (!std::getline(file == "-" ? std::cin : in, line) || line.empty())
        return std::unexpected{context.usage("--secret: nothing can be read from " + file)};
      out[one.substr(0, split)] = line;
    }
    json::object filter;
    if (!devices.empty()) filter["devices"] = json::array(devices.begin(), devices.end());
    if (!tags.empty()) filter["tags"] = json::array(tags.begin(), tags.end());
    if (!types.empty()) filter["types"] = json::array(types.begin(), types.end());
    if (!channels.empty()) filter["channels"] = json::array(channels.begin(), channels.end());
    if (!filter.empty() || everything) out["filter"] = std::move(filter);
    return out;
  }
};

Tone tone_of(const std::string& state) {
  if (state == "idle" || state == "delivering") return Tone::good;
  if (state == "refused") return Tone::bad;
  return state == "retrying" ? Tone::warn : Tone::dim;
}

std::string where_of(const json::value& sink) {
  for (const auto* member : {"url", "brokers", "path"})
    if (auto text = text_of(sink, member); !text.empty()) return text;
  return {};
}

Exit list_sinks(Context& context) {
  const auto items = context.all(kSinks, {}, false);
  if (!items) return items.error();
  if (context.common.json) {
    context.print_items(*items);
    return Exit::ok;
  }
  Table table{{{"ID"},
               {"KIND"},
               {"STATE"},
               {"WHERE", false, true},
               {"DELIVERED", true},
               {"PENDING", true},
               {"PARKED", true},
               {"NOTE", false, true}}};
  for (const auto& item : *items) {
    if (context.common.quiet) {
      context.out.line(for_terminal(text_of(item, "id")));
      continue;
    }
    auto note = text_of(item, "reason_text");
    if (const auto detail = text_of(item, "detail"); !detail.empty()) note += " (" + detail + ')';
    table.add({{text_of(item, "id")},
               {text_of(item, "kind")},
               {text_of(item, "state"), tone_of(text_of(item, "state"))},
               {where_of(item)},
               {text_of(item, "delivered")},
               {text_of(item, "pending")},
               {text_of(item, "parked")},
               {note, Tone::dim}});
  }
  if (!context.common.quiet) context.out.table(table);
  return Exit::ok;
}

Exit show_sink(Context& context, const std::string& id) {
  const auto answer = context.call({.target = path_of(id)});
  if (!answer) return answer.error();
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto sink = json::parse(answer->body, error);
  if (const auto* object = sink.if_object())
    for (const auto& member : *object) {
      const auto& value = member.value();
      if (value.is_null()) continue;
      const auto text =
          value.is_object() || value.is_array() ? json::serialize(value) : text_of(sink, member.key());
      if (text.empty() || text == "[]") continue;
      context.out.line(for_terminal(fmt::format("{:<14} {}", std::string_view{member.key()}, text)));
    }
  return Exit::ok;
}

struct Addition {
  std::string kind;
  std::string id;
  bool oldest = false;
  SinkFields fields;
};

Exit add_sink(Context& context, const Addition& addition) {
  auto body = addition.fields.members(context);
  if (!body) return body.error();
  (*body)["kind"] = addition.kind;
  if (!addition.id.empty()) (*body)["id"] = addition.id;
  if (addition.oldest) (*body)["start"] = "oldest";
  Caller::Request request{.method = "POST", .target = kSinks, .body = json::serialize(*body)};
  const auto answer = context.call(request);
  wipe(request.body);
  if (!answer) return answer.error();
  boost::system::error_code error;
  return context.done(*answer, text_of(json::parse(answer->body, error), "id") + ": added");
}

Exit edit_sink(Context& context, const std::string& id, const SinkFields& fields) {
  auto body = fields.members(context);
  if (!body) return body.error();
  if (body->empty()) return context.usage("nothing to change is given");
  Caller::Request request{.method = "PATCH", .target = path_of(id), .body = json::serialize(*body)};
  const auto answer = context.call(request);
  wipe(request.body);
  if (!answer) return answer.error();
  return context.done(*answer, id + ": changed");
}

struct Replay {
  std::string id;
  std::string from, to;
  std::vector<std::string> devices;
  unsigned rate = 0;

  void declare(CLI::App& verb) {
    verb.add_option("sink", id, "The sink")->required();
    verb.add_option("--from", from, "What was received since then, 2026-11-22T14:00:00Z");
    verb.add_option("--to", to, "What was received before then");
    verb.add_option("--device", devices, "Only of this device (repeatable)")->allow_extra_args(false);
    verb.add_option("--rate", rate, "Entries a second at most; 100 where left out");
  }
};

Exit replay_sink(Context& context, const Replay& replay) {
  json::object body;
  if (!replay.from.empty()) body["from"] = replay.from;
  if (!replay.to.empty()) body["to"] = replay.to;
  if (!replay.devices.empty()) body["devices"] = json::array(replay.devices.begin(), replay.devices.end());
  if (replay.rate > 0) body["rate"] = replay.rate;
  const auto answer = context.call(
      {.method = "POST", .target = path_of(replay.id) + "/replay", .body = json::serialize(body)});
  if (!answer) return answer.error();
  return context.done(*answer,
                      replay.id + ": replay begun; camfleet sink show " + replay.id + " tells how far it is");
}

Exit list_parked(Context& context, const std::string& id) {
  const auto items = context.all(path_of(id) + "/parked");
  if (!items) return items.error();
  if (context.common.json) {
    context.print_items(*items);
    return Exit::ok;
  }
  Table table{
      {{"SEQ", true}, {"ENTRY", false, true}, {"DEVICE"}, {"TRIES", true}, {"AT"}, {"WHY", false, true}}};
  for (const auto& item : *items) {
    if (context.common.quiet) {
      context.out.line(for_terminal(text_of(item, "seq")));
      continue;
    }
    table.add({{text_of(item, "seq")},
               {text_of(item, "id")},
               {text_of(item, "device")},
               {text_of(item, "tries")},
               {text_of(item, "at")},
               {text_of(item, "reason_text") + ' ' + text_of(item, "detail")}});
  }
  if (!context.common.quiet) context.out.table(table);
  return Exit::ok;
}

// A verb that posts to a sink and says so.
void add_simple(Program& program, CLI::App& sink, const std::string& verb, const std::string& help,
                const std::string& said) {
  auto id = std::make_shared<std::string>();
  auto& added = program.verb(
      sink, verb, help, {"camfleet sink " + verb + " archive"}, [id, verb, said](Context& context) {
        context.be_patient(std::chrono::minutes{2});
        const auto answer = context.call({.method = "POST", .target = path_of(*id) + '/' + verb});
        if (!answer) return answer.error();
        return context.done(*answer, *id + ": " + said);
      });
  added.add_option("sink", *id, "The sink")->required();
}

}  // namespace

void add_replay_verb(Program& program, CLI::App& parent) {
  auto replay = std::make_shared<Replay>();
  auto& verb =
      program.verb(parent, "replay", "Deliver what the ledger has once more to a sink, with the same ids",
                   {"camfleet " + parent.get_name() +
                        " replay archive --from 2026-11-22T14:00:00Z --to 2026-11-22T15:00:00Z",
                    "camfleet " + parent.get_name() + " replay archive --device gate-7 --rate 500"},
                   [replay](Context& context) { return replay_sink(context, *replay); });
  replay->declare(verb);
}

void add_sink_verbs(Program& program) {
  auto& sink = program.noun("sink", "Sinks: where events are delivered");
  program.verb(sink, "list", "The sinks and how far they are",
               {"camfleet sink list", "camfleet sink list --json"}, list_sinks);

  auto shown = std::make_shared<std::string>();
  auto& show = program.verb(sink, "show", "All of one sink", {"camfleet sink show archive"},
                            [shown](Context& context) { return show_sink(context, *shown); });
  show.add_option("sink", *shown, "The sink")->required();

  auto addition = std::make_shared<Addition>();
  auto& add = program.verb(
      sink, "add", "Deliver events to somebody",
      {"camfleet sink add webhook --id police --url https://example.org/alarms --secret secret=key.txt",
       "camfleet sink add mqtt --url mqtts://broker:8883 --set topic=site/{device}/{type} --tag north",
       "camfleet sink add kafka --id bus --set brokers=k1:9092,k2:9092 --set topic=alarms --from-oldest",
       "camfleet sink add file --id archive --set path=alarms.jsonl"},
      [addition](Context& context) { return add_sink(context, *addition); });
  add.add_option("kind", addition->kind, "webhook, file, mqtt, kafka or dapr")->required();
  add.add_option("--id", addition->id, "The id that it gets");
  add.add_flag("--from-oldest", addition->oldest,
               "All that the ledger has, in place of what comes from now on");
  addition->fields.declare(add);

  auto edited = std::make_shared<std::string>();
  auto fields = std::make_shared<SinkFields>();
  auto& edit =
      program.verb(sink, "edit", "Change what is given; it goes on from where it was",
                   {"camfleet sink edit archive --set rotate_mib=64", "camfleet sink edit bus --everything"},
                   [edited, fields](Context& context) { return edit_sink(context, *edited, *fields); });
  edit.add_option("sink", *edited, "The sink")->required();
  fields->declare(edit);

  auto gone = std::make_shared<std::string>();
  auto& remove = program.verb(sink, "remove", "Deliver no more to it, and forget how far it was",
                              {"camfleet sink remove archive"}, [gone](Context& context) {
                                if (const auto sure = context.confirm("remove sink " + *gone + '?'); !sure)
                                  return sure.error();
                                const auto answer =
                                    context.call({.method = "DELETE", .target = path_of(*gone)});
                                if (!answer) return answer.error();
                                return context.done(*answer, *gone + ": removed");
                              });
  remove.add_option("sink", *gone, "The sink")->required();

  add_simple(program, sink, "pause", "Deliver nothing for now; all is kept", "paused");
  add_simple(program, sink, "resume", "Go on, at once", "goes on");
  add_simple(program, sink, "test", "Deliver an entry of type camfleet.test, now", "took the test entry");
  add_replay_verb(program, sink);

  struct Parked {
    std::string id;
    std::string retry, drop;
  };
  auto parked = std::make_shared<Parked>();
  auto& list = program.verb(
      sink, "parked", "Entries that it does not take; they wait for you",
      {"camfleet sink parked bus", "camfleet sink parked bus --retry 4711",
       "camfleet sink parked bus --drop 4711"},
      [parked](Context& context) {
        const auto one = path_of(parked->id) + "/parked/";
        if (!parked->retry.empty()) {
          context.be_patient(std::chrono::minutes{2});
          const auto answer =
              context.call({.method = "POST", .target = one + segment(parked->retry) + "/retry"});
          if (!answer) return answer.error();
          return context.done(*answer, parked->retry + ": delivered");
        }
        if (!parked->drop.empty()) {
          const auto answer = context.call({.method = "DELETE", .target = one + segment(parked->drop)});
          if (!answer) return answer.error();
          return context.done(*answer, parked->drop + ": given up");
        }
        return list_parked(context, parked->id);
      });
  list.add_option("sink", parked->id, "The sink")->required();
  list.add_option("--retry", parked->retry, "Deliver the entry of this SEQ once more, now");
  list.add_option("--drop", parked->drop, "Give the entry of this SEQ up");
}

}  // namespace camfleet::cli
