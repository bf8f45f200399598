// The libraries that run, which may be others than those that were built with.
#include <dlfcn.h>
#include <fmt/format.h>

#include <boost/version.hpp>

#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {
namespace {

// What the function `symbol` of a library in this process returns; empty where there is none. No header of
// the library is needed, so that it stays in its own folder of the house.
template <class... Args>
std::string asked(const char* symbol, Args... args) {
  auto* function = reinterpret_cast<const char* (*)(Args...)>(::dlsym(RTLD_DEFAULT, symbol));
  const char* text = function == nullptr ? nullptr : function(args...);
  return text == nullptr ? "" : text;
}

}  // namespace

Check libraries() {
  Check check{
      "libraries",
      Grade::ok,
      fmt::format("Boost {}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100),
      {}};
  const auto add = [&](const std::string& name, const std::string& version) {
    if (!version.empty()) check.found += ", " + name + version;
  };
  add("", asked("OpenSSL_version", 0));
  add("libsodium ", asked("sodium_version_string"));
  const auto sqlite = asked("sqlite3_libversion");
  add("SQLite ", sqlite);
  add("FFmpeg ", asked("av_version_info"));
  return check;
}

}  // namespace camfleet::cli::doctor
