#include "cli/prompt.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "base/text.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

constexpr std::size_t kLineLimit = 512;

// What a signal has to put back; one prompt at a time.
int g_terminal = -1;
termios g_before{};

void put_back(int signal) {
  ::tcsetattr(g_terminal, TCSAFLUSH, &g_before);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};

// No echo while this lives.
class Silence {
 public:
  explicit Silence(int terminal) {
    if (::tcgetattr(terminal, &g_before) != 0) return;
    g_terminal = terminal;
    for (const int signal : kSignals) ::signal(signal, put_back);
    auto silent = g_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    silent_ = ::tcsetattr(terminal, TCSAFLUSH, &silent) == 0;
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;
  ~Silence() {
    if (g_terminal < 0) return;
    ::tcsetattr(g_terminal, TCSAFLUSH, &g_before);
    for (const int signal : kSignals) ::signal(signal, SIG_DFL);
    g_terminal = -1;
  }
  bool silent() const { return silent_; }

 private:
  bool silent_ = false;
};

bool say(int terminal, const std::string& text) {
  return ::write(terminal, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

std::string read_line(int terminal) {
  std::string line;
  line.reserve(kLineLimit);
  char c = 0;
  while (line.size() < kLineLimit && ::read(terminal, &c, 1) == 1 && c != '\n') line += c;
  c = 0;
  return line;
}

}  // namespace

bool somebody_there() { return ::isatty(STDIN_FILENO) == 1; }

Result<Secret> ask_password(const std::string& question) {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (terminal < 0) return fail(Code::config_invalid, "there is no terminal to ask for a password");
  Result<Secret> answer = fail(Code::config_invalid, "the terminal cannot be silenced");
  {
    const Silence silence{terminal};
    if (silence.silent()) {
      (void)say(terminal, for_terminal(question));
      answer = Secret{read_line(terminal)};
      (void)say(terminal, "\n");
    }
  }
  ::close(terminal);
  return answer;
}

bool ask_yes(const std::string& question) {
  if (!somebody_there()) return false;
  const auto text = for_terminal(question) + " [y/N] ";
  (void)say(STDERR_FILENO, text);
  const auto answer = to_lower(trim(read_line(STDIN_FILENO)));
  return answer == "y" || answer == "yes";
}

}  // namespace camfleet::cli
