#include "net/datagrams.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cerrno>
#include <cstring>

#include "net/address.h"
#include "net/descriptor.h"
#include "net/tcp.h"

namespace camfleet::net {
namespace {

using DatagramSocket = asio::basic_datagram_socket<asio::ip::udp, Executor>;

constexpr std::size_t kLargest = 65'536;  // no datagram is longer
constexpr std::size_t kSendBatch = 128;

Error open_error(int error, const Endpoint& at) {
  const std::string place = "udp " + to_string(at);
  if (error == EADDRINUSE) return {Code::config_port_in_use, place};
  if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
    return {Code::config_invalid, place + ": not an address of this machine"};
  if (error == EACCES || error == EPERM) return {Code::config_invalid, place + ": not permitted"};
  return error_of_errno(error, place);
}

// The first passes the system's limit, where we may.
void set_buffer(int fd, int forced, int usual, int bytes) {
  if (bytes <= 0) return;
  if (::setsockopt(fd, SOL_SOCKET, forced, &bytes, sizeof bytes) != 0)
    ::setsockopt(fd, SOL_SOCKET, usual, &bytes, sizeof bytes);
}

Endpoint endpoint_of(const sockaddr_storage& name) {
  Endpoint out;
  const std::size_t size = name.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  out.resize(size);
  std::memcpy(out.data(), &name, size);
  return out;
}

// What receive() fills; one a thread, for its result is used up before another socket's turn. The pages that
// no datagram reaches are never touched.
struct Inbox {
  Inbox() : bytes(new std::uint8_t[kLargest * Datagrams::kBatch]) {
    for (std::size_t i = 0; i < Datagrams::kBatch; ++i) {
      parts[i] = {bytes.get() + i * kLargest, kLargest};
      auto& header = messages[i].msg_hdr;
      header = {};
      header.msg_iov = &parts[i];
      header.msg_iovlen = 1;
      header.msg_name = &names[i];
    }
  }
  static constexpr std::size_t kControl = CMSG_SPACE(sizeof(std::uint32_t));
  std::unique_ptr<std::uint8_t[]> bytes;
  std::array<iovec, Datagrams::kBatch> parts{};
  std::array<sockaddr_storage, Datagrams::kBatch> names{};
  std::array<mmsghdr, Datagrams::kBatch> messages{};
  struct alignas(cmsghdr) Control {
    char bytes[kControl];
  };
  std::array<Control, Datagrams::kBatch> controls{};
  std::array<Datagrams::Received, Datagrams::kBatch> received;
};

Inbox& inbox() {
  thread_local const auto box = std::make_unique<Inbox>();
  return *box;
}

// The control message that names the address which datagrams come from.
class FromControl {
 public:
  FromControl(const Address& from, const Endpoint& to) {
    if (from.is_unspecified() || from.is_v4() != to.address().is_v4()) return;
    if (from.is_v4()) {
      in_pktinfo info{};
      info.ipi_spec_dst.s_addr = htonl(from.to_v4().to_uint());
      write(IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else {
      in6_pktinfo info{};
      const auto raw = from.to_v6().to_bytes();
      std::memcpy(&info.ipi6_addr, raw.data(), raw.size());
      write(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
  }
  void put_into(msghdr& header) {
    header.msg_control = size_ > 0 ? bytes_ : nullptr;
    header.msg_controllen = size_;
  }

 private:
  void write(int level, int type, const void* data, std::size_t size) {
    auto* control = reinterpret_cast<cmsghdr*>(bytes_);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(control), data, size);
    size_ = CMSG_SPACE(size);
  }
  alignas(cmsghdr) char bytes_[CMSG_SPACE(sizeof(in6_pktinfo))]{};
  std::size_t size_ = 0;
};

}  // namespace

struct Datagrams::State {
  explicit State(Executor executor) : socket(executor) {}
  DatagramSocket socket;
  Endpoint local;
  std::uint64_t overrun = 0;
  std::uint32_t overrun_before = 0;  // the kernel's counter wraps

  int fd() { return socket.native_handle(); }
  void read_overrun(msghdr& header) {
    for (cmsghdr* each = CMSG_FIRSTHDR(&header); each != nullptr; each = CMSG_NXTHDR(&header, each)) {
      if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t dropped = 0;
      std::memcpy(&dropped, CMSG_DATA(each), sizeof dropped);
      overrun += static_cast<std::uint32_t>(dropped - overrun_before);
      overrun_before = dropped;
    }
  }
};

Datagrams::Datagrams() = default;
Datagrams::Datagrams(std::unique_ptr<State> state) : state_(std::move(state)) {}
Datagrams::Datagrams(Datagrams&&) noexcept = default;
Datagrams& Datagrams::operator=(Datagrams&&) noexcept = default;
Datagrams::~Datagrams() = default;

Result<Datagrams> Datagrams::open(Executor executor, const DatagramOptions& options) {
  const auto& at = options.at;
  const bool v4 = at.address().is_v4();
  Descriptor owner{::socket(v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP)};
  if (!owner) return fail(open_error(errno, at));
  const int fd = owner.fd();
  const int on = 1;
  if (!v4) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
  if (!options.device.empty() && ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, options.device.data(),
                                              static_cast<socklen_t>(options.device.size())) != 0)
    return fail(Code::config_invalid, "device " + options.device);
  set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, options.receive_buffer);
  set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, options.send_buffer);
  if (::bind(fd, at.data(), static_cast<socklen_t>(at.size())) != 0) return fail(open_error(errno, at));
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return fail(open_error(errno, at));

