#include "cli/device_fields.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/prompt.h"
#include "proto/url/url.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kPasswordLimit = 512;
constexpr const char* kGroup = "Fields of the device";

bool is_stream_url(std::string_view text) {
  return istarts_with(text, "rtsp://") || istarts_with(text, "rtsps://");
}

}  // namespace

void PasswordOptions::declare(CLI::App& verb) {
  const auto group = "The device's password (never an argument: ps shows those)";
  auto* file_option =
      verb.add_option("--password-file", file, "Read it from the first line of a file")->group(group);
  auto* stdin_option =
      verb.add_flag("--password-stdin", from_stdin, "Read it from the standard input")->group(group);
  auto* ask_option = verb.add_flag("--ask-password", ask,
                                   "Ask for it at the terminal; else CAMFLEET_DEVICE_PASSWORD, if set")
                         ->group(group);
  file_option->excludes(stdin_option)->excludes(ask_option);
  stdin_option->excludes(ask_option);
}

Outcome<std::optional<Secret>> PasswordOptions::find(Context& context) const {
  if (ask) {
    auto first = ask_password("Password of the device: ");
    if (!first) return ended(context.usage(first.error().place));
    auto second = ask_password("Once more: ");
    if (!second) return ended(context.usage(second.error().place));
    if (!first->equals(second->reveal())) return ended(context.usage("the two passwords differ"));
    return std::move(*first);
  }
  if (from_stdin || !file.empty()) {
    auto read = read_secret(from_stdin ? "-" : file, kPasswordLimit);
    if (!read) return ended(context.usage(read.error().place));
    auto line = read->reveal();
    line = line.substr(0, line.find_first_of("\r\n"));
    if (line.empty()) return ended(context.usage("the password is empty"));
    return Secret{std::string{line}};
  }
  auto variable = context.environment("CAMFLEET_DEVICE_PASSWORD");
  if (variable.empty()) return std::optional<Secret>{};
  return Secret{std::move(variable)};
}

void DeviceFields::declare(CLI::App& app) {
  verb = &app;
  const auto text = [&](const char* option, std::string& to, const char* help) {
    app.add_option(option, to, help)->group(kGroup);
  };
  const auto port = [&](const char* option, std::optional<unsigned>& to, const char* help) {
    app.add_option(option, to, help)->check(CLI::Range(1U, 65'535U))->group(kGroup);
  };
  text("--name", name, "What people call it");
  text("--address", address, "Host name or IP address");
  app.add_option("--driver", drivers, "hikvision, hcnetsdk or rtsp (repeatable: tried in this order)")
      ->allow_extra_args(false)
      ->group(kGroup);
  port("--http-port", http_port, "ISAPI (80)");
  port("--https-port", https_port, "ISAPI over TLS (443)");
  port("--rtsp-port", rtsp_port, "RTSP (554)");
  port("--sdk-port", sdk_port, "Vendor SDK (8000)");
  text("--sdk-login", sdk_login, "How the vendor SDK logs in: private, isapi or auto (auto)");
  app.add_flag_callback(
         "--sdk-tls", [this] { sdk_tls = true; },
         "The vendor SDK speaks TLS to its port, or by ISAPI to the HTTPS port")
      ->group(kGroup);
  app.add_flag_callback(
         "--no-sdk-tls", [this] { sdk_tls = false; }, "It does not")
      ->group(kGroup);
  text("--username", username, "User name at the device");
  text("--rtsp-url", rtsp_url,
       "rtsp://... of the driver rtsp, without a password; - reads it from standard input");
  text("--transport", transport, "tcp, udp (with TCP where UDP does not work) or auto (TCP, else UDP)");
  text("--timezone", timezone, "Of the device's clock");
  app.add_option("--tag", tags, "Tag (repeatable)")->allow_extra_args(false)->group(kGroup);
  app.add_flag_callback(
         "--enabled", [this] { enabled = true; }, "Connect to it")
      ->group(kGroup);
  app.add_flag_callback(
         "--disabled", [this] { enabled = false; }, "Do not connect to it")
      ->group(kGroup);
  app.add_flag_callback(
         "--always-on", [this] { always_on = true; }, "Pull its streams without viewers")
      ->group(kGroup);
  app.add_flag_callback(
         "--on-demand", [this] { always_on = false; }, "Pull its streams for viewers only")
      ->group(kGroup);
  password.declare(app);
}

bool DeviceFields::given(const char* option) const { return verb->get_option(option)->count() > 0; }

// `--url rtsp://...` is what a hand types; http is the gateway's, rtsp can only be the camera's.
Outcome<> DeviceFields::take_url(Context& context) {
  auto& gateway = context.common.given.url;
  bool in_arguments = !rtsp_url.empty();
  if (is_stream_url(gateway)) {
    if (!rtsp_url.empty()) return ended(context.usage("--url and --rtsp-url both give the device's address"));
    rtsp_url = std::exchange(gateway, {});
    in_arguments = true;
  }
  if (rtsp_url == "-") {
    in_arguments = false;
    if (password.from_stdin)
      return ended(context.usage("--rtsp-url - and --password-stdin want the same input"));
    auto read = read_secret("-", url::kMaxLength);
    if (!read) return ended(context.usage(read.error().place));
    rtsp_url = std::string{trim(read->reveal())};
  }
  if (rtsp_url.empty()) return {};
  const auto parsed = url::parse(rtsp_url);
  if (!parsed) return ended(context.usage("--rtsp-url: is no address such as rtsp://10.0.0.7:554/path"));
  if (in_arguments && !parsed->password.empty()) {
    wipe(rtsp_url);
    return ended(context.usage(
        "--rtsp-url: holds a password, which every user of this machine can see in ps. Leave it out "
        "and say --username and --ask-password, --password-file or --password-stdin; or give the "
        "whole address by --rtsp-url - on the standard input. Consider this password known."));
  }
  return {};
}

Outcome<json::object> DeviceFields::members(Context& context) {
  if (auto taken = take_url(context); !taken) return ended(taken.error());
  json::object out;
  const auto text = [&](const char* option, const char* member, const std::string& value) {
    if (given(option)) out[member] = value;
  };
  const auto port = [&](const char* member, const std::optional<unsigned>& value) {
    if (value) out[member] = *value;
  };
  const auto list = [&](const char* member, const std::vector<std::string>& values) {
    json::array array;
    for (const auto& value : values)
      if (!value.empty()) array.emplace_back(value);
    out[member] = std::move(array);
  };
  text("--name", "name", name);
  text("--address", "address", address);
  if (given("--driver")) list("drivers", drivers);
  port("http_port", http_port);
  port("https_port", https_port);
  port("rtsp_port", rtsp_port);
  port("sdk_port", sdk_port);
  text("--sdk-login", "sdk_login", sdk_login);
  if (sdk_tls) out["sdk_tls"] = *sdk_tls;
  text("--username", "username", username);
  if (!rtsp_url.empty()) {
    out["url"] = rtsp_url;
    if (!given("--driver") && verb->get_name() == "add") out["drivers"] = json::array{"rtsp"};
  }
  text("--transport", "transport", transport);
  text("--timezone", "timezone", timezone);
  if (given("--tag")) list("tags", tags);
  if (enabled) out["enabled"] = *enabled;
  if (always_on) out["always_on"] = *always_on;
  const auto secret = password.find(context);
  if (!secret) return ended(secret.error());
  if (*secret) out["password"] = std::string_view{(*secret)->reveal()};
  return out;
}

}  // namespace camfleet::cli
