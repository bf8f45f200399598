// camfleet device enable, disable, credentials: many devices by one call, seen first.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/device_fields.h"
#include "cli/program.h"
#include "cli/selection.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

struct Bulk {
  Selection selection;
  bool all = false;
  bool dry_run = false;
  bool all_or_nothing = false;

  void declare(CLI::App& verb) {
    selection.declare_ids(verb);
    selection.declare_filters(verb);
    verb.add_flag("--all", all, "The whole fleet");
    verb.add_flag("--dry-run", dry_run, "Show which devices would change, and change none");
    verb.add_flag("--all-or-nothing", all_or_nothing, "Where one cannot be changed, change none");
  }
};

// {"where":{...}} or {"all":true}; usage where neither was said, or both.
Outcome<json::object> whom(const Context& context, const Bulk& bulk) {
  json::object where;
  const auto add = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) where[name] = json::array(values.begin(), values.end());
  };
  const auto& selection = bulk.selection;
  add("ids", selection.ids);
  add("state", selection.states);
  add("tag", selection.tags);
  add("driver", selection.drivers);
  add("reason", selection.reasons);
  if (!selection.text.empty()) where["text"] = selection.text;
  if (where.empty() && !bulk.all)
    return ended(context.usage("which devices? Name them, or say --state, --tag, --search or --all"));
  if (!where.empty() && bulk.all) return ended(context.usage("--all stands beside a choice of devices"));
  json::object body;
  if (bulk.all)
    body["all"] = true;
  else
    body["where"] = std::move(where);
  if (bulk.all_or_nothing) body["atomicity"] = "all";
  return body;
}

std::string counts_of(const json::value& report) {
  return fmt::format("{} devices: {} changed, {} unchanged, {} failed", text_of(report, "total"),
                     text_of(report, "changed"), text_of(report, "unchanged"), text_of(report, "failed"));
}

void print_report(const Context& context, const json::value& report) {
  const auto* items = member_of(report, "items");
  if (items == nullptr || !items->is_array()) return;
  Table table{{{"ID", false, true}, {"OUTCOME"}, {"WHY NOT", false, true}}};
  for (const auto& item : items->get_array()) {
    const auto effect = text_of(item, "effect");
    if (!effect.empty()) {
      table.add({{text_of(item, "id")}, {effect, effect == "none" ? Tone::dim : Tone::good}});
      continue;
    }
    const auto detail = text_of(item, "detail");
    table.add({{text_of(item, "id")},
               {"failed", Tone::bad},
               {text_of(item, "code") + ": " + text_of(item, "title") +
                (detail.empty() ? "" : " (" + detail + ')')}});
  }
  if (!table.empty()) context.out.table(table);
}

// Asks first what would happen, where more than one device is meant; then does it.
Exit run_bulk(Context& context, const Bulk& bulk, const std::string& target, json::object body,
              const std::string& question) {
  const auto ask = [&](bool dry_run) {
    body["dry_run"] = dry_run;
    Caller::Request request{.method = "POST", .target = target, .body = json::serialize(body)};
    auto answer = context.call(request);
    wipe(request.body);
    return answer;
  };
  const bool one = bulk.selection.ids.size() == 1 && !bulk.selection.has_filter();
  boost::system::error_code error;
  if (!bulk.dry_run && !one && !context.common.yes) {
    const auto preview = ask(true);
    if (!preview) return preview.error();
    const auto report = json::parse(preview->body, error);
    if (text_of(report, "changed") != "0" && text_of(report, "total") != "1") {
      const auto sure = context.confirm(fmt::format("{}: {}. Go on?", question, counts_of(report)));
      if (!sure) return sure.error();
    }
  }
  const auto answer = ask(bulk.dry_run);
  if (!answer) return answer.error();
  const auto report = json::parse(answer->body, error);
  if (error || member_of(report, "items") == nullptr) {
    context.out.complain("the answer is no report: is this a camfleet gateway?");
    return Exit::unreachable;
  }
  if (context.common.json) {
    context.out.json(answer->body);
  } else if (!context.common.quiet) {
    print_report(context, report);
    context.out.line(counts_of(report) + (bulk.dry_run ? " (dry run: nothing was done)" : ""));
  }
  const auto failed = text_of(report, "failed");
  if (failed == "0") return Exit::ok;
  return failed == text_of(report, "total") ? Exit::refused : Exit::partly;
}

void add_switch(Program& program, CLI::App& device, bool on) {
  auto bulk = std::make_shared<Bulk>();
  const std::string name = on ? "enable" : "disable";
  auto& verb = program.verb(
      device, name, on ? "Connect to devices again" : "End the sessions of devices and keep away from them",
      {"camfleet device " + name + " gate-7", "camfleet device " + name + " --tag 'building site' --dry-run"},
      [bulk, on, name](Context& context) {
        auto body = whom(context, *bulk);
        if (!body) return body.error();
        (*body)["patch"] = json::object{{"enabled", on}};
        return run_bulk(context, *bulk, "/api/v1/devices/bulk", std::move(*body), name);
      });
  bulk->declare(verb);
}

void add_credentials(Program& program, CLI::App& device) {
  struct Wish {
    Bulk bulk;
    std::string username;
    PasswordOptions password;
  };
  auto wish = std::make_shared<Wish>();
  auto& verb = program.verb(
      device, "credentials", "Another user name or password for many devices; shown first, each tried once",
      {"camfleet device credentials --tag north --ask-password",
       "camfleet device credentials --state rejected --username admin --password-file new.txt --dry-run"},
      [wish](Context& context) {
        auto body = whom(context, wish->bulk);
        if (!body) return body.error();
        const auto secret = wish->password.find(context);
        if (!secret) return secret.error();
        if (!*secret && wish->username.empty())
          return context.usage(
              "which credentials? --username, --ask-password, --password-file or --password-stdin");
        if (!wish->username.empty()) (*body)["username"] = wish->username;
        if (*secret) (*body)["password"] = std::string_view{(*secret)->reveal()};
        if (wish->password.from_stdin && !context.common.yes && !wish->bulk.dry_run)
          return context.usage(
              "--password-stdin leaves nobody to be asked: say --yes, after a look with --dry-run");
        return run_bulk(context, wish->bulk, "/api/v1/devices/credentials", std::move(*body),
                        "change the credentials");
      });
  wish->bulk.declare(verb);
  verb.add_option("--username", wish->username, "User name at the devices");
  wish->password.declare(verb);
}

}  // namespace

void add_bulk_verbs(Program& program, CLI::App& device) {
  add_switch(program, device, true);
  add_switch(program, device, false);
  add_credentials(program, device);
}

}  // namespace camfleet::cli
