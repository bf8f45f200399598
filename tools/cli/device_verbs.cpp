// camfleet device: add, list, show, edit, remove, enable, disable, reconnect, explain, history, ptz, isapi.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/text.h"
#include "cli/device_fields.h"
#include "cli/device_text.h"
#include "cli/program.h"
#include "cli/selection.h"
#include "cli/text_width.h"
#include "cli/whereabouts.h"

namespace camfleet::cli {
namespace {

const std::string kDevices = "/api/v1/devices";
std::string path_of(const std::string& id) { return kDevices + '/' + segment(id); }

// A body with a secret in it is wiped once it was sent.
Outcome<net::HttpResponse> send(Context& context, Caller::Request request, json::object&& members) {
  request.body = json::serialize(members);
  if (auto* password = members.if_contains("password"))
    if (auto* text = password->if_string()) ::explicit_bzero(text->data(), text->size());
  auto answer = context.call(request);
  wipe(request.body);
  return answer;
}

void add_add(Program& program, CLI::App& device) {
  auto fields = std::make_shared<DeviceFields>();
  auto id = std::make_shared<std::string>();
  auto& verb = program.verb(
      device, "add", "Add a device; it is connected as soon as it is its turn",
      {"camfleet device add gate-7 --name 'North gate' --address 10.0.0.7 --username admin --ask-password "
       "--tag north",
       "pass show cams/lobby | camfleet device add lobby --rtsp-url rtsp://10.0.0.9/stream1 --username u "
       "--password-stdin"},
      [fields, id](Context& context) {
        auto members = fields->members(context);
        if (!members) return members.error();
        if (!id->empty()) (*members)["id"] = *id;
        const auto answer = send(context, {.method = "POST", .target = kDevices}, std::move(*members));
        if (!answer) return answer.error();
        boost::system::error_code error;
        const auto made = json::parse(answer->body, error);
        if (!context.common.json && context.common.quiet) return Exit::ok;
        return context.done(*answer, fmt::format("{}: added", error ? *id : text_of(made, "id")));
      });
  verb.add_option("id", *id, "Its id: a-z, 0-9, '.', '_' and '-'; made up where left out");
  fields->declare(verb);
}

void add_list(Program& program, CLI::App& device) {
  auto selection = std::make_shared<Selection>();
  auto sort = std::make_shared<std::string>();
  auto& verb = program.verb(device, "list", "The devices, or those of a state, a tag, a text",
                            {"camfleet device list --state rejected --state locked",
                             "camfleet device list --tag north --search gate --json",
                             "camfleet device list --state backoff --quiet | head"},
                            [selection, sort](Context& context) {
                              auto query = selection->query();
                              if (!sort->empty())
                                query += (query.empty() ? "sort=" : "&sort=") + segment(*sort);
                              if (context.common.quiet && !context.common.json)
                                query += query.empty() ? "fields=id" : "&fields=id";
                              const auto items = context.all(kDevices, query);
                              if (!items) return items.error();
                              print_devices(context, *items);
                              return Exit::ok;
                            });
  selection->declare_filters(verb);
  verb.add_option("--sort", *sort,
                  "Order: a field such as name, state or since; -since: the other way round");
}

void add_show(Program& program, CLI::App& device) {
  auto id = std::make_shared<std::string>();
  auto& verb = program.verb(device, "show", "One device with its facts and channels",
                            {"camfleet device show gate-7"}, [id](Context& context) {
                              const auto shown = context.call({.target = path_of(*id)});
                              if (!shown) return shown.error();
                              return print_device(context, shown->body);
                            });
  verb.add_option("id", *id, "Its id")->required();
}

void add_history(Program& program, CLI::App& device) {
  auto id = std::make_shared<std::string>();
  auto& verb = program.verb(device, "history", "The last moves of a device's state",
                            {"camfleet device history gate-7"}, [id](Context& context) {
                              const auto shown = context.get(path_of(*id));
                              if (!shown) return shown.error();
                              return print_history(context, *shown);
                            });
  verb.add_option("id", *id, "Its id")->required();
}

void add_explain(Program& program, CLI::App& device) {
  auto id = std::make_shared<std::string>();
  auto& verb = program.verb(device, "explain", "What a device does, why, since when, and what happens next",
                            {"camfleet device explain gate-7", "camfleet device explain gate-7 --lang zh"},
                            [id](Context& context) {
                              const auto told = context.call({.target = path_of(*id) + "/explain"});
                              if (!told) return told.error();
                              return print_explanation(context, told->body);
                            });
  verb.add_option("id", *id, "Its id")->required();
}

// With the revision that the change was thought out for, so that two people do not undo each other's work.
void add_edit(Program& program, CLI::App& device) {
  struct Edit {
    DeviceFields fields;
    std::string id;
    std::string if_match;
    std::vector<std::string> add_tags, remove_tags;
  };
  auto edit = std::make_shared<Edit>();
  auto& verb = program.verb(
      device, "edit", "Change fields of a device; what is not named stays",
      {"camfleet device edit gate-7 --address 10.0.0.8", "camfleet device edit gate-7 --ask-password",
       "camfleet device edit gate-7 --add-tag north --remove-tag new"},
      [edit](Context& context) {
        auto members = edit->fields.members(context);
        if (!members) return members.error();
        const auto list = [&](const char* name, const std::vector<std::string>& values) {
          if (!values.empty()) (*members)[name] = json::array(values.begin(), values.end());
        };
        list("add_tags", edit->add_tags);
        list("remove_tags", edit->remove_tags);
        if (members->empty()) return context.usage("nothing to change was named");
        auto match = edit->if_match;
        if (match.empty()) {
          const auto shown = context.call({.target = path_of(edit->id)});
          if (!shown) return shown.error();
          match = std::string{shown->headers.get("ETag")};
        }
        // As it stands in ETag, or the bare number that `show` prints.
        if (!match.empty() && !match.starts_with('"') && !match.starts_with("W/")) match = '"' + match + '"';
        Caller::Request request{.method = "PATCH", .target = path_of(edit->id)};
        if (!match.empty()) request.headers.add("If-Match", match);
        const auto answer = send(context, std::move(request), std::move(*members));
        if (!answer) return answer.error();
        return context.done(*answer, edit->id + ": changed");
      });
  verb.add_option("id", edit->id, "Its id")->required();
  edit->fields.declare(verb);
  verb.add_option("--add-tag", edit->add_tags, "One tag more (repeatable)")->allow_extra_args(false);
  verb.add_option("--remove-tag", edit->remove_tags, "One tag less (repeatable)")->allow_extra_args(false);
  verb.add_option(
      "--if-match", edit->if_match,
      "Only while it has this revision (of show); else the one it has now, so that a change in between "
      "is never overwritten");
}

struct Bulk {
  const char* name;
  const char* help;
  std::vector<std::string> examples;
  const char* past;
  const char* question;  // nullptr: asked only when a filter chose more than one
  Caller::Request (*request)(const std::string& id);
};

void add_bulk(Program& program, CLI::App& device, const Bulk& bulk) {
  auto selection = std::make_shared<Selection>();
  auto& verb = program.verb(device, bulk.name, bulk.help, bulk.examples, [selection, bulk](Context& context) {
    const auto ids = chosen(context, *selection);
    if (!ids) return ids.error();
    const bool ask = bulk.question != nullptr || selection->has_filter() || ids->size() > 1;
    if (ask && !ids->empty()) {
      const auto which = ids->size() == 1 ? ids->front() : fmt::format("{} devices", ids->size());
      const auto sure =
          context.confirm(fmt::format("{} {}?", bulk.question ? bulk.question : bulk.name, which));
      if (!sure) return sure.error();
    }
    return for_each_device(context, *ids, {bulk.past, [&](Context& inside, const std::string& id) {
                                             return inside.call(bulk.request(id));
                                           }});
  });
  selection->declare_ids(verb);
  selection->declare_filters(verb);
}

void add_changes(Program& program, CLI::App& device) {
  add_bulk(
      program, device,
      {"remove",
       "Forget devices, with their credentials and history",
       {"camfleet device remove gate-7", "camfleet device remove --tag scrapped --yes"},
       "removed",
       "remove",
       [](const std::string& id) { return Caller::Request{.method = "DELETE", .target = path_of(id)}; }});
  auto accept = std::make_shared<bool>(false);
  auto selection = std::make_shared<Selection>();
  auto& verb = program.verb(
      device, "reconnect",
      "End the session and connect anew, also out of rejected; a lock is still waited for",
      {"camfleet device reconnect gate-7", "camfleet device reconnect gate-7 --accept-identity",
       "camfleet device reconnect --state rejected --reason device.bad_credentials --yes"},
      [selection, accept](Context& context) {
        const auto ids = chosen(context, *selection);
        if (!ids) return ids.error();
        if ((selection->has_filter() || ids->size() > 1) && !ids->empty())
          if (const auto sure = context.confirm(fmt::format("reconnect {} devices?", ids->size())); !sure)
            return sure.error();
        return for_each_device(context, *ids,
                               {"asked to reconnect", [&](Context& inside, const std::string& id) {
                                  return inside.call({.method = "POST",
                                                      .target = path_of(id) + "/reconnect" +
                                                                (*accept ? "?accept_identity=true" : "")});
                                }});
      });
  selection->declare_ids(verb);
  selection->declare_filters(verb);
  verb.add_flag("--accept-identity", *accept, "Take whatever device answers there now as the right one");
}

void add_ptz(Program& program, CLI::App& device) {
  struct Ptz {
    std::string id;
    int channel = 1;
    int pan = 0, tilt = 0, zoom = 0;
    int preset = 0;
    int stop_after_ms = 0;
    bool stop = false;
  };
  auto ptz = std::make_shared<Ptz>();
  auto& verb = program.verb(
      device, "ptz", "Move a camera, stop it, or send it to a preset; it stops by itself",
      {"camfleet device ptz dome-3 --pan 40 --for 800", "camfleet device ptz nvr-1 --channel 5 --zoom -30",
       "camfleet device ptz dome-3 --preset 2", "camfleet device ptz dome-3 --stop"},
      [ptz](Context& context) {
        const bool moves = ptz->pan != 0 || ptz->tilt != 0 || ptz->zoom != 0;
        if (moves + (ptz->preset != 0) + ptz->stop != 1)
          return context.usage("wants a move (--pan, --tilt, --zoom), --preset or --stop");
        json::object members;
        if (ptz->preset != 0) {
          members["preset"] = ptz->preset;
        } else {
          members = {{"pan", ptz->pan}, {"tilt", ptz->tilt}, {"zoom", ptz->zoom}};
          if (ptz->stop_after_ms != 0) members["stop_after_ms"] = ptz->stop_after_ms;
        }
        Caller::Request request{.method = "POST",
                                .target = fmt::format("{}/channels/{}/ptz", path_of(ptz->id), ptz->channel)};
        const auto answer = send(context, std::move(request), std::move(members));
        if (!answer) return answer.error();
        return context.done(*answer, ptz->id + (moves       ? ": moves"
                                                : ptz->stop ? ": stopped"
                                                            : ": on its way"));
      });
  verb.add_option("id", ptz->id, "Its id")->required();
  verb.add_option("--channel", ptz->channel, "Which of its channels; 1 where left out")
      ->check(CLI::Range(1, 65535));
  const auto speed = [&](const char* name, int& to, const char* help) {
    verb.add_option(name, to, help)->check(CLI::Range(-100, 100));
  };
  speed("--pan", ptz->pan, "Per cent of full speed: right is positive, left negative");
  speed("--tilt", ptz->tilt, "Up is positive, down negative");
  speed("--zoom", ptz->zoom, "Closer is positive, wider negative");
  verb.add_option("--for", ptz->stop_after_ms, "Milliseconds until it stops; 500 where left out")
      ->check(CLI::Range(50, 10000));
  verb.add_option("--preset", ptz->preset, "Number of a preset of the camera")->check(CLI::Range(1, 300));
  verb.add_flag("--stop", ptz->stop, "Stop it now");
}

constexpr std::size_t kMostIsapi = 64 * 1024;

// What the device said, as it said it where that goes into a file; a terminal gets no control characters.
Exit print_isapi(const Context& context, const std::string& document) {
  boost::system::error_code error;
  const auto answer = json::parse(document, error);
  const auto status = error ? 0 : answer.at("status").to_number<int>();
  const auto done = status >= 200 && status < 400 ? Exit::ok : Exit::refused;
  if (context.common.json) {
    context.out.json(document);
    return done;
  }
  if (done != Exit::ok) context.out.complain(fmt::format("the device answers {}", status));
  const auto body = text_of(answer, "body");
  if (text_of(answer, "encoding") == "base64") {
    Bytes bytes;
    if (context.out.terminal()) return context.usage("the answer is no text: send it into a file");
    if (from_base64(body, bytes)) context.out.write(as_text(bytes));
  } else if (!context.out.terminal()) {
    context.out.write(body);
  } else {
    std::string_view rest = body;
    while (!rest.empty()) context.out.line(for_terminal(std::string{trim(take_until(rest, '\n'))}));
  }
  return done;
}

void add_isapi(Program& program, CLI::App& device) {
  struct Ask {
    std::string id, method, path, file;
  };
  auto ask = std::make_shared<Ask>();
  auto& verb = program.verb(
      device, "isapi", "Ask a Hikvision device by its own HTTP interface; for administrators",
      {"camfleet device isapi gate-7 GET /ISAPI/System/deviceInfo",
       "camfleet device isapi gate-7 PUT /ISAPI/System/time --body time.xml",
       "camfleet device isapi gate-7 GET /ISAPI/Streaming/channels/101/picture > gate-7.jpg"},
      [ask](Context& context) {
        json::object members{{"method", ask->method}, {"path", ask->path}};
        if (!ask->file.empty()) {
          auto read = read_secret(ask->file, kMostIsapi);
          if (!read) return context.usage(read.error().place);
          members["body"] = read->reveal();
        }
        const auto answer =
            send(context, {.method = "POST", .target = path_of(ask->id) + "/isapi"}, std::move(members));
        if (!answer) return answer.error();
        return print_isapi(context, answer->body);
      });
  verb.add_option("id", ask->id, "Its id")->required();
  verb.add_option("method", ask->method, "GET, PUT, POST or DELETE")
      ->required()
      ->check(CLI::IsMember({"GET", "PUT", "POST", "DELETE"}));
  verb.add_option("path", ask->path, "/ISAPI/..., with its query")->required();
  verb.add_option("--body", ask->file, "A file with the body, XML or JSON; - is the standard input");
}

}  // namespace

void add_device_verbs(Program& program) {
  auto& device = program.noun("device", "The devices: add, find, change, explain, import and export them");
  add_add(program, device);
  add_list(program, device);
  add_show(program, device);
  add_edit(program, device);
  add_changes(program, device);
  add_bulk_verbs(program, device);
  add_explain(program, device);
  add_history(program, device);
  add_ptz(program, device);
  add_isapi(program, device);
  add_import_verbs(program, device);
}

}  // namespace camfleet::cli
