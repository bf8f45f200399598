// RTP payloads through the depacketizer into a transport stream, with sound of any bytes between: read again
// by its rules, each picture and each piece of sound is there once, in order, with its times and its bytes.
// Input: a byte (1: H.265), then packets as for the depacketizers, where 16 is two bytes by which time leaps
// and 32 makes sound of the payload.
#include "fuzz.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/ts/annexb_unit.h"
#include "proto/ts/testing/reader.h"

#include <array>

using namespace camfleet;
using fuzz::require;

namespace {

constexpr std::int64_t kRound = std::int64_t{1} << 33;

struct Sent {
  std::uint16_t pid;
  std::int64_t shown;
  std::int64_t decoded;
  Bytes data;
};

std::int64_t on_the_wire(std::int64_t time) { return (time + ts::PacketWriter::kStart) % kRound; }

class Run {
 public:
  Run(h26x::Depacketizer& depacketizer, ts::StreamType type)
      : depacketizer_(depacketizer), writer_(type, true) {}

  void all(fuzz::Input& input) {
    writer_.tables(out_);
    std::uint32_t timestamp = 0;
    while (!input.empty()) {
      const auto flags = input.byte();
      if ((flags & 2) != 0) timestamp += 3600, time_ += 3600;
      if ((flags & 16) != 0) time_ += std::int64_t{input.word()} << 20;
      const auto payload = input.take((flags & 8) != 0 ? input.word() : input.byte());
      if ((flags & 32) != 0) {
        sound(payload);
      } else {
        depacketizer_.push({payload, (flags & 1) != 0, timestamp, (flags & 4) != 0});
        drain();
      }
    }
    depacketizer_.flush();
    drain();
    check();
  }

 private:
  void sound(ByteView payload) {
    const std::array parts{payload};
    const auto before = out_.size();
    if (writer_.audio(out_, {parts, time_, time_})) {
      sent_.push_back({ts::kAudioPid, time_, time_, {payload.begin(), payload.end()}});
    } else {
      require(out_.size() == before && (payload.empty() || payload.size() > 65'000));
    }
  }
  void drain() {
    while (const auto unit = depacketizer_.pull()) {
      const auto& sets = depacketizer_.parameter_sets().sps();
      const auto parts = ts::annexb_unit(depacketizer_.codec(), sets, unit->data);
      Bytes data;
      for (const auto part : parts) data.insert(data.end(), part.begin(), part.end());
      require(h26x::split_annexb(data).size() >= 2);  // the delimiter and something
      if (unit->key) writer_.tables(out_);
      require(writer_.video(out_, {parts, time_ + 7'200, time_, unit->key}).has_value());
      sent_.push_back({ts::kVideoPid, time_ + 7'200, time_, std::move(data)});
    }
  }
  void check() const {
    ts::testing::Reader reader;  // throws where a rule is broken
    reader.read(out_);
    require(reader.units.size() == sent_.size());
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto& got = reader.units[i];
      require(got.pid == sent_[i].pid && got.data == sent_[i].data);
      require(got.shown == on_the_wire(sent_[i].shown) && got.decoded == on_the_wire(sent_[i].decoded));
    }
  }

  h26x::Depacketizer& depacketizer_;
  ts::PacketWriter writer_;
  std::int64_t time_ = 0;
  Bytes out_;
  std::vector<Sent> sent_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  if ((input.byte() & 1) != 0) {
    h26x::H265Depacketizer depacketizer;
    Run{depacketizer, ts::StreamType::h265}.all(input);
  } else {
    h26x::H264Depacketizer depacketizer;
    Run{depacketizer, ts::StreamType::h264}.all(input);
  }
  return 0;
}
