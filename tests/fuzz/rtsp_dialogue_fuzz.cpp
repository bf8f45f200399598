// What a device answers and what we make of it: a description leads to tracks on the host that we dialled,
// and to no other; answers find the request that they belong to; a keep-alive is a method that exists.
#include "base/text.h"
#include "device/rtsp/dialogue.h"
#include "device/rtsp/tracks.h"
#include "fuzz.h"
#include "proto/rtsp/parser.h"

using namespace camfleet;
using fuzz::require;

namespace {

const url::Url& dialled() {
  static const auto one = url::parse("rtsp://192.0.2.7:8554/Streaming/Channels/101?a=b").value().url;
  return one;
}

void ours(const url::Url& address) {
  require(address.scheme == "rtsp" && address.host == dialled().host &&
          address.effective_port() == dialled().effective_port());
  require(address.text().find_first_of("\r\n\0 ") == std::string::npos);
}

void describe(const rtsp::Response& response) {
  const auto session = sdp::parse(response.body);
  if (!session) return;
  const auto base = device::base_of(response.headers.get("Content-Base").value_or(""),
                                    response.headers.get("Content-Location").value_or(""), dialled());
  if (const auto aggregate = device::aggregate_control(*session, base, dialled())) ours(*aggregate);
  if (const auto wanted = device::wanted_tracks(*session, base, dialled())) {
    require(!wanted->empty() && wanted->size() <= 2);
    for (const auto& track : *wanted) {
      ours(track.control);
      require(track.payload_types.size() <= 32 && track.track.clock_rate > 0);
      require(track.track.audio_channels >= 1 && track.track.audio_channels <= 8);
    }
  }
  const auto profile = device::profile_of(*session);
  require(profile.width <= 16'384 && profile.height <= 16'384 && profile.fps_x100 <= 50'000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto in = ByteView{data, size};
  rtsp::Parser parser;
  device::Outstanding outstanding;
  device::KeepAlive keep_alive;
  std::uint32_t sent = 0;
  std::uint32_t answered = 0;
  for (;;) {
    const auto message = parser.next(in);
    if (!message || !*message) break;
    outstanding.sent(++sent);
    if (const auto* request = std::get_if<rtsp::Request>(&**message)) {
      const auto answer = device::answer_to(*request);
      require(answer.status == 200 || answer.status == 501);
    }
    const auto* response = std::get_if<rtsp::Response>(&**message);
    if (response == nullptr) continue;
    const auto which = outstanding.answered(*response);
    require(which > answered && which <= sent);  // never one that was answered before
    answered = which;
    const auto error = device::error_of(*response, "SETUP");
    require(error.code != Code::ok && is_utf8(error.place) && error.retry_after_s >= 0);
    keep_alive.answered(*response);
    const auto method = keep_alive.method();
    require(method == "OPTIONS" || method == "SET_PARAMETER" || method == "GET_PARAMETER");
    describe(*response);
  }
  return 0;
}
