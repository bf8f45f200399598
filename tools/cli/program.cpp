#include "cli/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <numeric>
#include <sstream>

#include "base/version.h"

namespace camfleet::cli {
namespace {

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 the gateway refused, 2 the command line makes no sense, 3 no gateway there or "
    "its\n"
    "certificate refused, 4 not authorised, 5 done in part, 6 doctor found problems.";
constexpr const char* kEveryVerb =
    "Every verb also takes --url, --data, --token-file, --ca, --insecure-tls, --timeout, --json, --quiet,\n"
    "--yes and --lang: see camfleet --help.";

std::vector<std::string> names_of(CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* sub : app.get_subcommands(static_cast<const std::function<bool(CLI::App*)>&>(nullptr)))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> options_of(CLI::App& app) {
  std::vector<std::string> names;
  for (auto* at = &app; at != nullptr; at = at->get_parent())
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

// Takes a value of its own from the next word.
bool wants_value(CLI::App& app, const std::string& word) {
  if (word.find('=') != word.npos) return false;
  for (auto* at = &app; at != nullptr; at = at->get_parent())
    if (const auto* option = at->get_option_no_throw(word)) return option->get_items_expected_min() > 0;
  return false;
}

// How far the words lead into the tree, and the first that leads nowhere.
struct Walk {
  CLI::App* at;
  std::string unknown;
};
Walk walk(CLI::App& root, const std::vector<std::string>& words) {
  Walk out{&root, {}};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto& word = words[i];
    if (word.starts_with("-")) {
      if (wants_value(*out.at, word)) ++i;
      continue;
    }
    const auto subs = out.at->get_subcommands([&](CLI::App* one) { return one->get_name() == word; });
    auto* sub = subs.empty() ? nullptr : subs.front();
    if (sub == nullptr) {
      if (!names_of(*out.at).empty()) out.unknown = word;
      break;
    }
    out.at = sub;
  }
  return out;
}

std::string path_of(const CLI::App* app) {
  std::string path;
  for (; app != nullptr; app = app->get_parent())
    path = path.empty() ? app->get_name() : app->get_name() + ' ' + path;
  return path;
}

}  // namespace

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(3, word.size() / 2)) + 1;
  for (const auto& candidate : candidates) {
    // Damerau-Levenshtein, restricted: a swap of neighbours counts once.
    std::vector<std::vector<std::size_t>> d(word.size() + 1, std::vector<std::size_t>(candidate.size() + 1));
    for (std::size_t i = 0; i <= word.size(); ++i) d[i][0] = i;
    std::iota(d[0].begin(), d[0].end(), std::size_t{0});
    for (std::size_t i = 1; i <= word.size(); ++i)
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        d[i][j] = std::min(
            {d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (word[i - 1] == candidate[j - 1] ? 0 : 1)});
        if (i > 1 && j > 1 && word[i - 1] == candidate[j - 2] && word[i - 2] == candidate[j - 1])
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    if (d[word.size()][candidate.size()] < least) {
      least = d[word.size()][candidate.size()];
      best = candidate;
    }
  }
  return best;
}

Program::Program()
    : app_{
          "camfleet: a gateway between a fleet of IP cameras and everything that wants their pictures and "
          "alarms",
          "camfleet"} {
  app_.set_version_flag("--version", std::string{"camfleet "} + kVersion);
  app_.require_subcommand(1);
  app_.footer(std::string{"camfleet help VERB tells more of a verb, with examples.\n\n"} + kExitCodes +
              "\nA token or a password is never an argument, for every user of a machine sees those of every "
              "process.");
  declare_common();
  help_ = app_.add_subcommand("help", "Tell of a verb: camfleet help device add");
  help_->add_option("verb", asked_help_, "The verb, in one or two words");
  help_->footer("Example:\n  camfleet help device add");
}

