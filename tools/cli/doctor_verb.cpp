// camfleet doctor: what the machine allows, and how a gateway on it does.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <fstream>

#include "cli/doctor/check.h"
#include "cli/program.h"
#include "cli/prompt.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

using doctor::Check;
using doctor::Grade;

struct Wish {
  std::size_t devices = 0;
  std::string config;
  std::string http, rtsp, tls_cert, tls_key;
  bool strict = false;
  doctor::SdkWish sdk;
  std::string password_file;
};

// The gateway by its API; where somebody said where it is, it has to be there.
std::vector<Check> gateway(Context& context, const std::string& url, bool named) {
  const auto caller = context.caller();
  if (!caller) return {{"gateway", Grade::fail, "is not asked: see above", ""}};
  (*caller)->set_timeout(std::chrono::seconds{context.common.timeout_s > 0 ? context.common.timeout_s : 5});
  const auto ready = (*caller)->call({.target = "/readyz"});
  if (!ready) {
    const auto why = fmt::format("{}: {}", url, name(ready.error().code));
    if (named)
      return {{"gateway", Grade::fail, why, std::string{info(ready.error().code).en} + " Is it running?"}};
    return {{"gateway", Grade::ok, why + ": none is running here, or --url says where", ""}};
  }
  std::vector<Check> out;
  boost::system::error_code error;
  const auto told = json::parse(ready->body, error);
  Check up{"gateway", ready->ok() ? Grade::ok : Grade::fail, fmt::format("{} answers", url), ""};
  if (!ready->ok()) {
    up.found += fmt::format(" {}: {}", ready->status, text_of(told, "title"));
    up.advice = "it is starting, stopping or cannot work: see its log";
  }
  out.push_back(up);
  const auto fleet = (*caller)->call({.target = "/api/v1/fleet"});
  if (!fleet || !fleet->ok()) {
    const auto status =
        fleet ? fmt::format("it answers {}", fleet->status) : std::string{name(fleet.error().code)};
    out.push_back(
        {"fleet", Grade::warn, status, "a token tells more: --token-file, CAMFLEET_TOKEN or --data"});
    return out;
  }
  const auto counts = json::parse(fleet->body, error);
  const auto* states = member_of(counts, "states");
  if (error || states == nullptr) return out;
  Check check{"fleet", Grade::ok,
              fmt::format("{} devices, {} online", text_of(counts, "total"), text_of(*states, "online")), ""};
  for (const auto* state : {"rejected", "locked", "backoff", "degraded"})
    if (const auto count = text_of(*states, state); count != "0" && !count.empty()) {
      check.grade = Grade::warn;
      check.found += fmt::format(", {} {}", count, state);
      check.advice = "camfleet fleet tells the reasons, camfleet device explain ID tells of one";
    }
  out.push_back(check);
  return out;
}

std::vector<Check> sdk(const Wish& wish) {
  Secret password;
  if (!wish.sdk.address.empty()) {
    if (!wish.password_file.empty()) {
      std::string line;
      std::ifstream file{wish.password_file};
      if (!std::getline(file, line))
        return {{"sdk login", Grade::fail, wish.password_file + ": not readable", ""}};
      password = Secret{std::move(line)};
    } else {
      auto asked = ask_password("Password of " + wish.sdk.address + ": ");
      if (!asked) return {{"sdk login", Grade::fail, asked.error().place, "--password-file FILE"}};
      password = std::move(*asked);
    }
  }
  return doctor::sdk(wish.sdk, password);
}

std::vector<Check> examine(Context& context, const Wish& wish, const Program& program) {
  const auto machine = doctor::this_machine();
  std::vector<Check> checks;
  Program::Settings settings;
  if (program.settings) {
    if (auto read = program.settings(wish.config))
      settings = std::move(*read);
    else
      checks.push_back({"settings", Grade::fail, read.error().place, "serve refuses to start with these"});
  }
  if (context.common.given.data.empty()) context.common.given.data = settings.data;
  const auto defaults = default_data_directories(context.environment);
  const auto data = data_directory(context.common.given, context.environment, defaults);
  const auto first_of = [](std::initializer_list<std::string> texts) {
    for (const auto& text : texts)
      if (!text.empty()) return text;
    return std::string{};
  };
  const doctor::Plan plan{.devices = wish.devices,
                          .data = data ? data->path : defaults.front(),
                          .http = first_of({wish.http, settings.http, "127.0.0.1:8080"}),
                          .rtsp = first_of({wish.rtsp, settings.rtsp, "127.0.0.1:8554"}),
                          .tls_cert = first_of({wish.tls_cert, settings.tls_cert}),
                          .tls_key = first_of({wish.tls_key, settings.tls_key}),
                          .known_schema = program.known_schema};
  checks.push_back(doctor::descriptors(machine, plan));
  checks.push_back(doctor::memory(machine, plan));
  checks.push_back(doctor::port(machine, "http port", plan.http));
  checks.push_back(doctor::port(machine, "rtsp port", plan.rtsp));
  checks.push_back(doctor::port_range(machine, plan));
  checks.push_back(doctor::kernel(machine));
  checks.push_back(doctor::clock(machine));
  std::ranges::move(doctor::data_directory(machine, plan), std::back_inserter(checks));
  checks.push_back(doctor::disk_space(plan));
  checks.push_back(doctor::file_system(plan));
  checks.push_back(doctor::disk_speed(plan));
  checks.push_back(doctor::schema(plan));
  checks.push_back(doctor::event_ledger(plan));
  if (!plan.tls_cert.empty()) checks.push_back(doctor::certificate(machine, plan));
  checks.push_back(doctor::libraries());

  if (!wish.sdk.directory.empty()) std::ranges::move(sdk(wish), std::back_inserter(checks));

  const bool named = !context.common.given.url.empty() || !context.environment("CAMFLEET_URL").empty();
  const auto url = gateway_url(context.common.given, context.environment);
  std::ranges::move(gateway(context, url ? url->text() : "", named), std::back_inserter(checks));
  return checks;
}

