#include <CLI/CLI.hpp>

#include "app/serve.h"
#include "app/settings.h"
#include "cli/program.h"
#include "storage/sqlite/registry.h"

namespace {

using camfleet::app::Setting;
using camfleet::app::Settings;

// "hub.linger_s" -> "--hub-linger-s"
std::string option_of(const Setting& setting) {
  std::string option = "--" + std::string{setting.key};
  for (auto& c : option)
    if (c == '.' || c == '_') c = '-';
  return option;
}

// Each setting is an option; what was given is applied after the file and the environment.
struct Given {
  std::string config;
  std::vector<std::pair<const Setting*, std::vector<std::string>>> values;
  unsigned demo = 0;
  bool new_key = false;
};

CLI::App* add_serve(CLI::App& app, Given& given) {
  auto* serve = app.add_subcommand("serve", "Run the gateway until it is told to stop");
  serve->footer(
      "Example:\n  camfleet serve --demo\n\nExit codes: 0 well, 1 the gateway could not start, 2 a setting "
      "or an argument is "
      "wrong.");
  serve->add_option("--config", given.config, "YAML file of settings");
  serve->add_option("--demo", given.demo, "start this many simulated cameras too (24)")
      ->expected(0, 1)
      ->default_str("24")
      ->check(CLI::Range(1, 10'000));
  serve->add_flag(
      "--new-key", given.new_key,
      "the secret.key of this data directory is lost: go on with another, passwords must be entered again");
  const auto& table = camfleet::app::settings_table();
  given.values.reserve(table.size());
  for (const auto& setting : table) {
    auto& values = given.values.emplace_back(&setting, std::vector<std::string>{}).second;
    if (setting.is_flag) {
      serve->add_flag_callback(
          option_of(setting), [&values] { values.emplace_back("true"); }, setting.help);
    } else {
      auto names = option_of(setting);
      if (names == "--sdk-dir") names += ",--hcnetsdk-dir";  // as the library is called
      auto* option = serve->add_option(names, values, setting.help)->allow_extra_args(false);
      if (!setting.is_list) option->expected(1);
    }
  }
  return serve;
}

int refuse(const camfleet::Error& error) {
  std::fprintf(stderr, "camfleet: %s (%s)\n", error.place.c_str(),
               std::string{camfleet::name(error.code)}.c_str());
  return 2;
}

// File, environment, options: at the start, and again at each reload.
camfleet::Result<Settings> settings_from(const Given& given) {
  Settings settings;
  if (!given.config.empty())
    if (auto read = camfleet::app::read_file(given.config, settings); !read) return fail(read.error());
  if (auto read = camfleet::app::read_environment(settings); !read) return fail(read.error());
  for (const auto& [setting, values] : given.values) {
    if (values.empty()) continue;
    if (auto set = camfleet::app::give(settings, *setting, values, "command line"); !set)
      return camfleet::fail(set.error().code, option_of(*setting) + ": " + set.error().place);
  }
  settings.demo = given.demo;
  settings.new_key = given.new_key;
  if (auto checked = camfleet::app::check(settings); !checked) return fail(checked.error());
  return settings;
}

int run_serve(const Given& given) {
  const auto settings = settings_from(given);
  if (!settings) return refuse(settings.error());
  return camfleet::app::serve(*settings, [&given] { return settings_from(given); });
}

camfleet::Result<camfleet::cli::Program::Settings> settings_for_doctor(const std::string& file) {
  Settings settings;
  if (!file.empty())
    if (auto read = camfleet::app::read_file(file, settings); !read) return camfleet::fail(read.error());
  if (auto read = camfleet::app::read_environment(settings); !read) return camfleet::fail(read.error());
  return camfleet::cli::Program::Settings{.data = settings.data.string(),
                                          .http = settings.http,
                                          .rtsp = settings.rtsp,
                                          .tls_cert = settings.tls_cert.string(),
                                          .tls_key = settings.tls_key.string()};
}

}  // namespace

int main(int argc, char** argv) {
  camfleet::cli::Program program;
  Given given;
  program.foreign(*add_serve(program.app(), given), [&given] { return run_serve(given); });
  program.known_schema = camfleet::storage::SqliteRegistry::schema();
  program.settings = settings_for_doctor;
  camfleet::cli::add_all_verbs(program);
  return program.run(argc, argv);
}
