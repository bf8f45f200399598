#include "sdkhost/check.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "sdkhost/library.h"

namespace camfleet::sdkhost {
namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + '"';
}

std::string_view code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::unreadable:
      return "sdk.unreadable";
    case Outcome::incompatible:
      return "sdk.incompatible";
    default:
      return "sdk.init_failed";
  }
}

int failed(std::FILE* out, const Library::Failure& why) {
  auto text = why.text;
  if (why.error != 0) text += ": error " + std::to_string(why.error);
  std::fprintf(out, "{\"code\":%s,\"detail\":%s}\n", json_text(code_of(why.outcome)).c_str(),
               json_text(text).c_str());
  return 1;
}

}  // namespace

int check(int count, char** arguments) {
  // What the library prints must not stand among what we print.
  std::FILE* out = ::fdopen(::dup(STDOUT_FILENO), "w");
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  std::string_view address, user = "admin";
  int port = 0;
  bool isapi = false, tls = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const bool more = i + 1 < count;
    if (name == "--try" && more)
      address = arguments[++i];
    else if (name == "--port" && more)
      port = std::atoi(arguments[++i]);
    else if (name == "--user" && more)
      user = arguments[++i];
    else if (name == "--isapi")
      isapi = true;
    else if (name == "--tls")
      tls = true;
  }
  auto library = Library::load(arguments[0]);
  if (!library) return failed(out, library.error());
  Init init;
  init.directory = arguments[0];
  init.logins = 10'240;
  const auto started = library->start(init);
  if (!started) return failed(out, started.error());
  std::fprintf(out,
               "{\"code\":\"ok\",\"version\":\"0x%08x\",\"build\":\"0x%08x\",\"logins\":%u,\"live_views\":%u,"
               "\"alarm_channels\":%u,\"missing\":%s",
               started->version, started->build, started->logins, started->streams, started->alarms,
               json_text(started->missing).c_str());
  int result = 0;
  if (!address.empty()) {
    std::string password;
    std::getline(std::cin, password);
    abi::LoginInfo login{};
    abi::DeviceInfoV40 device{};
    std::snprintf(login.address, sizeof login.address, "%.*s", static_cast<int>(address.size()),
                  address.data());
    std::snprintf(login.username, sizeof login.username, "%.*s", static_cast<int>(user.size()), user.data());
    std::snprintf(login.password, sizeof login.password, "%s", password.c_str());
    camfleet::wipe(password);
    login.login_mode = isapi ? abi::login_isapi : abi::login_private;
    login.tls = tls ? abi::tls_on : abi::tls_off;
    login.port = static_cast<std::uint16_t>(port != 0 ? port : isapi ? (tls ? 443 : 80) : 8000);
    const auto id = library->call.NET_DVR_Login_V40(&login, &device);
    const auto error = id < 0 ? library->error() : 0;
    ::explicit_bzero(login.password, sizeof login.password);
    const auto* serial = reinterpret_cast<const char*>(device.basic.serial);
    std::fprintf(
        out,
        ",\"login\":{\"ok\":%s,\"error\":%u,\"text\":%s,\"serial\":%s,\"channels\":%u,\"ip_channels\":%u",
        id < 0 ? "false" : "true", error, json_text(id < 0 ? library->text_of(error) : "").c_str(),
        json_text({serial, ::strnlen(serial, sizeof device.basic.serial)}).c_str(),
        device.basic.analog_channels, device.basic.ip_channels_low + 256U * device.basic.ip_channels_high);
    if (device.lock_known != 0)
      std::fprintf(out, ",\"attempts_left\":%u,\"locked_s\":%u", device.attempts_left, device.locked_seconds);
    std::fprintf(out, "}");
    if (id >= 0)
      library->call.NET_DVR_Logout(id);
    else
      result = 1;
  }
  std::fprintf(out, "}\n");
  std::fflush(out);
  ::_exit(result);
}

}  // namespace camfleet::sdkhost
