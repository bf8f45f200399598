// A program stream of any bytes, in any pieces: the same pictures and sounds come out wherever it is cut,
// memory stays bounded, and the RTP made of it is well-formed and without a gap. Input: a byte (1: with a
// head in front), a byte that says how large the pieces are, the stream.
#include "fuzz.h"
#include "proto/ps/rtp_stream.h"
#include "proto/ps/testing/writer.h"
#include "proto/rtp/packet.h"

#include <vector>

using namespace camfleet;
using fuzz::require;

namespace {

std::vector<Bytes> frames_of(ByteView stream, std::size_t piece) {
  ps::Demuxer demuxer;
  std::vector<Bytes> out;
  const auto pull = [&] {
    while (auto frame = demuxer.pull()) out.push_back(std::move(frame->data));
  };
  while (!stream.empty()) {
    const auto now = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(now.size());
    demuxer.push(now);
    require(demuxer.memory() <= ps::kMaxPicture + 66'000 + now.size());
    pull();
  }
  demuxer.flush();
  pull();
  return out;
}

void packets_of(ByteView stream, std::size_t piece, bool head) {
  ps::RtpStream source{7};
  if (head) source.begin(ps::parse_media_head(ps::testing::media_head(2, ps::Video::h264, ps::Audio::pcmu)));
  std::uint16_t next[2] = {};
  bool begun[2] = {};
  const auto pull = [&] {
    while (const auto packet = source.pull()) {
      require(source.description() != nullptr);
      require(packet->track < source.description()->medias.size());
      require(packet->bytes.size() <= 1'400);
      const auto read = rtp::parse(packet->bytes);
      require(read && read->timestamp == packet->timestamp && read->marker == packet->marker);
      const auto track = packet->track;
      require(!begun[track] || read->sequence == next[track]);
      begun[track] = true;
      next[track] = static_cast<std::uint16_t>(read->sequence + 1);
    }
  };
  while (!stream.empty()) {
    const auto now = stream.first(std::min(piece, stream.size()));
    stream = stream.subspan(now.size());
    source.push(now);
    pull();
  }
  source.flush();
  pull();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView stream{data + 2, size - 2};
  const std::size_t piece = data[1] + std::size_t{1};
  require(frames_of(stream, piece) == frames_of(stream, size));
  packets_of(stream, piece, (data[0] & 1) != 0);
  return 0;
}
