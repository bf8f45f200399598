#include "net/udp.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>

#include "net/address.h"
#include "net/descriptor.h"
#include "net/tcp.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using DatagramSocket = asio::basic_datagram_socket<asio::ip::udp, Executor>;

constexpr unsigned kTurn = 32;  // datagrams in a row, then others have their turn
constexpr auto kPause = std::chrono::milliseconds{100};

sockaddr_in to_sockaddr(const Endpoint& endpoint) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(endpoint.port());
  out.sin_addr.s_addr = htonl(endpoint.address().to_v4().to_uint());
  return out;
}

Address address_of(const in_addr& raw) { return asio::ip::address_v4{ntohl(raw.s_addr)}; }

Error open_error(int error, const Endpoint& at) {
  const std::string place = "listen on udp " + to_string(at);
  if (error == EADDRINUSE) return {Code::config_port_in_use, place};
  if (error == EADDRNOTAVAIL) return {Code::config_invalid, place + ": not an address of this machine"};
  if (error == EACCES || error == EPERM) return {Code::config_invalid, place + ": not permitted"};
  return error_of_errno(error, place);
}

bool set(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

int membership(int fd, int name, const Address& group, unsigned interface) {
  ip_mreqn request{};
  request.imr_multiaddr.s_addr = htonl(group.to_v4().to_uint());
  request.imr_ifindex = static_cast<int>(interface);
  return ::setsockopt(fd, IPPROTO_IP, name, &request, sizeof request) == 0 ? 0 : errno;
}

Address address_of(const sockaddr* raw) {
  if (raw->sa_family == AF_INET) return address_of(reinterpret_cast<const sockaddr_in*>(raw)->sin_addr);
  asio::ip::address_v6::bytes_type bytes;
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(raw);
  std::memcpy(bytes.data(), &v6->sin6_addr, bytes.size());
  return asio::ip::address_v6{bytes, v6->sin6_scope_id};
}

}  // namespace

Result<std::vector<NetworkInterface>> network_interfaces() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return fail(error_of_errno(errno, "getifaddrs"));
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner{list, ::freeifaddrs};
  std::map<unsigned, NetworkInterface> found;
  for (const auto* each = list; each != nullptr; each = each->ifa_next) {
    const unsigned index = ::if_nametoindex(each->ifa_name);
    if (index == 0) continue;
    auto& out = found[index];
    out.index = index;
    out.name = each->ifa_name;
    out.up = (each->ifa_flags & IFF_UP) != 0;
    out.multicast = (each->ifa_flags & IFF_MULTICAST) != 0;
    out.loopback = (each->ifa_flags & IFF_LOOPBACK) != 0;
    if (each->ifa_addr == nullptr) continue;
    if (each->ifa_addr->sa_family == AF_INET || each->ifa_addr->sa_family == AF_INET6)
      out.addresses.push_back(address_of(each->ifa_addr));
  }
  std::vector<NetworkInterface> out;
  out.reserve(found.size());
  for (auto& [index, interface] : found) out.push_back(std::move(interface));
  return out;
}

struct UdpSocket::State {
  explicit State(Executor executor) : socket(executor) {}
  DatagramSocket socket;
  Endpoint local;
  std::uint64_t lost = 0;
  std::uint32_t lost_before = 0;  // the kernel's counter wraps
  unsigned in_a_row = 0;

  int fd() { return socket.native_handle(); }
  void read_controls(msghdr& message, Datagram& out);
};

UdpSocket::UdpSocket(std::unique_ptr<State> state) : state_(std::move(state)) {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

Result<UdpSocket> UdpSocket::open(Executor executor, const UdpOptions& options) {
  const auto& at = options.at;
  if (!at.address().is_v4()) return fail(Code::config_invalid, "udp " + to_string(at) + ": wants IPv4");
  Descriptor owner{::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)};
  if (!owner) return fail(open_error(errno, at));
  const int fd = owner.fd();
  // Not SO_REUSEPORT: it would share out what is sent to one of us alone.
  if (options.share) set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (!options.device.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.data(),
                                              static_cast<socklen_t>(options.device.size())) != 0)
    return fail(Code::config_invalid, "device " + options.device);
  // The first passes the system's limit, where we may.
  if (options.receive_buffer > 0 && !set(fd, SOL_SOCKET, SO_RCVBUFFORCE, options.receive_buffer))
    set(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer);
  if (!set(fd, IPPROTO_IP, IP_PKTINFO, 1) || !set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0))
    return fail(open_error(errno, at));
  set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  const auto name = to_sockaddr(at);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0)
    return fail(open_error(errno, at));
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return fail(open_error(errno, at));

  auto state = std::make_unique<State>(executor);
  state->local = Endpoint{address_of(bound.sin_addr), ntohs(bound.sin_port)};
  ErrorCode error;
  state->socket.assign(asio::ip::udp::v4(), fd, error);
  if (error) return fail(open_error(error.value(), at));
  owner.take_fd();
  return UdpSocket{std::move(state)};
}

