// The HTTP client against a hostile device: answers with lengths, chunks, endless bodies, cuts, answers that
// nobody asked for, on kept connections and new ones. Three requests and a stream on one connection.
//
// Once the device is gone every call ends; a body is not larger than its limit; a kept connection is never
// one on which bytes were left over; a request goes out twice at most.
#include <sanitizer/allocator_interface.h>

#include "net/http_client.h"
#include "scripted_peer.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr std::size_t kMemory = 4 * 1024 * 1024;
constexpr std::size_t kBody = 8 * 1024;

class Device {
 public:
  Device(fuzz::Input& input, fuzz::ScriptedPeer& peer) : input_(input), peer_(peer) {}
  bool step() {
    if (peer_.accept()) return true;
    (void)peer_.received();
    if (steps_++ >= 48 || input_.empty()) {
      peer_.forget();
      return false;
    }
    static constexpr std::string_view kHeads[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        "5\r\nhello\r\n",
        "0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nuntil the end",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 8192\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 8193\r\n\r\n"};
    const auto what = input_.byte();
    switch (what & 15) {
      case 10:
      case 11:
        peer_.send(as_text(input_.take(input_.byte())));
        break;
      case 12:
        peer_.send(std::string(input_.byte() * 64U, 'x'));
        break;
      case 13:
        peer_.end_of_stream();
        break;
      case 14:
        peer_.forget();
        break;
      case 15:
        peer_.send("HTTP/1.1 200 OK\r\n" + std::string(as_text(input_.take(input_.byte() % 64U))) +
                   "\r\n\r\n");
        break;
      default:
        peer_.send(kHeads[what & 15]);
    }
    return true;
  }

 private:
  fuzz::Input& input_;
  fuzz::ScriptedPeer& peer_;
  int steps_ = 0;
};

net::Task<> talk(net::HttpConnection& connection, std::uint8_t how) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{4};
  for (int i = 0; i < 3; ++i) {
    net::HttpRequest request;
    request.target = "/ISAPI/System/deviceInfo";
    if ((how >> i & 1) != 0) {
      request.method = "PUT";
      request.body = "<a/>";
    }
    const auto response = co_await connection.request(request, deadline, kBody);
    if (!response) {
      require(!connection.connected());
      continue;
    }
    require(response->status >= 200 && response->status <= 599 && response->body.size() <= kBody);
  }
  net::HttpRequest stream;
  stream.target = "/ISAPI/Event/notification/alertStream";
  const auto head = co_await connection.open_stream(stream, deadline);
  if (!head) co_return;
  if ((how & 8) != 0) {
    const auto body = co_await connection.finish_body(deadline, kBody);
    require(!body || body->size() <= kBody);
    co_return;
  }
  for (;;) {
    const auto piece = co_await connection.read_body(deadline);
    if (!piece || piece->empty()) co_return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::ScriptedPeer peer;
  static const auto guard = *net::AddressGuard::parse({"127.0.0.1/32"});
  peer.reset();
  fuzz::Input input{data, size};
  const auto how = input.byte();
  const auto before = __sanitizer_get_current_allocated_bytes();
  net::asio::io_context context{1};
  net::HttpConnection connection{guard, {"127.0.0.1", peer.port()}};
  Device device{input, peer};
  const std::function<bool()> step = [&] {
    require(__sanitizer_get_current_allocated_bytes() < before + kMemory);
    return device.step();
  };
  fuzz::run_against(context, talk(connection, how), step);
  require(peer.connections() <= 8);
  return 0;
}
