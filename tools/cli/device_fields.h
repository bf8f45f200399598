#pragma once
#include <CLI/App.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"

namespace camfleet::cli {

// How a device's password comes in: from a file, the standard input, a prompt or CAMFLEET_DEVICE_PASSWORD;
// never as an argument, which every user of the machine could read in `ps`.
struct PasswordOptions {
  bool from_stdin = false;
  bool ask = false;
  std::string file;
  // CAMFLEET_DEVICE_PASSWORD is looked at where nothing else was said.
  void declare(CLI::App& verb);
  // nullopt: none was given. A final line end is not a part of it.
  Outcome<std::optional<Secret>> find(Context& context) const;
};

// The fields of a device as options, for add and edit.
struct DeviceFields {
  std::string name, address, sdk_login, username, rtsp_url, transport, timezone;
  std::vector<std::string> drivers, tags;
  std::optional<unsigned> http_port, https_port, rtsp_port, sdk_port;
  std::optional<bool> sdk_tls, enabled, always_on;
  PasswordOptions password;
  CLI::App* verb = nullptr;

  void declare(CLI::App& verb);
  // What was given, as members of a DeviceSpec, the password too: wipe what is made of it. An address of a
  // stream that was given by --url moves to its field.
  Outcome<json::object> members(Context& context);

 private:
  bool given(const char* option) const;
  Outcome<> take_url(Context& context);
};

}  // namespace camfleet::cli
