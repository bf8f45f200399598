#include "cli/context.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/prompt.h"
#include "proto/http/target.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kMostItems = 1'000'000;

bool of_tls(Code code) { return name(code).starts_with("tls."); }

}  // namespace

Outcome<Caller*> Context::caller() {
  if (caller_) return caller_.get();
  const auto url = gateway_url(common.given, environment);
  if (!url) return ended(usage(url.error().place));
  auto token = find_token(common.given, environment, *url, default_data_directories(environment));
  if (!token) {
    out.complain(token.error().place);
    return ended(Exit::not_authorised);
  }
  if (!url->secure() && !is_loopback(url->host) && !token->empty())
    out.note("warning: the token crosses the network in plain text; use https://");
  caller_ = std::make_unique<Caller>(Caller::Options{
      .gateway = *url,
      .token = std::move(*token),
      .language = language(common.lang, environment),
      .timeout = common.timeout_s > 0 ? std::chrono::seconds{common.timeout_s} : patience_,
      .ca_file = common.ca,
      .insecure_tls = common.insecure_tls,
  });
  return caller_.get();
}

Outcome<net::HttpResponse> Context::call(const Caller::Request& request) {
  const auto gateway = caller();
  if (!gateway) return ended(gateway.error());
  auto answer = (*gateway)->call(request);
  if (!answer) return ended(unreachable(answer.error()));
  if (!answer->ok()) return ended(refused(*answer));
  return std::move(*answer);
}

Outcome<json::value> Context::ask(const Caller::Request& request) {
  const auto answer = call(request);
  if (!answer) return ended(answer.error());
  boost::system::error_code error;
  auto value = json::parse(answer->body, error);
  if (error) {
    out.complain("the answer is not JSON: is this a camfleet gateway?");
    return ended(Exit::unreachable);
  }
  return value;
}

Outcome<std::vector<json::value>> Context::all(const std::string& path, const std::string& query,
                                               bool paged) {
  std::vector<json::value> items;
  std::string cursor;
  for (;;) {
    std::string asked = paged ? "limit=1000" : "";
    if (!query.empty()) asked += (asked.empty() ? "" : "&") + query;
    if (!cursor.empty()) asked += (asked.empty() ? "cursor=" : "&cursor=") + http::percent_encode(cursor);
    const auto target = asked.empty() ? path : path + '?' + asked;
    auto page = get(target);
    if (!page) return ended(page.error());
    const auto* list = member_of(*page, "items");
    if (list == nullptr || !list->is_array()) {
      out.complain("the answer is no list: is this a camfleet gateway?");
      return ended(Exit::unreachable);
    }
    for (const auto& item : list->get_array()) items.push_back(item);
    auto next = text_of(*page, "next");
    if (next.empty()) return items;
    // A cursor that does not move would never end.
    if (next == cursor || items.size() > kMostItems) {
      out.complain("the list does not end");
      return ended(Exit::refused);
    }
    cursor = std::move(next);
  }
}

Exit Context::done(const net::HttpResponse& answer, const std::string& said) {
  if (common.json) {
    if (!answer.body.empty()) out.json(answer.body);
  } else {
    out.note(said);
  }
  return Exit::ok;
}

void Context::print_items(const std::vector<json::value>& items) const {
  std::string text = "{\"items\":[";
  for (const auto& item : items) {
    if (&item != &items.front()) text += ',';
    text += json::serialize(item);
  }
  out.json(text + "]}");
}

Exit Context::refused(const net::HttpResponse& answer) const {
  const auto exit = answer.status == 401 || answer.status == 403 || answer.status == 429
                        ? Exit::not_authorised
                        : Exit::refused;
  boost::system::error_code error;
  const auto problem = json::parse(answer.body, error);
  const bool ours = !error && problem.is_object() && problem.get_object().contains("code");
  if (ours && common.json) {
    // Beside the output, which stays one document of what was asked for.
    out.complain_json(json::serialize(problem));
    return exit;
  }
  if (!ours) {
    out.complain(
        fmt::format("the gateway answers {} without a reason: is this a camfleet gateway?", answer.status));
    return exit;
  }
  const auto code = text_of(problem, "code");
  auto text = fmt::format("{}: {}", code, text_of(problem, "title"));
  if (const auto detail = text_of(problem, "detail"); !detail.empty()) text += " (" + detail + ')';
  if (const auto trace = text_of(problem, "trace_id"); !trace.empty()) text += " [trace " + trace + ']';
  out.complain(text);
  if (code == "auth.missing" && caller_ && caller_->options().token.empty())
    out.note("  a token is taken from --token-file, CAMFLEET_TOKEN or DATA/admin.token (--data DIR)");
  // From outside of the allowed networks is not a matter of the token.
  return code.starts_with("net.") ? Exit::refused : exit;
}

Exit Context::unreachable(const Error& error) const {
  const auto gateway = caller_ ? caller_->options().gateway.text() : std::string{"the gateway"};
  if (common.json) {
    out.complain_json(json::serialize(json::object{{"code", name(error.code)},
                                                   {"title", info(error.code).en},
                                                   {"detail", error.place},
                                                   {"gateway", gateway}}));
    return Exit::unreachable;
  }
  out.complain(fmt::format("{}: {}: {}", gateway, name(error.code), info(error.code).en) +
               (error.place.empty() ? "" : " (" + error.place + ')'));
  if (error.code == Code::net_refused)
    out.note("  is `camfleet serve` running there? --url or CAMFLEET_URL says where it is");
  else if (of_tls(error.code))
    out.note("  --ca FILE trusts a certificate of your own; --insecure-tls takes any");
  return Exit::unreachable;
}

Exit Context::usage(std::string_view text) const {
  out.complain(text);
  return Exit::usage;
}

Outcome<> Context::confirm(const std::string& question) const {
  if (common.yes) return {};
  if (!somebody_there()) {
    out.complain(question + " Nobody can be asked here: say --yes.");
    return ended(Exit::usage);
  }
  if (ask_yes(question)) return {};
  out.note("nothing was changed");
  return ended(Exit::usage);
}

const json::value* member_of(const json::value& object, std::string_view member) {
  return object.is_object() ? object.get_object().if_contains(member) : nullptr;
}

std::string text_of(const json::value& object, std::string_view member) {
  const auto* value = member_of(object, member);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string{std::string_view{value->get_string()}};
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  if (value->is_double()) return fmt::format("{:g}", value->get_double());
  if (value->is_array()) {
    std::string list;
    for (const auto& item : value->get_array()) {
      if (!list.empty()) list += ", ";
      list += item.is_string() ? std::string{std::string_view{item.get_string()}} : json::serialize(item);
    }
    return list;
  }
  return json::serialize(*value);
}

std::string segment(const std::string& id) { return http::percent_encode(id); }

}  // namespace camfleet::cli