void Program::declare_common() {
  const auto group = "Options of every verb but serve";
  auto& common = context_.common;
  app_.add_option("--url", common.given.url,
                  "Where the gateway is; else CAMFLEET_URL, else http://127.0.0.1:8080")
      ->group(group);
  app_.add_option("--token-file", common.given.token_file,
                  "File that holds the token (-: standard input); else CAMFLEET_TOKEN, else DATA/admin.token")
      ->group(group);
  app_.add_option("--data", common.given.data, "Data directory of the gateway, for its admin.token")
      ->group(group);
  app_.add_option("--ca", common.ca, "Certificates (PEM) to trust for https, instead of the system's")
      ->group(group);
  app_.add_flag("--insecure-tls", common.insecure_tls, "Take any certificate: for a first look only")
      ->group(group);
  app_.add_option("--timeout", common.timeout_s, "Seconds to wait for an answer (30)")
      ->check(CLI::Range(1U, 86'400U))
      ->group(group);
  app_.add_flag("--json", common.json, "What the API answers, as one JSON document (streams: one a line)")
      ->group(group);
  app_.add_flag("-q,--quiet", common.quiet, "Ids alone from lists, nothing from changes")->group(group);
  app_.add_flag("-y,--yes", common.yes, "Do not ask before something is removed or changed in bulk")
      ->group(group);
  app_.add_option("--lang", common.lang, "Language of reasons and problems: en or zh; else LC_ALL, LANG")
      ->group(group);
}

CLI::App& Program::noun(const std::string& name, const std::string& help) {
  auto& sub = *app_.add_subcommand(name, help);
  sub.require_subcommand(1);
  sub.fallthrough();
  return sub;
}

CLI::App& Program::verb(CLI::App& parent, const std::string& name, const std::string& help,
                        const std::vector<std::string>& examples, Handler handler) {
  auto& sub = *parent.add_subcommand(name, help);
  sub.fallthrough();
  std::string footer = examples.size() == 1 ? "Example:\n" : "Examples:\n";
  for (const auto& example : examples) footer += "  " + example + '\n';
  sub.footer(footer + '\n' + kEveryVerb);
  handlers_[&sub] = std::move(handler);
  return sub;
}

void Program::foreign(CLI::App& verb, std::function<int()> handler) { foreign_[&verb] = std::move(handler); }

int Program::help(const std::vector<std::string>& words) {
  const auto found = walk(app_, words);
  if (!found.unknown.empty()) return complain(words, "there is no verb " + found.unknown);
  const auto* parent = found.at->get_parent();
  context_.out.write(found.at->help(parent == nullptr ? "" : path_of(parent)));
  return 0;
}

int Program::complain(const std::vector<std::string>& arguments, const std::string& text) {
  const auto found = walk(app_, arguments);
  // "device list: ", for what is said begins with the program's name.
  const auto place =
      found.at == &app_ ? std::string{} : path_of(found.at).substr(app_.get_name().size() + 1) + ": ";
  std::string said = place + text;
  std::string better;
  if (!found.unknown.empty()) {
    said = place + "there is no verb " + found.unknown;
    better = did_you_mean(found.unknown, names_of(*found.at));
  } else if (const auto verbs = names_of(*found.at);
             !verbs.empty() && found.at->get_require_subcommand_min() > 0) {
    said = place + "which verb? " + fmt::format("{}", fmt::join(verbs, ", "));
  }
  if (better.empty() && found.unknown.empty()) {
    const auto known = options_of(*found.at);
    for (const auto& argument : arguments) {
      const auto word = argument.substr(0, argument.find('='));
      if (word == "--token" || word == "--password") {
        said = word +
               ": a secret is never an argument, for every user of this machine sees those of every process";
        better = word + "-file";
        break;
      }
      if (!word.starts_with("--") || word == "--" || std::ranges::find(known, word) != known.end()) continue;
      said = place + "there is no option " + word;
      better = did_you_mean(word, known);
      break;
    }
  }
  context_.out.complain(said);
  if (!better.empty()) context_.out.note("  did you mean " + better + '?');
  context_.out.note("  see " + path_of(found.at) + " --help");
  return static_cast<int>(Exit::usage);
}

int Program::run(int argc, const char* const* argv) {
  return run(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
}

int Program::run(std::vector<std::string> arguments) {
  const auto given = arguments;
  std::ranges::reverse(arguments);  // as CLI11 takes a vector
  try {
    app_.parse(std::move(arguments));
  } catch (const CLI::Success& wish) {
    std::ostringstream text;
    app_.exit(wish, text, text);
    context_.out.write(text.str());
    return 0;
  } catch (const CLI::ParseError& error) {
    return complain(given, error.what());
  }
  context_.out.quiet = context_.common.quiet;
  auto* at = &app_;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  if (const auto verb = foreign_.find(at); verb != foreign_.end()) {
    for (const auto* option : app_.get_options())
      if (option->count() > 0) {
        context_.out.complain(option->get_name() + " stands before " + at->get_name() +
                              ", which does not take it there");
        return static_cast<int>(Exit::usage);
      }
    return verb->second();
  }
  if (at == help_) return help(asked_help_);
  const auto verb = handlers_.find(at);
  if (verb == handlers_.end()) return complain(given, "a verb is missing");
  return static_cast<int>(verb->second(context_));
}

void add_all_verbs(Program& program) {
  add_device_verbs(program);
  add_fleet_verbs(program);
  add_event_verbs(program);
  add_live_verbs(program);
  add_access_verbs(program);
  add_discovered_verbs(program);
  add_sink_verbs(program);
  add_doctor_verb(program);
  add_completion_verb(program);
}

}  // namespace camfleet::cli
