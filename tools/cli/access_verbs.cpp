// camfleet token, whoami, backup: what an administrator does.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>

#include "cli/device_text.h"
#include "cli/duration.h"
#include "cli/program.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

const std::string kTokens = "/api/v1/tokens";

struct NewToken {
  std::string name;
  std::string role = "viewer";
  std::string ttl;
  std::string file;
  std::vector<std::string> tags;
  std::vector<std::string> devices;
};

// Made anew and for its owner alone; an existing file is not written over. The reason where it fails.
std::string keep(const std::string& path, std::string_view token) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return std::strerror(errno);
  const auto text = std::string{token} + '\n';
  const bool whole = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool closed = ::close(file) == 0;
  return whole && closed ? "" : std::strerror(errno);
}

Exit add_token(Context& context, const NewToken& wish) {
  json::object body{{"name", wish.name}, {"role", wish.role}};
  if (!wish.ttl.empty()) {
    const auto ttl = parse_duration(wish.ttl);
    if (!ttl) return context.usage("--ttl: wants a time such as 3600, 12h, 90d");
    body["ttl_s"] = *ttl;
  }
  json::object scope;
  const auto limit = [&](const char* name, const std::vector<std::string>& texts) {
    if (!texts.empty()) scope[name] = json::array(texts.begin(), texts.end());
  };
  limit("tags", wish.tags);
  limit("devices", wish.devices);
  if (!scope.empty()) body["scope"] = std::move(scope);
  if (!wish.file.empty() && ::access(wish.file.c_str(), F_OK) == 0)
    return context.usage(wish.file + ": is there already");
  const auto answer = context.call({.method = "POST", .target = kTokens, .body = json::serialize(body)});
  if (!answer) return answer.error();
  boost::system::error_code error;
  auto made = json::parse(answer->body, error);
  if (error || text_of(made, "token").empty()) {
    context.out.complain("the answer holds no token: is this a camfleet gateway?");
    return Exit::unreachable;
  }
  if (!wish.file.empty()) {
    if (const auto why = keep(wish.file, text_of(made, "token")); !why.empty()) {
      context.out.complain(wish.file + ": " + why + "; the token is lost, remove " + text_of(made, "id"));
      return Exit::refused;
    }
    made.get_object().erase("token");
    if (context.common.json) context.out.json(json::serialize(made));
    context.out.note(fmt::format("token {} is in {}", text_of(made, "id"), wish.file));
    return Exit::ok;
  }
  if (context.common.json) {
    context.out.json(answer->body);
    return Exit::ok;
  }
  context.out.line(for_terminal(text_of(made, "token")));
  context.out.note(fmt::format("this is token {}; it is not shown again", text_of(made, "id")));
  return Exit::ok;
}

// "tag north, gate-7"; "all devices" where it is not limited.
std::string scope_text(const json::value& token) {
  const auto* object = token.if_object();
  const auto* scope = object == nullptr ? nullptr : object->if_contains("scope");
  if (scope == nullptr || !scope->is_object()) return "all devices";
  std::string out;
  const auto add = [&](const char* name, std::string_view before) {
    const auto* list = scope->get_object().if_contains(name);
    if (list == nullptr || !list->is_array()) return;
    for (const auto& one : list->get_array())
      if (one.is_string())
        out +=
            (out.empty() ? "" : ", ") + std::string{before} + std::string{std::string_view{one.get_string()}};
  };
  add("tags", "tag ");
  add("devices", "");
  return out;
}

Exit list_tokens(Context& context) {
  const auto items = context.all(kTokens, {}, false);
  if (!items) return items.error();
  if (context.common.json) {
    context.print_items(*items);
    return Exit::ok;
  }
  Table table{{{"ID"},
               {"NAME", false, true},
               {"ROLE"},
               {"DEVICES", false, true},
               {"MADE"},
               {"EXPIRES"},
               {"LAST USED"}}};
  for (const auto& item : *items) {
    if (context.common.quiet) {
      context.out.line(for_terminal(text_of(item, "id")));
      continue;
    }
    const auto end = text_of(item, "expires_at");
    const auto used = text_of(item, "last_used_at");
    table.add({{text_of(item, "id")},
               {text_of(item, "name")},
               {text_of(item, "role")},
               {scope_text(item)},
               {text_of(item, "created_at")},
               {end.empty() ? "never" : end},
               {used.empty() ? "never" : since_text(used) + " ago"}});
  }
  if (!context.common.quiet) context.out.table(table);
  return Exit::ok;
}

}  // namespace

void add_access_verbs(Program& program) {
  auto& token = program.noun("token", "API tokens: who may use the gateway, and for what");
  auto wish = std::make_shared<NewToken>();
  auto& add = program.verb(token, "add", "Make a token; it is shown once",
                           {"camfleet token add dashboard --role viewer --ttl 90d --file dashboard.token",
                            "camfleet token add night-shift --role operator",
                            "camfleet token add north-site --role operator --tag north"},
                           [wish](Context& context) { return add_token(context, *wish); });
  add.add_option("name", wish->name, "What it is for")->required();
  add.add_option("--role", wish->role, "viewer, operator or admin")->capture_default_str();
  add.add_option("--ttl", wish->ttl, "How long it counts: 3600, 12h, 90d; for ever where left out");
  add.add_option("--tag", wish->tags, "Only for devices with this tag (repeatable: with any of them)")
      ->allow_extra_args(false);
  add.add_option("--device", wish->devices, "And for this device (repeatable)")->allow_extra_args(false);
  add.add_option("--file", wish->file, "Write it into this new file (mode 0600) instead of showing it");

  program.verb(token, "list", "The tokens, without their secret part", {"camfleet token list"}, list_tokens);

  auto id = std::make_shared<std::string>();
  auto& remove = program.verb(
      token, "remove", "Make a token worthless at once", {"camfleet token remove 1f2e3d4c"},
      [id](Context& context) {
        if (const auto sure = context.confirm("remove token " + *id + '?'); !sure) return sure.error();
        const auto gone = context.call({.method = "DELETE", .target = kTokens + '/' + segment(*id)});
        if (!gone) return gone.error();
        return context.done(*gone, "token " + *id + ": removed");
      });
  remove.add_option("id", *id, "Its id, of token list")->required();

  program.verb(
      program.app(), "whoami", "What the token in use may do", {"camfleet whoami"}, [](Context& context) {
        const auto answer = context.call({.target = "/api/v1/whoami"});
        if (!answer) return answer.error();
        if (context.common.json) {
          context.out.json(answer->body);
          return Exit::ok;
        }
        boost::system::error_code error;
        const auto who = json::parse(answer->body, error);
        const auto name = text_of(who, "name");
        context.out.line(for_terminal(text_of(who, "role") + (name.empty() ? "" : " (" + name + ')') + ": " +
                                      scope_text(who)));
        return Exit::ok;
      });

  program.verb(
      program.app(), "backup", "Make a copy of the registry in the gateway's data directory, while it runs",
      {"camfleet backup"}, [](Context& context) {
        context.be_patient(std::chrono::minutes{10});
        const auto answer = context.call({.method = "POST", .target = "/api/v1/backup"});
        if (!answer) return answer.error();
        if (context.common.json) {
          context.out.json(answer->body);
          return Exit::ok;
        }
        boost::system::error_code error;
        const auto made = json::parse(answer->body, error);
        context.out.line(for_terminal(text_of(made, "path")));
        context.out.note("copy it to another machine; secret.key is not in it: keep that once, elsewhere");
        return Exit::ok;
      });
}

}  // namespace camfleet::cli
