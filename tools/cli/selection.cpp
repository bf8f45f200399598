#include "cli/selection.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "proto/http/target.h"

namespace camfleet::cli {

void Selection::declare_filters(CLI::App& verb) {
  const auto group = "Which devices";
  verb.add_option("--state", states, "In this state (repeatable): online, rejected, ...")
      ->allow_extra_args(false)
      ->group(group);
  verb.add_option("--tag", tags, "With this tag (repeatable)")->allow_extra_args(false)->group(group);
  verb.add_option("--driver", drivers, "Of this driver (repeatable)")->allow_extra_args(false)->group(group);
  verb.add_option("--reason", reasons, "For this reason (repeatable): device.bad_credentials, ...")
      ->allow_extra_args(false)
      ->group(group);
  verb.add_option("--search", text, "With this text in id, name, address, tags, model or serial")
      ->group(group);
}

void Selection::declare_ids(CLI::App& verb) { verb.add_option("device", ids, "Ids of devices"); }

bool Selection::has_filter() const {
  return !states.empty() || !tags.empty() || !drivers.empty() || !reasons.empty() || !text.empty();
}

std::string Selection::query() const {
  std::string out;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!out.empty()) out += '&';
    out += std::string{name} + '=' + http::percent_encode(value);
  };
  for (const auto& value : states) add("state", value);
  for (const auto& value : tags) add("tag", value);
  for (const auto& value : drivers) add("driver", value);
  for (const auto& value : reasons) add("reason", value);
  if (!text.empty()) add("q", text);
  return out;
}

Outcome<std::vector<std::string>> chosen(Context& context, const Selection& selection) {
  if (!selection.has_filter()) {
    if (selection.ids.empty())
      return ended(context.usage("which devices? Name them, or say --state, --tag or --search"));
    return selection.ids;
  }
  if (!selection.ids.empty()) return ended(context.usage("either ids or a filter, not both"));
  const auto items = context.all("/api/v1/devices", selection.query() + "&fields=id");
  if (!items) return ended(items.error());
  std::vector<std::string> ids;
  for (const auto& item : *items) ids.push_back(text_of(item, "id"));
  return ids;
}

Exit for_each_device(Context& context, const std::vector<std::string>& ids, const Each& each) {
  std::size_t done = 0;
  auto worst = Exit::ok;
  std::vector<json::value> answers;
  for (const auto& id : ids) {
    const auto answer = each.act(context, id);
    if (!answer) {
      worst = answer.error();
      context.out.note("  " + id + ": not " + each.past);
      // Nobody there, or not for us: the next one would hear the same.
      if (worst == Exit::unreachable || worst == Exit::not_authorised) break;
      continue;
    }
    ++done;
    if (!context.common.json) continue;
    boost::system::error_code error;
    auto value =
        answer->body.empty() ? json::value{json::object{{"id", id}}} : json::parse(answer->body, error);
    answers.push_back(error ? json::value{json::object{{"id", id}}} : std::move(value));
  }
  if (context.common.json) {
    if (ids.size() == 1 && answers.size() == 1)
      context.out.json(json::serialize(answers.front()));
    else
      context.print_items(answers);
  } else {
    context.out.note(ids.size() == 1 && done == 1
                         ? fmt::format("{}: {}", ids.front(), each.past)
                         : fmt::format("{} of {} devices {}", done, ids.size(), each.past));
  }
  if (worst == Exit::ok || done == 0) return worst;
  return Exit::partly;
}

}  // namespace camfleet::cli
