#include "device/testing/fake_camera.h"

#include <fstream>
#include <sstream>

#include "base/text.h"
#include "net/within.h"
#include "proto/rtp/packet.h"

namespace camfleet::device::testing {

net::Task<std::optional<rtsp::Request>> Talk::request() {
  for (;;) {
    ByteView in{buffer_.data(), buffer_.size()};
    auto message = parser_.next(in);
    buffer_.erase(buffer_.begin(), buffer_.end() - static_cast<std::ptrdiff_t>(in.size()));
    if (!message) co_return std::nullopt;
    if (*message) {
      if (auto* request = std::get_if<rtsp::Request>(&**message)) co_return std::move(*request);
      continue;
    }
    const auto had = buffer_.size();
    buffer_.resize(had + 4096);
    const auto got = co_await stream_.read_some(std::span(buffer_).subspan(had), kNever);
    buffer_.resize(had + (got ? *got : 0));
    if (!got) co_return std::nullopt;
  }
}

net::Task<> Talk::send(std::string_view rest) {
  while (!rest.empty()) {
    const auto part = rest.substr(0, slice_ == 0 ? rest.size() : slice_);
    rest.remove_prefix(part.size());
    const auto sent = co_await stream_.write(part, kNever);
    if (!sent) co_return;
    if (!rest.empty()) co_await net::asio::post(net::use_task);
  }
}

net::Task<std::string> Talk::http_request() {
  for (;;) {
    const auto text = as_text(buffer_);
    if (const auto end = text.find("\r\n\r\n"); end != std::string_view::npos) {
      std::size_t length = 0;
      if (const auto at = to_lower(text.substr(0, end)).find("content-length:");
          at != std::string_view::npos) {
        auto value = text.substr(at + 15, text.find('\r', at) - at - 15);
        length = parse_int<std::size_t>(trim(value)).value_or(0);
      }
      if (text.size() >= end + 4 + length) {
        std::string request{text.substr(0, end + 4 + length)};
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(request.size()));
        co_return request;
      }
    }
    const auto had = buffer_.size();
    buffer_.resize(had + 4096);
    const auto got = co_await stream_.read_some(std::span(buffer_).subspan(had), kNever);
    buffer_.resize(had + (got ? *got : 0));
    if (!got) co_return std::string{};
  }
}

FakeCamera::FakeCamera(net::Executor executor, Script script, std::size_t slice)
    : listener_(*net::TcpListener::bind(executor, net::Endpoint{net::asio::ip::address_v4::loopback(), 0})),
      script_(std::move(script)),
      slice_(slice),
      tasks_(executor, "fake camera") {
  tasks_.spawn(accept());
}

FakeCamera::~FakeCamera() = default;

net::Task<> FakeCamera::accept() {
  for (;;) {
    auto descriptor = co_await listener_.accept();
    auto stream = net::TcpStream::adopt(tasks_.executor(), std::move(descriptor));
    if (stream) tasks_.spawn(serve(std::move(*stream), ++connections_));
  }
}

net::Task<> FakeCamera::serve(net::TcpStream stream, int number) {
  Talk talk{std::move(stream), slice_};
  co_await script_(talk, number);
}

const net::AddressGuard& loopback_guard() {
  static const auto guard = *net::AddressGuard::parse({"127.0.0.0/8"});
  return guard;
}

std::string testdata(std::string_view folder, std::string_view name) {
  const auto path = std::string(CAMFLEET_SOURCE_DIR) + "/src/device/" + std::string(folder) + "/testdata/" +
                    std::string(name);
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error("no " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string frame(std::uint8_t channel, std::string_view payload) {
  std::string out(4, '\0');
  rtsp::write_frame_header(reinterpret_cast<std::uint8_t*>(out.data()), channel,
                           static_cast<std::uint16_t>(payload.size()));
  return out.append(payload);
}

std::string rtp_frame(std::uint8_t channel, std::uint8_t payload_type, bool marker, std::uint16_t sequence,
                      std::uint32_t timestamp, std::string_view payload) {
  std::string packet(rtp::kHeaderSize, '\0');
  rtp::write_header(reinterpret_cast<std::uint8_t*>(packet.data()), marker, payload_type, sequence, timestamp,
                    0x1234'5678);
  return frame(channel, packet.append(payload));
}

}  // namespace camfleet::device::testing
