// Whether the gateway could listen, and who does instead.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "base/text.h"
#include "cli/doctor/check.h"
#include "net/address.h"

namespace camfleet::cli::doctor {
namespace {

// Inodes of the sockets that listen on the port: /proc/net/tcp, columns "sl local rem st ... inode".
void add_inodes(const std::filesystem::path& table, unsigned port, std::set<std::string>& inodes) {
  std::ifstream in{table};
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream words{line};
    std::string slot, local, remote, state, skip, inode;
    words >> slot >> local >> remote >> state;
    for (int i = 0; i < 5; ++i) words >> skip;
    words >> inode;
    const auto colon = local.rfind(':');
    if (state != "0A" || colon == local.npos) continue;  // LISTEN
    if (parse_int<unsigned>(std::string_view{local}.substr(colon + 1), 16) == port) inodes.insert(inode);
  }
}

// The errno of bind and listen, 0: free.
int try_to_bind(const net::Address& address, std::uint16_t port) {
  const net::Endpoint endpoint{address, port};
  const int socket = ::socket(address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return errno;
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int why = 0;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(endpoint.data()),
             static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(socket, 1) != 0)
    why = errno;
  ::close(socket);
  return why;
}

}  // namespace

std::string listener_of(const Machine& machine, unsigned port) {
  std::set<std::string> inodes;
  add_inodes(machine.proc / "net/tcp", port, inodes);
  add_inodes(machine.proc / "net/tcp6", port, inodes);
  std::error_code error;
  for (const auto& process : std::filesystem::directory_iterator{machine.proc, error}) {
    const auto pid = parse_int<int>(process.path().filename().string());
    if (!pid) continue;
    for (std::filesystem::directory_iterator file{process.path() / "fd", error}, end; !error && file != end;
         file.increment(error)) {
      const auto target = std::filesystem::read_symlink(file->path(), error).string();
      if (!target.starts_with("socket:[") || !inodes.contains(target.substr(8, target.size() - 9))) continue;
      std::ifstream in{process.path() / "comm"};
      std::string name;
      std::getline(in, name);
      return fmt::format("{} (process {})", name, *pid);
    }
    error.clear();
  }
  return {};
}

Check port(const Machine& machine, const std::string& name, const std::string& host_port) {
  Check check{name, Grade::ok, host_port, {}};
  const auto where = net::parse_host_port(host_port);
  const auto address =
      where ? net::parse_address(where->host == "localhost" ? "127.0.0.1" : where->host) : std::nullopt;
  if (!address) return {name, Grade::fail, host_port, "wants HOST:PORT with a numeric address"};
  const int why = where->port == 0 ? 0 : try_to_bind(*address, where->port);
  if (why == 0) {
    check.found += " is free";
  } else if (why == EADDRINUSE) {
    const auto who = listener_of(machine, where->port);
    check.found += who.empty() ? " is in use, by a process that we may not see" : " is held by " + who;
    if (who.starts_with("camfleet ")) return check;
    check.grade = who.empty() ? Grade::warn : Grade::fail;
    check.advice =
        fmt::format("unless that is the gateway: end it, or start the gateway with another --{} HOST:PORT",
                    name.substr(0, 4));
  } else {
    check.grade = Grade::fail;
    check.found += fmt::format(": {}", std::strerror(why));
    check.advice = why == EACCES
                       ? "ports below 1024 want AmbientCapabilities=CAP_NET_BIND_SERVICE, or another port"
                   : why == EADDRNOTAVAIL ? "no interface of this machine has this address"
                                          : "";
  }
  return check;
}

}  // namespace camfleet::cli::doctor
