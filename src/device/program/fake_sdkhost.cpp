// Stands for camfleet-sdkhost in the tests of hosts: speaks its wire, has no library. What it does beside
// answering is asked for by the user name of a login and by CAMFLEET_FAKE in its environment.
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/descriptors.h"
#include "proto/sdkhost/message.h"
#include "proto/sdkhost/ring.h"

using namespace camfleet;
using namespace camfleet::sdkhost;

namespace {

RingWriter open_ring(int fd, std::span<std::uint8_t>& memory) {
  struct stat what {};
  ::fstat(fd, &what);
  auto* data =
      ::mmap(nullptr, static_cast<std::size_t>(what.st_size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  memory = {static_cast<std::uint8_t*>(data), static_cast<std::size_t>(what.st_size)};
  return *RingWriter::open(memory);
}

void wake(RingWriter& ring, int bell) {
  const std::uint64_t one = 1;
  if (ring.wake() && ::write(bell, &one, sizeof one) != sizeof one) std::abort();
}

void send(const std::string& message) {
  if (::send(kSocketFd, message.data(), message.size(), MSG_NOSIGNAL) < 0) std::exit(0);
}

// Several pings long, as a library that logs its devices out; a file says that it came to its end.
int leave_slowly() {
  ::usleep(300'000);
  const char* file = std::getenv("CAMFLEET_FAKE_LEFT");
  return file != nullptr && ::close(::creat(file, 0600)) == 0 ? 0 : 7;
}

}  // namespace

int main() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const char* asked = std::getenv("CAMFLEET_FAKE");
  const std::string how = asked != nullptr ? asked : "";
  if (how == "exit") return 3;
  std::span<std::uint8_t> memory;
  auto alarms = open_ring(kAlarmRingFd, memory);
  std::uint32_t stuck = how == "stuck" ? 1 : 0;  // the device whose call does not return
  std::string buffer(kMaxMessage + 4096, '\0');
  for (;;) {
    const auto got = ::recv(kSocketFd, buffer.data(), buffer.size(), 0);
    if (got <= 0) return how == "slow" ? leave_slowly() : 0;
    auto request = decode_request({buffer.data(), static_cast<std::size_t>(got)});
    if (!request) return 4;
    Answer answer{request->number};
    if (std::holds_alternative<Init>(request->what)) {
      if (how == "unreadable") {
        answer.outcome = Outcome::unreadable;
        answer.text = "no libhcnetsdk.so";
      } else {
        answer.body = encode_body(InitResult{.version = 1, .logins = 2048, .streams = 100, .alarms = 2048});
      }
    } else if (std::holds_alternative<Ping>(request->what)) {
      answer.body = encode_body(
          Pong{.oldest_ms = stuck != 0 ? 3'600'000U : 0U, .oldest_device = stuck, .resident_kib = 4096});
    } else if (const auto* login = std::get_if<Login>(&request->what)) {
      if (login->user == "crash") std::abort();
      if (login->user == "crash in call") {
        send(encode(Notice{NoticeKind::died_in_call, login->device, 0}));
        std::abort();
      }
      if (login->user == "stick") {
        stuck = login->device;
        continue;
      }
      if (login->user == "rubbish") send("rubbish");
      if (login->user == "wild") {
        std::fill(memory.begin() + 8, memory.begin() + 200, std::uint8_t{0xA5});
        const std::uint64_t one = 1;
        if (::write(kAlarmBellFd, &one, sizeof one) != sizeof one) return 5;
        continue;
      }
      const int count = login->user == "alarms"       ? 3
                        : login->user == "last words" ? 20
                        : login->user == "flood"      ? 400
                                                      : 0;
      const std::size_t size = login->user == "flood" ? 28'000 : 100;
      if (count > 0)
        for (int i = 0; i < count; ++i) {
          Alarm alarm;
          alarm.device = login->device;
          alarm.type = "vmd";
          alarm.channel = i + 1;
          alarm.description.assign(size, 'x');
          const auto record = encode_body(alarm);
          while (!alarms.write({as_bytes(record)})) {
            wake(alarms, kAlarmBellFd);
            ::usleep(500);
          }
          if (login->user != "last words") wake(alarms, kAlarmBellFd);
        }
      if (login->user == "last words") ::raise(SIGKILL);
      if (login->user == "wrong") {
        answer.outcome = Outcome::library;
        answer.error = 1;
      }
      answer.body = encode_body(LoginResult{.serial = "FAKE-" + std::to_string(login->device)});
    } else if (const auto* logout = std::get_if<Logout>(&request->what)) {
      (void)logout;
      continue;
    } else if (std::holds_alternative<Snapshot>(request->what)) {
      // A long answer, in pieces.
      for (int i = 0; i < 10; ++i) {
        answer.body.assign(50'000, static_cast<char>('a' + i));
        answer.more = i < 9;
        if (answer.more) send(encode(answer));
      }
    }
    send(encode(answer));
  }
}
