// camfleet events, fleet blind: what the ledger has, and when devices could not tell.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <chrono>

#include "base/clock.h"
#include "cli/device_text.h"
#include "cli/duration.h"
#include "cli/event_tail.h"
#include "cli/program.h"
#include "cli/text_width.h"
#include "proto/http/target.h"

namespace camfleet::cli {
namespace {

const std::string kEvents = "/api/v1/events";

struct EventChoice {
  std::vector<std::string> devices, types, states;
  std::string since, until, channel;
  unsigned limit = 100;
  bool all = false;
};

// A time as the API takes it: of a text that is one, or so long ago ("24h").
std::optional<std::string> moment(const std::string& text) {
  if (const auto ago = parse_duration(text))
    return to_rfc3339(system_clock().wall() - std::chrono::seconds{*ago});
  if (text.size() >= 10 && text[4] == '-') return text.size() == 10 ? text + "T00:00:00Z" : text;
  return std::nullopt;
}

class QueryText {
 public:
  void add(const std::string& name, const std::string& value) {
    if (!value.empty()) text_ += (text_.empty() ? "" : "&") + name + '=' + http::percent_encode(value);
  }
  void add(const std::string& name, const std::vector<std::string>& values) {
    for (const auto& value : values) add(name, value);
  }
  // Of an option that is a time; false where it is none.
  bool add_moment(const std::string& name, const std::string& given) {
    if (given.empty()) return true;
    const auto at = moment(given);
    if (at) add(name, *at);
    return at.has_value();
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

constexpr const char* kNoMoment = "wants a time (2026-11-28T16:00:00Z, 2026-11-28) or how long ago (24h)";

void declare_times(CLI::App& verb, EventChoice& choice) {
  verb.add_option("--since", choice.since, "From this time on, or so long ago: 24h");
  verb.add_option("--until", choice.until, "Before this time");
  verb.add_option("--device", choice.devices, "Of this device (repeatable)")->allow_extra_args(false);
}

std::string count_text(const json::value& entry) {
  const auto count = text_of(entry, "count");
  return text_of(entry, "state") == "pulse" || count == "0" ? "" : count;
}

Exit list_events(Context& context, const EventChoice& choice) {
  QueryText query;
  query.add("device", choice.devices);
  query.add("type", choice.types);
  query.add("state", choice.states);
  query.add("channel", choice.channel);
  if (!query.add_moment("from", choice.since)) return context.usage(std::string{"--since: "} + kNoMoment);
  if (!query.add_moment("to", choice.until)) return context.usage(std::string{"--until: "} + kNoMoment);
  std::vector<json::value> items;
  if (choice.all) {
    auto every = context.all(kEvents, query.text());
    if (!every) return every.error();
    items = std::move(*every);
  } else {
    query.add("limit", std::to_string(choice.limit));
    const auto page = context.get(kEvents + '?' + query.text());
    if (!page) return page.error();
    if (const auto* some = member_of(*page, "items"); some != nullptr && some->is_array())
      items.assign(some->get_array().begin(), some->get_array().end());
  }
  if (context.common.json) {
    context.print_items(items);
    return Exit::ok;
  }
  Table table{{{"RECEIVED"},
               {"DEVICE", false, true},
               {"CH", true},
               {"EVENT", false, true},
               {"STATE"},
               {"REPORTS", true},
               {"DETAIL", false, true},
               {"ID"}}};
  for (const auto& item : items) {
    if (context.common.quiet) {
      context.out.line(for_terminal(text_of(item, "id")));
      continue;
    }
    auto detail = text_of(item, "detail");
    if (const auto said = text_of(item, "description"); !said.empty())
      detail += (detail.empty() ? "" : ", ") + said;
    const auto state = text_of(item, "state");
    const bool inferred = text_of(item, "inferred") == "yes";
    table.add({{text_of(item, "received")},
               {text_of(item, "device")},
               {text_of(item, "channel")},
               {text_of(item, "type_text")},
               {state + (inferred ? " (inferred)" : ""), state == "end" ? Tone::dim : Tone::plain},
               {count_text(item)},
               {detail},
               {text_of(item, "event"), Tone::dim}});
  }
  if (!context.common.quiet) context.out.table(table);
  return Exit::ok;
}

Exit show_event(Context& context, const std::string& id) {
  // The id of an entry names its event too.
  const auto answer = context.call({.target = kEvents + '/' + segment(id.substr(0, id.find('/')))});
  if (!answer) return answer.error();
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto event = json::parse(answer->body, error);
  for (const auto* member : {"event", "device", "channel", "type", "type_text", "detail", "target", "source",
                             "started", "description"})
    if (const auto text = text_of(event, member); !text.empty())
      context.out.line(fmt::format("{:<12} {}", member, for_terminal(text)));
  Table table{{{"SEQ", true}, {"STATE"}, {"RECEIVED"}, {"HAPPENED"}, {"REPORTS", true}, {"PICTURES", true}}};
  if (const auto* entries = member_of(event, "entries"); entries != nullptr && entries->is_array())
    for (const auto& entry : entries->get_array()) {
      const auto* pictures = member_of(entry, "pictures");
      const auto count = pictures != nullptr && pictures->is_array() ? pictures->get_array().size() : 0;
      table.add({{text_of(entry, "seq")},
                 {text_of(entry, "state") + (text_of(entry, "inferred") == "yes" ? " (inferred)" : "")},
                 {text_of(entry, "received")},
                 {text_of(entry, "happened")},
                 {text_of(entry, "count")},
                 {count == 0 ? "" : std::to_string(count)}});
    }
  context.out.write("\n");
  context.out.table(table);
  return Exit::ok;
}

Exit show_account(Context& context, const EventChoice& choice) {
  QueryText query;
  query.add("device", choice.devices);
  if (!query.add_moment("from", choice.since)) return context.usage(std::string{"--since: "} + kNoMoment);
  if (!query.add_moment("to", choice.until)) return context.usage(std::string{"--until: "} + kNoMoment);
  const auto answer = context.call({.target = kEvents + "/account?" + query.text()});
  if (!answer) return answer.error();
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto account = json::parse(answer->body, error);
  Table table{
      {{"DEVICE", false, true}, {"SEEN", true}, {"STORED", true}, {"SINKS", false, true}, {"BLIND", true}}};
  const auto* items = member_of(account, "items");
  if (items != nullptr && items->is_array())
    for (const auto& item : items->get_array()) {
      std::string sinks;
      if (const auto* each = member_of(item, "sinks"); each != nullptr && each->is_array())
        for (const auto& sink : each->get_array())
          sinks += fmt::format("{}{} {} delivered, {} parked, {} pending", sinks.empty() ? "" : "; ",
                               text_of(sink, "sink"), text_of(sink, "delivered"), text_of(sink, "parked"),
                               text_of(sink, "pending"));
      const auto* blind = member_of(item, "blind_seconds");
      const auto seconds = blind != nullptr && blind->is_number() ? blind->to_number<double>() : 0.0;
      table.add({{text_of(item, "device").empty() ? "(gateway)" : text_of(item, "device")},
                 {text_of(item, "seen")},
                 {text_of(item, "stored")},
                 {sinks},
                 {seconds > 0 ? duration_text(static_cast<long long>(seconds)) : "",
                  seconds > 0 ? Tone::warn : Tone::plain}});
    }
  context.out.table(table);
  if (const auto* ledger = member_of(account, "ledger"); ledger != nullptr)
    context.out.write(fmt::format(
        "\nsince {}\nledger: {}, newest {}, oldest {}, {} queued, {} events go on, {} devices blind\n",
        for_terminal(text_of(account, "from")), for_terminal(text_of(*ledger, "code")),
        text_of(*ledger, "newest"), text_of(*ledger, "oldest"), text_of(*ledger, "queued"),
        text_of(*ledger, "open"), text_of(*ledger, "blind_devices")));
  return Exit::ok;
}

struct BlindChoice {
  std::vector<std::string> devices;
  std::string since;
  bool open = false;
};

Exit list_blind(Context& context, const BlindChoice& choice) {
  QueryText query;
  query.add("device", choice.devices);
  if (!query.add_moment("since", choice.since)) return context.usage(std::string{"--since: "} + kNoMoment);
  if (choice.open) query.add("open", std::string{"true"});
  query.add("limit", std::string{"100000"});
  const auto answer = context.get("/api/v1/blind?" + query.text());
  if (!answer) return answer.error();
  std::vector<json::value> items;
  if (const auto* some = member_of(*answer, "items"); some != nullptr && some->is_array())
    items.assign(some->get_array().begin(), some->get_array().end());
  if (context.common.json) {
    context.print_items(items);
    return Exit::ok;
  }
  Table table{
      {{"DEVICE", false, true}, {"FROM"}, {"TO"}, {"FOR", true}, {"REASON"}, {"WHAT IT MEANS", false, true}}};
  for (const auto& item : items) {
    const auto to = text_of(item, "to");
    const auto* length = member_of(item, "seconds");
    const auto seconds = length != nullptr && length->is_number() ? length->to_number<double>() : 0.0;
    table.add({{text_of(item, "device").empty() ? "(all)" : text_of(item, "device")},
               {text_of(item, "from")},
               {to.empty() ? "now" : to, to.empty() ? Tone::bad : Tone::plain},
               {duration_text(static_cast<long long>(seconds))},
               {text_of(item, "reason")},
               {text_of(item, "text"), Tone::dim}});
  }
  context.out.table(table);
  return Exit::ok;
}

}  // namespace

void add_blind_verb(Program& program, CLI::App& fleet) {
  auto choice = std::make_shared<BlindChoice>();
  auto& verb = program.verb(fleet, "blind", "Times in which devices could not have told of an alarm",
                            {"camfleet fleet blind --since 24h", "camfleet fleet blind --open"},
                            [choice](Context& context) { return list_blind(context, *choice); });
  verb.add_option("--since", choice->since, "Those that went on after this time, or so long ago: 24h");
  verb.add_option("--device", choice->devices, "Of this device (repeatable)")->allow_extra_args(false);
  verb.add_flag("--open", choice->open, "Only those that go on");
}

void add_event_verbs(Program& program) {
  auto& events = program.noun("events", "What devices reported, as the ledger keeps it");
  add_replay_verb(program, events);

  auto following = std::make_shared<TailOptions>();
  following->types = {"alarm"};
  auto& follow = program.verb(events, "tail", "Alarms as they are stored, until Ctrl-C",
                              {"camfleet events tail", "camfleet events tail --device gate-7 --json"},
                              [following](Context& context) { return tail(context, *following); });
  auto* after = follow.add_option("--after", following->after, "Go on after this cursor, the id of an event");
  follow.add_flag("--oldest", following->oldest, "From the newest thousand on")->excludes(after);
  follow.add_option("--count", following->count, "End after so many")->check(CLI::PositiveNumber);
  follow.add_option("--device", following->devices, "Of this device (repeatable)")->allow_extra_args(false);
  follow.add_option("--tag", following->tags, "Of devices with this tag (repeatable)")
      ->allow_extra_args(false);

  auto choice = std::make_shared<EventChoice>();
  auto& list = program.verb(events, "list", "Entries of the ledger, the newest first",
                            {"camfleet events list --device gate-7 --since 24h",
                             "camfleet events list --type vmd,linedetection --state start,pulse --limit 20"},
                            [choice](Context& context) { return list_events(context, *choice); });
  declare_times(list, *choice);
  list.add_option("--type", choice->types, "Of this type (repeatable)")->allow_extra_args(false);
  list.add_option("--state", choice->states, "start, update, end or pulse (repeatable)")
      ->allow_extra_args(false);
  list.add_option("--channel", choice->channel, "Of this channel; 0: of the device itself");
  auto* limit =
      list.add_option("--limit", choice->limit, "At most so many (100)")->check(CLI::Range(1, 1000));
  list.add_flag("--all", choice->all, "All that are kept")->excludes(limit);

  auto id = std::make_shared<std::string>();
  auto& show = program.verb(events, "show", "One event with all of its entries",
                            {"camfleet events show mzxw6ytboimzxw6ytboimzxw6y"},
                            [id](Context& context) { return show_event(context, *id); });
  show.add_option("event", *id, "Its id, or that of one of its entries")->required();

  auto sums = std::make_shared<EventChoice>();
  auto& account = program.verb(
      events, "account", "For each device what was seen, stored and delivered, and for how long it was blind",
      {"camfleet events account --since 24h"},
      [sums](Context& context) { return show_account(context, *sums); });
  declare_times(account, *sums);
}

}  // namespace camfleet::cli
