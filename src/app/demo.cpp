#include "app/demo.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <vector>

#include "base/clock.h"
#include "fleet/import/table.h"

extern char** environ;

namespace camfleet::app {
namespace {

constexpr auto kStartLimit = std::chrono::seconds{30};

// Reads until the line of JSON that says it is ready, or the end, or too late.
bool wait_ready(int from) {
  std::string said;
  const auto deadline = system_clock().steady() + kStartLimit;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - system_clock().steady());
    pollfd wait{from, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
    char chunk[4096];
    const auto got = ::read(from, chunk, sizeof chunk);
    if (got <= 0) return false;
    said.append(chunk, static_cast<std::size_t>(got));
    if (said.find("\"control_port\"") != std::string::npos && said.find('\n') != std::string::npos)
      return true;
    if (said.size() > 65536) return false;
  }
}

}  // namespace

Result<Demo> Demo::start(unsigned devices, const std::filesystem::path& export_file) {
  std::error_code ec;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", ec).parent_path() / "camfleet-sim";
  if (!std::filesystem::exists(program, ec))
    return fail(Code::config_invalid, program.string() + ": not there");

  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return fail(Code::net_no_descriptors, "pipe");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);  // we block signals for our own waiting; the child must not inherit that
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is ours to hand on
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

  const auto count = std::to_string(devices);
  const auto file = export_file.string();
  const std::vector<std::string> arguments{
      program.string(),      "--devices", count,         "--address", "127.1.0.1",
      "--http-port",         "0",         "--rtsp-port", "0",         "--control",
      "127.0.0.1:0",         "--export",  file,          "--seed",    "1",
      "--h265-every",        "8",         "--audio",     "mixed",     "--exit-with-parent",
      "--alarms-per-minute", "0.5"};
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(pipe[1]);
  Demo demo{error == 0 ? child : -1, export_file};
  const bool ready = error == 0 && wait_ready(pipe[0]);
  ::close(pipe[0]);
  if (!ready) return fail(Code::config_invalid, "camfleet-sim does not start");
  return demo;
}

Demo::Demo(Demo&& other) noexcept : child_(other.child_), export_file_(std::move(other.export_file_)) {
  other.child_ = -1;
}

Demo::~Demo() {
  if (child_ <= 0) return;
  ::kill(child_, SIGTERM);
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Result<std::vector<fleet::NewDevice>> Demo::devices() const {
  std::ifstream in{export_file_};
  std::stringstream text;
  text << in.rdbuf();
  if (!in) return fail(Code::config_invalid, export_file_.string() + ": cannot be read");
  auto table = fleet::read_import(text.str(), fleet::ImportFormat::csv);
  if (!table) return fail(table.error());
  std::vector<fleet::NewDevice> out;
  for (auto& row : table->rows) {
    if (!row.errors.empty())
      return fail(Code::config_invalid, export_file_.string() + ':' + std::to_string(row.line) + ": " +
                                            row.errors.front().column + ": " + row.errors.front().reason);
    out.push_back(std::move(row.device));
  }
  return out;
}

}  // namespace camfleet::app
