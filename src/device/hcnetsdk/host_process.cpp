#include "device/hcnetsdk/host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "proto/sdkhost/descriptors.h"
#include "proto/sdkhost/ring.h"

namespace camfleet::device::hcnetsdk {

Fd& Fd::operator=(Fd&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}
int Fd::release() { return std::exchange(fd_, -1); }

Result<SharedMemory> SharedMemory::make(const char* name, std::size_t size) {
  SharedMemory out;
  out.fd_ = Fd{::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (out.fd_.get() < 0 || ::ftruncate(out.fd_.get(), static_cast<off_t>(size)) != 0 ||
      ::fcntl(out.fd_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return fail(Code::net_no_descriptors, std::string{name} + ": " + std::strerror(errno));
  auto* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, out.fd_.get(), 0);
  if (data == MAP_FAILED)
    return fail(Code::net_no_descriptors, std::string{name} + ": " + std::strerror(errno));
  out.data_ = static_cast<std::uint8_t*>(data);
  out.size_ = size;
  return out;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : fd_(std::move(other.fd_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}
SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}
SharedMemory::~SharedMemory() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

HostProcess::Child::Child(Child&& other) noexcept : pid(std::exchange(other.pid, -1)) {}
HostProcess::Child& HostProcess::Child::operator=(Child&& other) noexcept {
  std::swap(pid, other.pid);
  return *this;
}
HostProcess::Child::~Child() { end(); }
void HostProcess::Child::end() {
  if (pid <= 0) return;
  ::kill(pid, SIGKILL);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid = -1;
}

Result<HostProcess> HostProcess::start(const ProcessOptions& options) {
  if (::access(options.program.c_str(), X_OK) != 0)
    return fail(Code::config_invalid, options.program.string() + ": " + std::strerror(errno));
  HostProcess out;
  auto alarms = SharedMemory::make("camfleet-alarms", sdkhost::ring_size(options.alarm_ring));
  if (!alarms) return fail(alarms.error());
  out.alarms_ = std::move(*alarms);
  auto media = SharedMemory::make("camfleet-media", sdkhost::ring_size(options.media_ring));
  if (!media) return fail(media.error());
  out.media_ = std::move(*media);
  sdkhost::RingWriter::make(out.alarms());
  sdkhost::RingWriter::make(out.media());
  out.alarm_bell_ = Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  out.media_bell_ = Fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 || out.media_bell_.get() < 0 ||
      out.alarm_bell_.get() < 0)
    return fail(Code::net_no_descriptors, std::string{"a host of the SDK: "} + std::strerror(errno));
  out.socket_ = Fd{pair[0]};
  const Fd theirs{pair[1]};
  ::fcntl(pair[0], F_SETFL, ::fcntl(pair[0], F_GETFL) | O_NONBLOCK);

  // First to numbers above those that the host expects: one that is moved must not overwrite the next.
  const std::pair<int, int> passed[] = {{theirs.get(), sdkhost::kSocketFd},
                                        {out.alarms_.fd(), sdkhost::kAlarmRingFd},
                                        {out.alarm_bell_.get(), sdkhost::kAlarmBellFd},
                                        {out.media_.fd(), sdkhost::kMediaRingFd},
                                        {out.media_bell_.get(), sdkhost::kMediaBellFd}};
  std::vector<Fd> high;
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  for (const auto& [from, to] : passed) {
    high.emplace_back(::fcntl(from, F_DUPFD_CLOEXEC, 64));
    ::posix_spawn_file_actions_adddup2(&actions, high.back().get(), to);
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  sigset_t usual;
  ::sigemptyset(&usual);
  ::sigaddset(&usual, SIGPIPE);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &usual);
  ::posix_spawnattr_setpgroup(&attributes, 0);  // Ctrl-C is for the gateway, which ends its hosts
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const auto program = options.program.string();
  const auto limit = std::to_string(options.memory_limit);
  std::vector<std::string> arguments{program, "--host", "--memory", limit};
  auto environment = options.environment;
  std::vector<char*> argv, envp;
  for (auto& argument : arguments) argv.push_back(argument.data());
  for (auto& variable : environment) envp.push_back(variable.data());
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, &attributes, argv.data(), envp.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0) return fail(Code::config_invalid, program + ": " + std::strerror(error));
  out.child_.pid = child;
  return out;
}

void HostProcess::kill() { child_.end(); }

std::string HostProcess::ended() {
  if (child_.pid <= 0) return "never ran";
  int status = 0;
  const auto got = ::waitpid(child_.pid, &status, WNOHANG);
  if (got == 0) return {};
  child_.pid = -1;
  if (got < 0) return "is gone";
  if (WIFSIGNALED(status)) return "signal " + std::to_string(WTERMSIG(status));
  return "exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace camfleet::device::hcnetsdk