  auto state = std::make_unique<State>(executor);
  state->local = endpoint_of(bound);
  ErrorCode error;
  state->socket.assign(v4 ? asio::ip::udp::v4() : asio::ip::udp::v6(), fd, error);
  if (error) return fail(open_error(error.value(), at));
  owner.take_fd();
  return Datagrams{std::move(state)};
}

Endpoint Datagrams::local() const { return state_ ? state_->local : Endpoint{}; }
std::uint64_t Datagrams::overrun() const { return state_ ? state_->overrun : 0; }

std::span<const Datagrams::Received> Datagrams::receive() {
  if (!state_) return {};
  auto& box = inbox();
  for (std::size_t i = 0; i < kBatch; ++i) {
    auto& header = box.messages[i].msg_hdr;
    header.msg_namelen = sizeof(sockaddr_storage);
    header.msg_control = &box.controls[i];
    header.msg_controllen = Inbox::kControl;
  }
  // EINTR, ECONNREFUSED and its like are about datagrams of ours, told once each.
  int got = -1;
  for (int tries = 0; got < 0 && tries < 8; ++tries) {
    got = ::recvmmsg(state_->fd(), box.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
  }
  for (int i = 0; i < got; ++i) {
    auto& message = box.messages[static_cast<std::size_t>(i)];
    state_->read_overrun(message.msg_hdr);
    const auto* from = static_cast<const std::uint8_t*>(message.msg_hdr.msg_iov->iov_base);
    box.received[static_cast<std::size_t>(i)] = {ByteView{from, message.msg_len},
                                                 endpoint_of(box.names[static_cast<std::size_t>(i)])};
  }
  return std::span{box.received}.first(static_cast<std::size_t>(std::max(got, 0)));
}

Task<Result<>> Datagrams::wait_readable() {
  if (!state_) co_return fail(Code::net_closed);
  co_await state_->socket.async_wait(DatagramSocket::wait_read, use_task);
  co_return Result<>{};
}

Result<std::size_t> Datagrams::send(std::span<const ByteView> parts, const Endpoint& to,
                                    const Address& from) {
  if (!state_) return fail(Code::net_closed);
  FromControl control{from, to};
  std::array<mmsghdr, kSendBatch> messages;
  std::array<iovec, kSendBatch> vectors;
  std::size_t sent = 0;
  while (sent < parts.size()) {
    const auto count = std::min(parts.size() - sent, kSendBatch);
    for (std::size_t i = 0; i < count; ++i) {
      const auto part = parts[sent + i];
      vectors[i] = {const_cast<std::uint8_t*>(part.data()), part.size()};
      auto& header = messages[i].msg_hdr;
      header = {};
      header.msg_name = const_cast<sockaddr*>(to.data());
      header.msg_namelen = static_cast<socklen_t>(to.size());
      header.msg_iov = &vectors[i];
      header.msg_iovlen = 1;
      control.put_into(header);
    }
    const int took =
        ::sendmmsg(state_->fd(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (took > 0) {
      sent += static_cast<std::size_t>(took);
      continue;
    }
    const int error = errno;
    if (error == EINTR) continue;
    if (error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM) break;
    if (sent > 0) break;  // told with the next call
    return fail(error_of_errno(error, "udp to " + to_string(to)));
  }
  return sent;
}

}  // namespace camfleet::net
