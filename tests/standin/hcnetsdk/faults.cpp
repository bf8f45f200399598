#include "faults.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <thread>

#include "sdkhost/sanitized.h"

namespace camfleet::standin {
namespace {

std::string file_beside_us() {
  Dl_info info{};
  if (::dladdr(reinterpret_cast<const void*>(&faults), &info) == 0 || info.dli_fname == nullptr) return {};
  std::string path = info.dli_fname;
  path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/') + 1);
  return path + "standin.json";
}

Faults read(const std::string& text) {
  Faults out;
  boost::system::error_code bad;
  const auto value = boost::json::parse(text, bad);
  if (bad || !value.is_object()) return out;
  const auto& object = value.get_object();
  const auto word = [&](const char* name, std::string& to) {
    if (const auto* found = object.if_contains(name); found != nullptr && found->is_string())
      to = std::string{found->get_string()};
  };
  const auto number = [&](const char* name, auto& to) {
    if (const auto* found = object.if_contains(name); found != nullptr && found->is_number())
      to = static_cast<std::remove_reference_t<decltype(to)>>(found->to_number<std::int64_t>());
  };
  const auto flag = [&](const char* name, bool& to) {
    if (const auto* found = object.if_contains(name); found != nullptr && found->is_bool())
      to = found->get_bool();
  };
  word("crash", out.crash);
  word("hang", out.hang);
  word("device", out.device);
  number("leak", out.leak);
  number("late_ms", out.late_ms);
  flag("after_stop", out.after_stop);
  number("error", out.error);
  word("error_in", out.error_in);
  word("alarms", out.alarms);
  word("stream", out.stream);
  number("pictures", out.pictures);
  number("picture_bytes", out.picture_bytes);
  number("alarm_channel", out.alarm_channel);
  number("channels", out.channels);
  number("analogue", out.analogue);
  number("first_analogue", out.first_analogue);
  number("digital", out.digital);
  number("first_digital", out.first_digital);
  flag("no_isapi", out.no_isapi);
  flag("heartbeat_fails", out.heartbeat_fails);
  number("heartbeat_ms", out.heartbeat_ms);
  number("logins", out.logins);
  flag("v30", out.v30);
  flag("once", out.once);
  return out;
}

// The document, and where it is from.
class Source {
 public:
  Source() {
    const char* named = std::getenv("CAMFLEET_STANDIN");
    const std::string text = named != nullptr ? named : "";
    if (text.starts_with('{'))
      faults_ = std::make_shared<const Faults>(read(text));
    else
      path_ = text.empty() ? file_beside_us() : text;
  }
  Faults now() {
    const std::lock_guard guard{mutex_};
    look();
    return *faults_;
  }
  std::shared_ptr<const Faults> recent() {
    const auto time = std::chrono::steady_clock::now();
    const std::lock_guard guard{mutex_};
    if (time >= next_look_) {
      look();
      next_look_ = time + std::chrono::milliseconds{20};
    }
    return faults_;
  }
  // False: somebody else was first.
  bool first(const std::string& what) {
    if (path_.empty()) return true;
    const int fd = ::open((path_ + "." + what).c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    ::close(fd);
    return true;
  }

 private:
  void look() {
    if (path_.empty()) return;
    struct stat found {};
    if (::stat(path_.c_str(), &found) != 0) {
      if (seen_ != Stamp{}) faults_ = std::make_shared<const Faults>();
      seen_ = {};
      return;
    }
    const Stamp stamp{found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size, found.st_ino};
    if (stamp == seen_) return;
    seen_ = stamp;
    std::ifstream file{path_};
    std::ostringstream text;
    text << file.rdbuf();
    faults_ = std::make_shared<const Faults>(read(text.str()));
  }
  struct Stamp {
    std::int64_t seconds = 0, nanoseconds = 0, size = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  std::mutex mutex_;
  std::string path_;
  Stamp seen_;
  std::shared_ptr<const Faults> faults_ = std::make_shared<const Faults>();
  std::chrono::steady_clock::time_point next_look_;
};

Source& source() {
  static auto* one = new Source;  // callbacks may come as late as the process lives
  return *one;
}

}  // namespace

Faults faults() { return source().now(); }
std::shared_ptr<const Faults> recent_faults() { return source().recent(); }

bool strikes(const std::string& fault, std::string_view place, std::string_view device) {
  if (fault != place) return false;
  const auto now = faults();
  if (!now.concerns(device)) return false;
  return !now.once || source().first(fault);
}

void at(std::string_view place, std::string_view device) {
  const auto now = faults();
  if (strikes(now.crash, place, device)) {
    // A real crash, and no handler of a sanitizer that would make a tidy end of it.
    if constexpr (sdkhost::kSanitized) std::signal(SIGSEGV, SIG_DFL);
    // Our own threads leave signals to the program.
    sigset_t crash;
    ::sigemptyset(&crash);
    ::sigaddset(&crash, SIGSEGV);
    ::pthread_sigmask(SIG_UNBLOCK, &crash, nullptr);
    ::raise(SIGSEGV);
  }
  if (strikes(now.hang, place, device) || now.hang == "everything")
    for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
}

}  // namespace camfleet::standin
