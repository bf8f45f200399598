#include "cli/program.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>

#include "cli/completion.h"

namespace camfleet::cli {
namespace {

TEST(DidYouMean, FindsWhatIsFewLettersAway) {
  const std::vector<std::string> verbs{"add", "list", "show", "edit", "remove", "reconnect", "explain"};
  EXPECT_EQ(did_you_mean("lsit", verbs), "list");
  EXPECT_EQ(did_you_mean("recconect", verbs), "reconnect");
  EXPECT_EQ(did_you_mean("explian", verbs), "explain");
  EXPECT_EQ(did_you_mean("banana", verbs), "");
  EXPECT_EQ(did_you_mean("", verbs), "");
}

// Every verb has what `camfleet help` needs, and its examples are those of this verb.
TEST(Program, EveryVerbHasHelpAndAnExample) {
  Program program;
  add_all_verbs(program);
  std::vector<std::pair<CLI::App*, std::string>> open{{&program.app(), "camfleet"}};
  while (!open.empty()) {
    const auto [app, path] = open.back();
    open.pop_back();
    EXPECT_FALSE(app->get_description().empty()) << path;
    for (const auto* option : app->get_options())
      EXPECT_FALSE(option->get_description().empty()) << path << option->get_name();
    const auto below = app->get_subcommands([](CLI::App*) { return true; });
    if (below.empty()) {
      EXPECT_NE(app->get_footer().find(path), std::string::npos) << path;
    }
    for (auto* sub : below) open.emplace_back(sub, path + ' ' + sub->get_name());
  }
}

// A verb or an option that the manual does not name is a bug of the manual.
TEST(Program, TheManualNamesEveryVerbAndOption) {
  std::ifstream file{CAMFLEET_SOURCE_DIR "/docs/cli.md"};
  const std::string manual{std::istreambuf_iterator<char>{file}, {}};
  ASSERT_FALSE(manual.empty());
  Program program;
  add_all_verbs(program);
  std::vector<std::pair<const CLI::App*, std::string>> open{{&program.app(), "camfleet"}};
  while (!open.empty()) {
    const auto [app, path] = open.back();
    open.pop_back();
    EXPECT_NE(manual.find(path), std::string::npos) << path;
    for (const auto* option : app->get_options())
      for (const auto& name : option->get_lnames())
        if (name != "help" && name != "version") {
          EXPECT_NE(manual.find("--" + name), std::string::npos) << path << " --" << name;
        }
    for (const auto* sub : app->get_subcommands([](const CLI::App*) { return true; }))
      open.emplace_back(sub, path + ' ' + sub->get_name());
  }
}

TEST(Program, EveryPieceOfNonsenseIsAUsageError) {
  const std::vector<std::vector<std::string>> lines{
      {},
      {"device"},
      {"devcie", "list"},
      {"device", "lsit"},
      {"device", "list", "--jsn"},
      {"device", "show"},
      {"device", "show", "a", "b"},
      {"device", "add", "x", "--http-port", "0"},
      {"device", "add", "x", "--http-port", "70000"},
      {"device", "add", "x", "--password", "p"},
      {"device", "add", "x", "--password-stdin", "--ask-password"},
      {"device", "list", "--timeout", "0"},
      {"completion", "tcsh"},
      {"help", "nothing"},
      {"live", "url", "a", "--http", "--ws"},
      {"device", "list", "--url", "ftp://x"},
      {"device", "remove"},
  };
  for (const auto& line : lines) {
    Program program;
    add_all_verbs(program);
    EXPECT_EQ(program.run(line), 2) << testing::PrintToString(line);
  }
}

TEST(Program, APasswordInTheArgumentsIsRefusedBeforeAnythingIsSent) {
  Program program;
  add_all_verbs(program);
  EXPECT_EQ(program.run({"device", "add", "x", "--url", "rtsp://u:secret@127.0.0.1/s"}), 2);
  Program second;
  add_all_verbs(second);
  EXPECT_EQ(second.run({"device", "add", "x", "--rtsp-url", "rtsp://u:secret@127.0.0.1/s"}), 2);
}

// What bash itself makes of the script: the words it offers behind a line.
std::string offered(const std::string& line) {
  Program program;
  add_all_verbs(program);
  const std::string file = testing::TempDir() + "/camfleet-completion.bash";
  std::ofstream{file} << bash_completion(program.app())
                      // A gateway with three devices, one of them with a name that wants to be expanded.
                      << "camfleet() { printf '%s\\n' gate-7 gate-8 'gate-$(touch /tmp/owned)' lobby; }\n"
                         "line=("
                      << line
                      << ")\n"
                         "[[ $1 == new ]] && line+=('')\n"
                         "COMP_WORDS=(\"${line[@]}\"); COMP_CWORD=$((${#line[@]} - 1)); _camfleet\n"
                         "printf '%s ' \"${COMPREPLY[@]}\"\n";
  const bool behind_a_blank = line.ends_with(' ');
  auto* pipe = ::popen(("bash --norc " + file + (behind_a_blank ? " new" : "") + " 2>&1").c_str(), "r");
  std::string out;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) out += static_cast<char>(c);
  ::pclose(pipe);
  return out;
}

TEST(Completion, BashOffersVerbsOptionsAndDevices) {
  EXPECT_EQ(offered("camfleet dev"), "device ");
  EXPECT_EQ(offered("camfleet device expl"), "explain ");
  EXPECT_EQ(offered("camfleet --url http://x device reco"), "reconnect ");
  EXPECT_EQ(offered("camfleet device list --sta"), "--state ");
  EXPECT_EQ(offered("camfleet device list --state rej"), "rejected ");
  EXPECT_EQ(offered("camfleet device list --tok"), "--token-file ");
  EXPECT_EQ(offered("camfleet device show gate"), "gate-7 gate-8 ");
  EXPECT_EQ(offered("camfleet live url lob"), "lobby ");
  EXPECT_EQ(offered("camfleet completion "), offered("camfleet completion "));
  EXPECT_FALSE(std::filesystem::exists("/tmp/owned"));
}

TEST(Completion, TheOtherShellsNameEveryVerb) {
  Program program;
  add_all_verbs(program);
  const auto fish = fish_completion(program.app());
  const auto zsh = zsh_completion(program.app());
  for (const auto* verb : {"device", "explain", "reconnect", "live", "doctor"}) {
    EXPECT_NE(fish.find(std::string{"-a "} + verb), std::string::npos) << verb;
    EXPECT_NE(zsh.find(verb), std::string::npos) << verb;
  }
}

}  // namespace
}  // namespace camfleet::cli
