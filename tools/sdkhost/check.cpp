#include "sdkhost/check.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "sdkhost/leave.h"
#include "sdkhost/library.h"
#include "sdkhost/rounds.h"

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

struct Wish {
  std::string_view address, user = "admin";
  int port = 0;
  bool isapi = false, tls = false;
  Rounds rounds;
};

Wish wish_of(int count, char** arguments) {
  Wish out;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    const bool more = i + 1 < count;
    if (name == "--try" && more)
      out.address = arguments[++i];
    else if (name == "--port" && more)
      out.port = std::atoi(arguments[++i]);
    else if (name == "--user" && more)
      out.user = arguments[++i];
    else if (name == "--times" && more)
      out.rounds.times = static_cast<unsigned>(std::max(0, std::atoi(arguments[++i])));
    else if (name == "--isapi")
      out.isapi = true;
    else if (name == "--tls")
      out.tls = true;
    else if (name == "--live")
      out.rounds.live = true;
    else if (name == "--alarms")
      out.rounds.alarms = true;
  }
  return out;
}

// The password is the next line of the input.
abi::LoginInfo login_of(const Wish& wish) {
  std::string password;
  std::getline(std::cin, password);
  abi::LoginInfo login{};
  std::snprintf(login.address, sizeof login.address, "%.*s", static_cast<int>(wish.address.size()),
                wish.address.data());
  std::snprintf(login.username, sizeof login.username, "%.*s", static_cast<int>(wish.user.size()),
                wish.user.data());
  std::snprintf(login.password, sizeof login.password, "%s", password.c_str());
  camfleet::wipe(password);
  login.login_mode = wish.isapi ? abi::login_isapi : abi::login_private;
  login.tls = wish.tls ? abi::tls_on : abi::tls_off;
  const int usual = wish.isapi ? (wish.tls ? 443 : 80) : 8000;
  login.port = static_cast<std::uint16_t>(wish.port != 0 ? wish.port : usual);
  return login;
}

// Logs in and out, and tells what the device said.
bool try_login(const Library& library, abi::LoginInfo& login, std::FILE* out) {
  abi::DeviceInfoV40 device{};
  const auto id = library.call.NET_DVR_Login_V40(&login, &device);
  const auto error = id < 0 ? library.error() : 0;
  const auto* serial = reinterpret_cast<const char*>(device.basic.serial);
  std::fprintf(
      out, ",\"login\":{\"ok\":%s,\"error\":%u,\"text\":%s,\"serial\":%s,\"channels\":%u,\"ip_channels\":%u",
      id < 0 ? "false" : "true", error, json_text(id < 0 ? library.text_of(error) : "").c_str(),
      json_text({serial, ::strnlen(serial, sizeof device.basic.serial)}).c_str(),
      device.basic.analog_channels, device.basic.ip_channels_low + 256U * device.basic.ip_channels_high);
  if (device.lock_known != 0)
    std::fprintf(out, ",\"attempts_left\":%u,\"locked_s\":%u", device.attempts_left, device.locked_seconds);
  std::fprintf(out, "}");
  if (id >= 0) library.call.NET_DVR_Logout(id);
  return id >= 0;
}

}  // namespace

int check(int count, char** arguments) {
  // What the library prints must not stand among what we print.
  std::FILE* out = ::fdopen(::dup(STDOUT_FILENO), "w");
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  const auto wish = wish_of(count, arguments);
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
  bool good = true;
  if (!wish.address.empty()) {
    auto login = login_of(wish);
    good = try_login(*library, login, out);
    std::fprintf(out, "}\n");
    if (good && wish.rounds.times > 0) good = go_round(*library, login, wish.rounds, out);
    ::explicit_bzero(login.password, sizeof login.password);
  } else {
    std::fprintf(out, "}\n");
  }
  std::fflush(out);
  leave(good ? 0 : 1);
}

}  // namespace camfleet::sdkhost