void print(const Context& context, const std::vector<Check>& checks) {
  std::size_t wide = 0;
  for (const auto& check : checks) wide = std::max(wide, check.name.size());
  for (const auto& check : checks) {
    if (context.common.quiet && check.grade == Grade::ok) continue;
    const auto tone = check.grade == Grade::ok     ? Tone::good
                      : check.grade == Grade::warn ? Tone::warn
                                                   : Tone::bad;
    context.out.write(context.out.paint(fmt::format("{:<5}", doctor::to_text(check.grade)), tone) +
                      fmt::format(" {:<{}}  {}\n", check.name, wide, for_terminal(check.found)));
    if (!check.advice.empty())
      context.out.write(fmt::format("      {:<{}}  > {}\n", "", wide, for_terminal(check.advice)));
  }
}

}  // namespace

void add_doctor_verb(Program& program) {
  auto wish = std::make_shared<Wish>();
  auto& verb = program.verb(
      program.app(), "doctor",
      "Look at this machine and at the gateway on it: what fits, what is amiss, what to do",
      {"camfleet doctor", "camfleet doctor --devices 10000 --config /etc/camfleet/camfleet.yaml",
       "camfleet doctor --json"},
      [wish, &program](Context& context) {
        const auto checks = examine(context, *wish, program);
        const auto count = [&](Grade grade) { return std::ranges::count(checks, grade, &Check::grade); };
        if (context.common.json) {
          json::array items;
          for (const auto& check : checks)
            items.push_back(json::object{{"name", check.name},
                                         {"grade", doctor::to_text(check.grade)},
                                         {"found", check.found},
                                         {"advice", check.advice}});
          context.out.json(json::serialize(json::object{{"items", items},
                                                        {"ok", count(Grade::ok)},
                                                        {"warn", count(Grade::warn)},
                                                        {"fail", count(Grade::fail)}}));
        } else {
          print(context, checks);
          context.out.note(fmt::format("{} ok, {} to look at, {} to mend", count(Grade::ok),
                                       count(Grade::warn), count(Grade::fail)));
        }
        const bool unwell = count(Grade::fail) > 0 || (wish->strict && count(Grade::warn) > 0);
        return unwell ? Exit::unwell : Exit::ok;
      });
  verb.add_option("--devices", wish->devices, "How many devices are planned");
  verb.add_option("--http", wish->http,
                  "HOST:PORT that serve is to listen on; else CAMFLEET_HTTP, else 127.0.0.1:8080");
  verb.add_option("--rtsp", wish->rtsp, "HOST:PORT for RTSP; else CAMFLEET_RTSP, else 127.0.0.1:8554");
  verb.add_option("--tls-cert", wish->tls_cert, "Certificate of serve; else CAMFLEET_TLS_CERT");
  verb.add_option("--tls-key", wish->tls_key, "Its key; else CAMFLEET_TLS_KEY");
  const auto group = "The vendor's library, of devices with the driver hcnetsdk";
  verb.add_option("--hcnetsdk-dir", wish->sdk.directory,
                  "Load libhcnetsdk.so of this directory and tell what it is")
      ->group(group);
  verb.add_option("--try", wish->sdk.address, "Log in to the device at this address, once")->group(group);
  verb.add_option("--port", wish->sdk.port, "Its port; else 8000, with --isapi 80 or 443")->group(group);
  verb.add_option("--username", wish->sdk.user, "As whom (admin)")->group(group);
  verb.add_option("--password-file", wish->password_file,
                  "Password: the first line of a file; else it is asked for")
      ->group(group);
  verb.add_flag("--isapi", wish->sdk.isapi, "By ISAPI and not by the vendor's own protocol")->group(group);
  verb.add_flag("--tls", wish->sdk.tls, "Over TLS")->group(group);
  verb.add_flag("--strict", wish->strict, "End with 6 for a warning too");
}

}  // namespace camfleet::cli
