// The vendor's library, looked at by the process that would hold it: what it does wrong, it does there.
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <poll.h>
#include <array>
#include <boost/json.hpp>
#include <chrono>

#include "base/error.h"
#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {
namespace {

namespace json = boost::json;
constexpr auto kLongest = std::chrono::seconds{60};
constexpr std::size_t kMostSaid = 64 * 1024;

struct Said {
  std::string text;
  std::string end;  // how the process ended where not by itself
};

Said ask(std::vector<std::string> arguments, const Secret& password) {
  // A socket, since it may be gone before it has read.
  int in[2], out[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0) return {{}, "no pipe"};
  if (::pipe2(out, O_CLOEXEC) != 0) {
    ::close(in[0]);
    ::close(in[1]);
    return {{}, "no pipe"};
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  char* nothing[] = {nullptr};
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), nothing);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  Said said;
  if (error != 0) said.end = arguments[0] + " does not start";
  for (const auto part : {password.reveal(), std::string_view{"\n"}})
    if (::send(in[1], part.data(), part.size(), MSG_NOSIGNAL) < 0) break;  // it says itself what it wants
  ::close(in[1]);
  const auto until = std::chrono::steady_clock::now() + kLongest;
  while (error == 0 && said.text.size() < kMostSaid) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wait{out[0], POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) {
      said.end = "it hangs";
      ::kill(child, SIGKILL);
      break;
    }
    std::array<char, 4096> chunk;
    const auto got = ::read(out[0], chunk.data(), chunk.size());
    if (got <= 0) break;
    said.text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  ::close(out[0]);
  int status = 0;
  if (error == 0) {
    ::waitpid(child, &status, 0);
    if (said.end.empty() && WIFSIGNALED(status))
      said.end = fmt::format("it crashed, by signal {}", WTERMSIG(status));
  }
  return said;
}

std::string text_of(const json::object& from, std::string_view name) {
  const auto* found = from.if_contains(name);
  if (found == nullptr) return {};
  return found->is_string() ? std::string{found->get_string()} : json::serialize(*found);
}

}  // namespace

std::vector<Check> sdk(const SdkWish& wish, const Secret& password) {
  std::error_code ec;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / "camfleet-sdkhost";
  const auto directory = std::filesystem::absolute(wish.directory, ec);
  std::vector<std::string> arguments{program.string(), "--check", directory.string()};
  if (!wish.address.empty()) {
    arguments.insert(arguments.end(), {"--try", wish.address, "--user", wish.user});
    if (!wish.port.empty()) arguments.insert(arguments.end(), {"--port", wish.port});
    if (wish.isapi) arguments.push_back("--isapi");
    if (wish.tls) arguments.push_back("--tls");
  }
  const auto said = ask(std::move(arguments), password);
  boost::system::error_code error;
  const auto told = json::parse(said.text, error);
  if (!said.end.empty() || error || !told.is_object())
    return {{"sdk library", Grade::fail, said.end.empty() ? "it says nothing that can be read" : said.end,
             "try it by itself: camfleet-sdkhost --check DIR"}};
  const auto& object = told.get_object();
  const auto code = text_of(object, "code");
  if (code != "ok")
    return {{"sdk library", Grade::fail, code + ": " + text_of(object, "detail"),
             std::string{info(code_of(code)).en}}};
  Check library{"sdk library", Grade::ok,
                fmt::format("version {}, build {}, holds {} logins, {} live views, {} alarm channels",
                            text_of(object, "version"), text_of(object, "build"), text_of(object, "logins"),
                            text_of(object, "live_views"), text_of(object, "alarm_channels")),
                ""};
  if (const auto missing = text_of(object, "missing"); !missing.empty()) {
    library.grade = Grade::warn;
    library.advice = "an old library, without " + missing;
  }
  std::vector<Check> out{library};
  const auto* login = object.if_contains("login");
  if (login == nullptr || !login->is_object()) return out;
  const auto& tried = login->get_object();
  Check check{"sdk login", Grade::ok,
              fmt::format("serial {}, {} channels, {} IP channels", text_of(tried, "serial"),
                          text_of(tried, "channels"), text_of(tried, "ip_channels")),
              ""};
  if (text_of(tried, "ok") != "true") {
    check.grade = Grade::fail;
    check.found = fmt::format("error {} ({})", text_of(tried, "error"), text_of(tried, "text"));
    if (tried.contains("attempts_left"))
      check.found += fmt::format(", {} attempts left, locked for {} s", text_of(tried, "attempts_left"),
                                 text_of(tried, "locked_s"));
    check.advice = "a wrong password counts: some devices lock the account after five";
  }
  out.push_back(check);
  return out;
}

}  // namespace camfleet::cli::doctor