Endpoint UdpSocket::local() const { return state_->local; }
std::uint64_t UdpSocket::lost() const { return state_->lost; }

int UdpSocket::receive_buffer() const {
  int value = 0;
  socklen_t size = sizeof value;
  ::getsockopt(state_->fd(), SOL_SOCKET, SO_RCVBUF, &value, &size);
  return value;
}

Result<> UdpSocket::join(const Address& group, unsigned interface) {
  const int error = membership(state_->fd(), IP_ADD_MEMBERSHIP, group, interface);
  if (error == 0 || error == EADDRINUSE) return {};
  return fail(error_of_errno(error, "join " + group.to_string()));
}

void UdpSocket::leave(const Address& group, unsigned interface) {
  membership(state_->fd(), IP_DROP_MEMBERSHIP, group, interface);
}

void UdpSocket::State::read_controls(msghdr& message, Datagram& out) {
  for (cmsghdr* each = CMSG_FIRSTHDR(&message); each != nullptr; each = CMSG_NXTHDR(&message, each)) {
    if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(each), sizeof info);
      out.interface = static_cast<unsigned>(info.ipi_ifindex);
      out.to = address_of(info.ipi_addr);
    } else if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_RXQ_OVFL) {
      std::uint32_t dropped = 0;
      std::memcpy(&dropped, CMSG_DATA(each), sizeof dropped);
      lost += static_cast<std::uint32_t>(dropped - lost_before);
      lost_before = dropped;
    }
  }
}

Task<UdpSocket::Datagram> UdpSocket::receive(std::span<std::uint8_t> buffer) {
  for (;;) {
    if (++state_->in_a_row % kTurn == 0) co_await asio::post(state_->socket.get_executor(), use_task);
    sockaddr_in from{};
    iovec part{buffer.data(), buffer.size()};
    alignas(cmsghdr) char controls[CMSG_SPACE(sizeof(in_pktinfo)) + CMSG_SPACE(sizeof(std::uint32_t))];
    msghdr message{};
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = controls;
    message.msg_controllen = sizeof controls;
    const auto got = ::recvmsg(state_->fd(), &message, MSG_DONTWAIT);
    if (got >= 0) {
      Datagram out;
      out.from = Endpoint{address_of(from.sin_addr), ntohs(from.sin_port)};
      out.size = static_cast<std::size_t>(got);
      out.cut = (message.msg_flags & MSG_TRUNC) != 0;
      state_->read_controls(message, out);
      co_return out;
    }
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      co_await state_->socket.async_wait(DatagramSocket::wait_read, use_task);
    } else if (error == ENOBUFS || error == ENOMEM) {
      co_await sleep_for(kPause);
    }
    // Anything else (EINTR, ECONNREFUSED and its like) is about a datagram of ours.
  }
}

Result<> UdpSocket::send(ByteView bytes, const Endpoint& to, unsigned interface, const Address& from) {
  const std::string place = "send to udp " + to_string(to);
  if (!to.address().is_v4()) return fail(Code::net_unreachable, place);
  auto name = to_sockaddr(to);
  iovec part{const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) char controls[CMSG_SPACE(sizeof(in_pktinfo))]{};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = controls;
  message.msg_controllen = sizeof controls;
  cmsghdr* const control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
  in_pktinfo info{};
  info.ipi_ifindex = static_cast<int>(interface);
  if (from.is_v4()) info.ipi_spec_dst.s_addr = htonl(from.to_v4().to_uint());
  std::memcpy(CMSG_DATA(control), &info, sizeof info);
  if (::sendmsg(state_->fd(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return {};
  return fail(error_of_errno(errno, place));
}

}  // namespace camfleet::net
