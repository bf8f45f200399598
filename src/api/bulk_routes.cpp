// Changes of many devices at once: another password for all of a site, a tag, off for the night.
#include <algorithm>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/device_patch.h"
#include "api/problem.h"
#include "api/selection.h"
#include "base/text.h"
#include "net/within.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

struct Wish {
  Selection selection;
  fleet::DevicePatch patch;
  bool dry_run = false;
  fleet::Atomicity atomicity = fleet::Atomicity::each;
};

Result<bool> flag(const json::object& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) return fail(Code::api_bad_request, std::string{name} + ": wants true or false");
  return value->get_bool();
}

// What both routes have; `own` names the members that only one of them has.
Result<Wish> wish_of(const json::object& body, std::initializer_list<std::string_view> own) {
  for (const auto& member : body) {
    const std::string_view name = member.key();
    const auto is = [&](std::string_view known) { return name == known; };
    if (!is("where") && !is("all") && !is("dry_run") && !is("atomicity") && std::ranges::none_of(own, is))
      return fail(Code::api_bad_request, clean_utf8(name.substr(0, 64)) + ": there is no such member");
  }
  auto selection = Selection::from(body);
  if (!selection) return fail(selection.error());
  const auto dry_run = flag(body, "dry_run");
  if (!dry_run) return fail(dry_run.error());
  Wish wish;
  wish.selection = std::move(*selection);
  wish.dry_run = *dry_run;
  if (const auto* value = body.if_contains("atomicity")) {
    const auto* text = value->if_string();
    if (text == nullptr || (*text != "each" && *text != "all"))
      return fail(Code::api_bad_request, "atomicity: wants each or all");
    if (*text == "all") wish.atomicity = fleet::Atomicity::all;
  }
  return wish;
}

json::object item_of(const model::DeviceId& id, const fleet::ChangeResult& result, Language language) {
  json::object out{{"id", id.str()}};
  if (result) {
    out["effect"] = to_text(result->effect);
    out["revision"] = result->device->revision;
    out["state"] = to_text(result->device->state);
  } else {
    out["status"] = info(result.error().code).http_status;
    out["code"] = name(result.error().code);
    out["title"] = sentence(result.error().code, language);
    out["detail"] = clean_utf8(result.error().place);
  }
  return out;
}

// Of 20,000 devices a report is some 50 ms of work: the loop gets a word in between.
constexpr std::size_t kSlice = 256;
bool ends_slice(std::size_t index) { return index % kSlice == kSlice - 1; }

struct Report {
  std::string members;  // of a JSON object, without its braces
  std::size_t failed = 0;
};

// Made as a text item by item: neither a tree of all items nor the time to write it down, or to let go of
// them, at once.
net::Task<Report> report(const Wish& wish, const std::vector<model::DeviceId>& ids,
                         std::vector<fleet::ChangeResult> results, Language language) {
  Report out;
  std::size_t changed = 0;
  for (const auto& result : results) {
    changed += result && result->effect != fleet::Effect::none;
    out.failed += !result;
  }
  out.members = json::serialize(json::object{{"dry_run", wish.dry_run},
                                             {"total", ids.size()},
                                             {"changed", changed},
                                             {"unchanged", ids.size() - changed - out.failed},
                                             {"failed", out.failed}});
  out.members.front() = ' ';
  out.members.back() = ',';
  out.members += "\"items\":[";
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i > 0) out.members += ',';
    out.members += json::serialize(item_of(ids[i], results[i], language));
    results[i] = fail(Code::ok);
    if (ends_slice(i)) co_await net::sleep_until(SteadyTime{});
  }
  out.members += ']';
  co_return out;
}

net::Task<Result<>> carry_out(Call& call, Wish wish) {
  auto finding = wish.selection.find(call.fleet);
  const auto ids = co_await std::move(finding);
  std::vector<fleet::Change> changes;
  changes.reserve(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    changes.emplace_back(fleet::EditDevice{ids[i], wish.patch.copy(), {}});
    if (ends_slice(i)) co_await net::sleep_until(SteadyTime{});
  }
  std::vector<fleet::ChangeResult> results;
  if (wish.dry_run) {
    auto previewing = call.fleet.preview(std::move(changes), wish.atomicity);
    results = co_await std::move(previewing);
  } else {
    auto applying = call.fleet.apply(std::move(changes), wish.atomicity);
    results = co_await std::move(applying);
  }
  auto reporting = report(wish, ids, std::move(results), call.language);
  auto told = co_await std::move(reporting);
  if (wish.dry_run || wish.atomicity != fleet::Atomicity::all || told.failed == 0) {
    auto text = '{' + std::move(told.members) + '}';
    co_return co_await answer_json(call, 200, std::move(text));
  }
  auto response = problem(Error{Code::fleet_batch_refused}, call.language, call.trace_id);
  response.body.back() = ',';
  response.body += told.members + '}';
  co_return co_await answer(call, std::move(response));
}

Result<json::object> body_of(const Call& call) {
  const auto& request = call.exchange.request();
  if (!istarts_with(request.headers.get("Content-Type"), "application/json"))
    return fail(Code::api_unsupported_type, "wants application/json");
  return object_from(request.body);
}

net::Task<Result<>> credentials(Call& call) {
  auto body = body_of(call);
  if (!body) co_return fail(body.error());
  auto wish = wish_of(*body, {"username", "password"});
  if (!wish) {
    wipe_secrets(*body);
    co_return fail(wish.error());
  }
  json::object said;
  for (const char* name : {"username", "password"})
    if (const auto* value = body->if_contains(name)) said[name] = *value;
  auto patch = patch_from_json(said, "");
  wipe_secrets(said);
  wipe_secrets(*body);
  if (!patch) co_return fail(patch.error());
  if (!patch->username && patch->password.empty() && !patch->no_password)
    co_return fail(Code::api_bad_request, "username, password: one of them at least");
  wish->patch = std::move(*patch);
  auto doing = carry_out(call, std::move(*wish));
  co_return co_await std::move(doing);
}

net::Task<Result<>> bulk(Call& call) {
  auto body = body_of(call);
  if (!body) co_return fail(body.error());
  auto wish = wish_of(*body, {"patch"});
  if (!wish) co_return fail(wish.error());
  auto* given = body->if_contains("patch");
  if (given == nullptr || !given->is_object() || given->get_object().empty())
    co_return fail(Code::api_bad_request, "patch: wants an object of fields");
  for (const char* name : {"id", "name", "address", "url", "username", "password"})
    if (given->get_object().contains(name)) {
      wipe_secrets(given->get_object());
      co_return fail(Code::api_bad_request,
                     std::string{"patch."} + name + ": is not for many devices at once");
    }
  auto patch = patch_from_json(given->get_object(), "");
  if (!patch) co_return fail(patch.error());
  wish->patch = std::move(*patch);
  auto doing = carry_out(call, std::move(*wish));
  co_return co_await std::move(doing);
}

}  // namespace

void Api::add_bulk() {
  router_.add({"POST", "/api/v1/devices/credentials", "changeCredentials", Access::operate,
               [](Call& call) { return credentials(call); }},
              Reach::devices);
  router_.add({"POST", "/api/v1/devices/bulk", "changeDevices", Access::operate,
               [](Call& call) { return bulk(call); }},
              Reach::devices);
}

}  // namespace camfleet::api
