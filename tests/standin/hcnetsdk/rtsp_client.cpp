#include "rtsp_client.h"

#include <array>
#include <variant>

#include "base/text.h"
#include "sdkhost/abi_errors.h"

namespace camfleet::standin {
namespace {
namespace abi = sdkhost::abi;

constexpr std::string_view kAgent = "NKPlayer-1.00.00.081112";

std::uint32_t number_of(int status) {
  switch (status) {
    case 200:
      return abi::error_none;
    case 401:
    case 403:
      return abi::error_rtsp_permission;
    case 404:
      return abi::error_rtsp_not_found;
    case 453:
    case 503:
      return abi::error_rtsp_channels;
    default:
      return 410;  // DESCRIBE failed, in general
  }
}

}  // namespace

std::uint32_t RtspClient::play(const Where& where, std::uint16_t port, const std::string& path,
                               Limits limits) {
  close();
  if (!socket_.connect(where.address, port, limits.connect)) return abi::error_connect;
  const bool v6 = where.address.find(':') != std::string::npos;
  const auto host = v6 ? "[" + where.address + "]" : where.address;
  const auto url = "rtsp://" + host + ":" + std::to_string(port) + path;

  rtsp::Response answer;
  if (const auto error = ask("DESCRIBE", url, {{"Accept", "application/sdp"}}, answer, where, limits);
      error != 0)
    return error;
  description_ = answer.body;
  const auto session = sdp::parse(description_);
  if (!session) return abi::error_bad_data;
  for (const auto& media : session->medias) {
    const bool video = media.kind == "video";
    if (media.is_back_channel() || (!video && media.kind != "audio")) continue;
    const auto channel = std::to_string(2 * tracks_.size());
    const auto transport =
        "RTP/AVP/TCP;unicast;interleaved=" + channel + "-" + std::to_string(2 * tracks_.size() + 1);
    // An absolute control is put behind the address too: so does the real library.
    const auto control = url + "/" + media.control;
    rtsp::Headers headers{{"Transport", transport}};
    if (!session_.empty()) headers.add("Session", session_);
    if (const auto error = ask("SETUP", control, std::move(headers), answer, where, limits); error != 0)
      return error;
    std::string_view id = answer.headers.get("Session").value_or("");
    session_ = trim(take_until(id, ';'));
    tracks_.push_back({media.formats.front(), video});
  }
  if (tracks_.empty()) return abi::error_bad_data;
  return ask("PLAY", url, {{"Session", session_}, {"Range", "npt=0.000-"}}, answer, where, limits);
}

std::uint32_t RtspClient::ask(std::string_view method, const std::string& url, rtsp::Headers headers,
                              rtsp::Response& answer, const Where& where, Limits limits) {
  digest::Attempt attempt{digest_, false};
  for (;;) {
    rtsp::Request request{.method = std::string{method}, .url = url, .headers = {}, .body = {}};
    request.headers.add("CSeq", std::to_string(cseq_++));
    request.headers.add("User-Agent", std::string{kAgent});
    for (const auto& header : headers) request.headers.add(header.name, header.value);
    if (auto login = attempt.authorization(method, url, where.username, where.password); !login.empty())
      request.headers.add("Authorization", std::move(login));
    if (!socket_.send(rtsp::serialise(request), limits.receive)) return abi::error_send;
    bool got = false;
    while (!got) {
      ByteView in{rest_};
      for (rtsp::Frame frame;;) {
        if (parser_.take_frame(in, frame)) continue;
        auto message = parser_.next(in);
        if (!message) return abi::error_bad_data;
        if (!*message) break;
        if (auto* response = std::get_if<rtsp::Response>(&**message)) {
          answer = std::move(*response);
          got = true;
          break;
        }
      }
      rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(in.size()));
      if (got) break;
      if (const auto read_now = read(limits.receive); read_now != Socket::Got::bytes)
        return read_now == Socket::Got::timeout ? abi::error_receive_timeout : abi::error_receive;
    }
    const auto challenges = answer.headers.all("WWW-Authenticate");
    const auto verdict = attempt.answered(answer.status, challenges);
    if (verdict.next == digest::Attempt::Verdict::Next::again) continue;
    if (verdict.next == digest::Attempt::Verdict::Next::failed) return abi::error_rtsp_permission;
    return number_of(answer.status);
  }
}

Socket::Got RtspClient::read(std::chrono::milliseconds limit) {
  std::array<std::uint8_t, 64 * 1024> buffer;
  std::size_t size = 0;
  const auto got = socket_.receive(buffer, size, limit);
  if (got == Socket::Got::bytes)
    rest_.insert(rest_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  return got;
}

bool RtspClient::receive(const std::function<void(const Packet&)>& take, std::chrono::milliseconds limit) {
  if (rest_.empty() && read(limit) != Socket::Got::bytes) return false;
  const auto had = rest_.size();
  ByteView in{rest_};
  for (rtsp::Frame frame;;) {
    if (parser_.take_frame(in, frame)) {
      const std::size_t track = frame.channel / 2;
      if (frame.channel % 2 == 0 && track < tracks_.size()) take({track, frame.payload});
      continue;
    }
    const auto message = parser_.next(in);
    if (!message) return false;
    if (!*message) break;
  }
  rest_.erase(rest_.begin(), rest_.end() - static_cast<std::ptrdiff_t>(in.size()));
  return rest_.size() != had || read(limit) == Socket::Got::bytes;
}

void RtspClient::close() {
  socket_.close();
  parser_ = rtsp::Parser{};
  rest_.clear();
  digest_.reset();
  cseq_ = 0;
  session_.clear();
  tracks_.clear();
}

}  // namespace camfleet::standin
