#include "cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "cli/exit_code.h"
#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

const char* variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody changes it
  return value == nullptr ? "" : value;
}

// False where it cannot be written; errno says why.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto sent = ::write(fd, text.data(), text.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

Output::Output() {
  terminal_ = ::isatty(STDOUT_FILENO) == 1;
  if (!terminal_) return;
  colours_ = *variable("NO_COLOR") == '\0' && std::string_view{variable("TERM")} != "dumb";
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) columns_ = size.ws_col;
}

void Output::write(std::string_view text) const {
  if (write_all(STDOUT_FILENO, text)) return;
  // Whoever read has seen enough; no destructor has anything to tell the gateway.
  if (errno == EPIPE) std::_Exit(static_cast<int>(Exit::ok));
  complain(fmt::format("the output cannot be written: {}", std::strerror(errno)));
  std::_Exit(static_cast<int>(Exit::refused));
}

void Output::line(std::string_view text) const { write(std::string{text} + '\n'); }
void Output::table(const Table& table) const { write(table.text(columns_, colours_)); }
void Output::json(std::string_view document) const {
  while (document.ends_with('\n')) document.remove_suffix(1);
  line(json_for_terminal(document));
}

void Output::complain(std::string_view text) const {
  (void)write_all(STDERR_FILENO, "camfleet: " + for_terminal(text) + '\n');
}

void Output::complain_json(std::string_view document) const {
  (void)write_all(STDERR_FILENO, json_for_terminal(document) + '\n');
}

void Output::note(std::string_view text) const {
  if (!quiet) (void)write_all(STDERR_FILENO, for_terminal(text) + '\n');
}

std::string duration_text(long long seconds) {
  if (seconds < 0) seconds = 0;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{} m", seconds / 60);
  if (seconds < 86400) return fmt::format("{} h {:02} m", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{} d {:02} h", seconds / 86400, seconds % 86400 / 3600);
}

long long age_of(std::string_view rfc3339, long long now_unix) {
  std::tm parts{};
  const std::string text{rfc3339};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr || (*rest != '.' && *rest != 'Z')) return -1;
  return now_unix - static_cast<long long>(::timegm(&parts));
}

}  // namespace camfleet::cli
