// Any bytes, cut anywhere: the same messages, the same error, nothing past a limit, and what was read can be
// written and read again. Input: two bytes that choose the cuts, then the stream.
#include "fuzz.h"
#include "proto/rtsp/parser.h"
#include "proto/rtsp/resync.h"

using namespace camfleet;
using fuzz::require;

namespace {

struct Outcome {
  std::vector<std::string> messages;
  Code error = Code::ok;
  std::string place;
  bool operator==(const Outcome&) const = default;
};

void check_invariants(const rtsp::Headers& headers) {
  const rtsp::Limits limits;
  require(headers.size() <= limits.headers);
  for (const auto& [name, value] : headers) {
    require(!name.empty() && name.size() <= limits.name && value.size() <= limits.value);
    require(value.find_first_of(std::string_view("\0\r\n", 3)) == std::string::npos);
  }
}

template <class Text>
std::string checked_text(const Text& message) {
  check_invariants(message.headers);
  require(message.body.size() <= rtsp::Limits{}.body);
  return rtsp::serialise(message);
}

std::string describe(const rtsp::Message& message, ByteView buffer) {
  if (const auto* frame = std::get_if<rtsp::Frame>(&message)) {
    require(fuzz::is_inside(frame->payload, buffer));
    return "frame " + std::to_string(frame->channel) + to_hex(frame->payload);
  }
  if (const auto* request = std::get_if<rtsp::Request>(&message)) return checked_text(*request);
  return checked_text(std::get<rtsp::Response>(message));
}

Outcome feed(ByteView stream, std::size_t step) {
  Outcome outcome;
  rtsp::Parser parser;
  std::size_t taken = 0;
  for (auto cut = std::min(step, stream.size());; cut = std::min(cut + step, stream.size())) {
    auto in = stream.subspan(taken, cut - taken);
    const auto buffer = in;
    for (;;) {
      const auto before = in.size();
      auto message = parser.next(in);
      require(in.size() <= before);
      if (!message) {
        outcome.error = message.error().code;
        outcome.place = message.error().place;
        auto again = in;
        require(!parser.next(again) && again.size() == in.size());
        return outcome;
      }
      if (!*message) break;
      outcome.messages.push_back(describe(**message, buffer));
    }
    require(in.empty() || in.front() == '$');
    taken = cut - in.size();
    require(parser.position() == taken);
    if (cut == stream.size()) return outcome;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const auto step = std::size_t{input.word()} % 4096 + 1;
  const auto stream = input.rest();
  const auto whole = feed(stream, stream.size() + 1);
  require(feed(stream, step) == whole);
  if (stream.size() < 2048) require(feed(stream, 1) == whole);

  std::bitset<256> channels;
  channels.set(0).set(1);
  rtsp::Resync resync(channels, 1024);
  auto in = stream;
  const auto found = resync.scan(in);
  require(resync.dropped() <= 1024 && resync.dropped() == stream.size() - in.size());
  require(!found || !*found || in.front() == '$' || in.front() == 'R');
  return 0;
}
