#pragma once
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cli/context.h"

namespace camfleet::cli {

// The tree of verbs and what each does. Made once; other parts of the program may hang their own verbs into
// app() (`serve`).
class Program {
 public:
  using Handler = std::function<Exit(Context&)>;
  Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  CLI::App& app() { return app_; }
  // What doctor is told by whoever knows the gateway from within: the schema of its registry, and what
  // `serve` would be set to by a file ("": none) and the environment, or why that cannot be read.
  struct Settings {
    std::string data, http, rtsp, tls_cert, tls_key;
  };
  int known_schema = 0;  // 0: nobody said
  std::function<Result<Settings>(const std::string& file)> settings;
  Context& context() { return context_; }

  // `camfleet device`: needs a verb.
  CLI::App& noun(const std::string& name, const std::string& help);
  // `camfleet device list`. Each example is a line that could be typed.
  CLI::App& verb(CLI::App& parent, const std::string& name, const std::string& help,
                 const std::vector<std::string>& examples, Handler handler);
  // A verb of somebody else, who runs it: the options of all verbs make no sense for it.
  void foreign(CLI::App& verb, std::function<int()> handler);

  // Parses and runs: the exit code.
  int run(int argc, const char* const* argv);
  int run(std::vector<std::string> arguments);

 private:
  void declare_common();
  int help(const std::vector<std::string>& words);
  int complain(const std::vector<std::string>& arguments, const std::string& text);

  CLI::App app_;
  Context context_;
  std::map<const CLI::App*, Handler> handlers_;
  std::map<const CLI::App*, std::function<int()>> foreign_;
  std::vector<std::string> asked_help_;
  CLI::App* help_ = nullptr;
};

// The whole tree: every verb of the command line.
void add_device_verbs(Program& program);
void add_bulk_verbs(Program& program, CLI::App& device);
void add_import_verbs(Program& program, CLI::App& device);
void add_fleet_verbs(Program& program);
void add_blind_verb(Program& program, CLI::App& fleet);
void add_event_verbs(Program& program);
void add_live_verbs(Program& program);
void add_access_verbs(Program& program);
void add_discovered_verbs(Program& program);
void add_sink_verbs(Program& program);
// `replay`, below sink and below events.
void add_replay_verb(Program& program, CLI::App& parent);
void add_doctor_verb(Program& program);
void add_completion_verb(Program& program);
void add_all_verbs(Program& program);

// "gate" for "gaet": the candidate that is few letters away, or nothing.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates);

}  // namespace camfleet::cli
