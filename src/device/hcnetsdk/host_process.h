#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"

// The child that holds the vendor's library, as the gateway owns it: its process and what both share.
namespace camfleet::device::hcnetsdk {

// A descriptor that is closed with its owner.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  ~Fd();
  int get() const { return fd_; }
  int release();

 private:
  int fd_ = -1;
};

// Memory that two processes map; sealed, so that neither can shrink it under the other.
class SharedMemory {
 public:
  static Result<SharedMemory> make(const char* name, std::size_t size);
  SharedMemory() = default;
  SharedMemory(SharedMemory&& other) noexcept;
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();
  std::span<std::uint8_t> bytes() const { return {data_, size_}; }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

struct ProcessOptions {
  std::filesystem::path program;      // camfleet-sdkhost
  std::size_t alarm_ring = 64 << 20;  // bytes, powers of two; taken from the machine as they fill
  std::size_t media_ring = 32 << 20;
  std::uint64_t memory_limit = 0;        // bytes that the host may use beside its threads' stacks, 0: any
  std::vector<std::string> environment;  // beside nothing at all: the host inherits none
};

// A running host. Ends it with its own end: SIGKILL, for a library that hangs does not hear anything else.
class HostProcess {
 public:
  // config.invalid where there is no such program, net.no_descriptors where there are none.
  static Result<HostProcess> start(const ProcessOptions& options);
  HostProcess(HostProcess&&) = default;
  HostProcess& operator=(HostProcess&&) = default;

  pid_t pid() const { return child_.pid; }
  int socket() const { return socket_.get(); }
  int alarm_bell() const { return alarm_bell_.get(); }
  int media_bell() const { return media_bell_.get(); }
  std::span<std::uint8_t> alarms() const { return alarms_.bytes(); }
  std::span<std::uint8_t> media() const { return media_.bytes(); }

  // Nothing of it runs any more when this returns. Called again it does nothing.
  void kill();
  // Why it ended ("signal 11", "exit 3"), once it has; empty while it runs.
  std::string ended();

 private:
  HostProcess() = default;
  struct Child {
    pid_t pid = -1;
    Child() = default;
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    ~Child();
    void end();
  };
  Fd socket_, alarm_bell_, media_bell_;
  SharedMemory alarms_, media_;
  Child child_;
};

}  // namespace camfleet::device::hcnetsdk
