// Packets of a camera through a hub to everything that is made of them here: what a depacketizer emits, the
// packager takes; its fragments are whole, in order of decoding, shown when they are decoded or later, and
// their sizes add up; what it learned of the stream is told to RTSP viewers as it was learned. Nothing is
// faked but the camera: depacketizers, order of decoding, G.711 made AAC, alignment of sound, MP4, SDP.
//
// Input: a byte of what the stream has (0 to 2: of kForms; 8: parameter sets in the description; 16: no
// config of the AAC; 32: sound of 16 kHz; 64: H.265 in FLV under codec id 12), then packets of a byte of
// flags (1 marker, 2 next timestamp, 4 loss before, 8 a long one, 16 a number that was there, 32 a wild
// timestamp, 64 the other track, 128 the same wake-up as the next), two bytes of that timestamp where it is
// wild, a length and the payload.
#include <array>
#include <optional>

#include "media/hubs.h"
#include "media/outputs/packager.h"
#include "media/outputs/rtsp_sdp.h"
#include "media/testing/fake_video.h"
#include "media/testing/fragments.h"
#include "mp4_boxes.h"
#include "net/loop_groups.h"
#include "proto/flv/testing/reader.h"
#include "proto/fmp4/fragment.h"
#include "proto/sdp/codec_config.h"
#include "proto/sdp/sdp.h"
#include "proto/ts/testing/reader.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr int kPackets = 512;

struct Form {
  model::Codec video;
  model::Codec sound;
};
constexpr Form kForms[] = {
    {model::Codec::h264, model::Codec::unknown}, {model::Codec::h265, model::Codec::unknown},
    {model::Codec::unknown, model::Codec::aac},  {model::Codec::unknown, model::Codec::pcmu},
    {model::Codec::unknown, model::Codec::pcma}, {model::Codec::h264, model::Codec::aac},
    {model::Codec::h265, model::Codec::pcma},    {model::Codec::h264, model::Codec::pcmu}};

const model::Track& picture_track(model::Codec codec, bool described) {
  static const std::array<std::array<model::Track, 2>, 2> all = [] {
    std::array<std::array<model::Track, 2>, 2> out;
    for (const bool with : {false, true}) {
      out[0][with] = media::testing::TinyClip{h26x::Codec::h264}.info(with).tracks[0];
      out[1][with] = media::testing::TinyClip{h26x::Codec::h265}.info(with).tracks[0];
    }
    return out;
  }();
  return all[codec == model::Codec::h265][described];
}

model::Track sound_track(model::Codec codec, bool config, bool wide) {
  model::Track track;
  track.media = model::Media::audio;
  track.codec = codec;
  track.clock_rate = wide || codec == model::Codec::aac ? 16'000 : 8'000;
  if (codec == model::Codec::aac) {
    track.payload_type = 104;
    track.encoding = "mpeg4-generic";
    track.fmtp = "mode=AAC-hbr;SizeLength=13;IndexLength=3;IndexDeltaLength=3";
    if (config) track.audio_config = {0x14, 0x08};
  } else {
    track.encoding = codec == model::Codec::pcmu ? "PCMU" : "PCMA";
    track.payload_type = wide ? 97 : codec == model::Codec::pcmu ? 0 : 8;
  }
  return track;
}

model::StreamInfo info_of(std::uint8_t what) {
  const Form& form = kForms[what & 7];
  model::StreamInfo info;
  if (form.video != model::Codec::unknown) info.tracks.push_back(picture_track(form.video, (what & 8) != 0));
  if (form.sound != model::Codec::unknown)
    info.tracks.push_back(sound_track(form.sound, (what & 16) == 0, (what & 32) != 0));
  return info;
}

// A stream that is there until it is cancelled.
class Source final : public model::StreamSource {
 public:
  Source(net::Loops& loops, model::StreamInfo info) : loops_(loops), info_(std::move(info)) {}
  Result<net::Loop*> loop_of(const model::DeviceId&) override { return &loops_.at(0); }
  net::Task<Error> pull(model::StreamKey, model::Publisher& to) override {
    const net::Executor executor = co_await net::asio::this_coro::executor;
    net::Event never{executor};
    to_ = &to;
    to.start(info_);
    co_await never.wait();
    co_return Error{};
  }
  model::Publisher& to() { return *to_; }

 private:
  net::Loops& loops_;
  model::StreamInfo info_;
  model::Publisher* to_ = nullptr;
};

// What is decoded of a track, one after another.
class Order {
 public:
  void next(std::uint64_t first, std::uint64_t last) {
    require(first < std::uint64_t{1} << 62 && last >= first && (!last_ || first > *last_));
    last_ = last;
  }

 private:
  std::optional<std::uint64_t> last_;
};

void check_fragments(const std::vector<media::Fragment>& fragments) {
  std::array<Order, 3> orders;
  const media::FormInit* init = nullptr;
  std::uint32_t sequence = 0;
  for (const auto& fragment : fragments) {
    require(fragment.init != nullptr && fragment.size == fragment.data->size());
    if (fragment.init.get() != init) {
      init = fragment.init.get();
      require(fragment.key_start && init->mime.find("codecs=") != std::string::npos);
      fuzz::walk_boxes(init->data);
      orders = {};  // times of sound may be in another unit
    }
    fuzz::walk_boxes(*fragment.data);
    const auto text = as_text(*fragment.data);
    const auto moof = media::testing::child(text, "moof");
    const auto data = media::testing::child(text, "mdat");
    require(!moof.empty() && !data.empty() && data.data() + data.size() == text.data() + text.size());
    const auto number = load32(as_bytes(media::testing::child(moof, "mfhd")).data() + 4);
    require(number > std::exchange(sequence, number));

    const auto at = media::testing::moment(moof);
    require(at.track == fmp4::kVideoTrack || at.track == fmp4::kAudioTrack);
    require(at.samples > 0 && at.duration > 0 && at.offset >= 0);
    require(at.samples * at.size == data.size());  // several are silence, and all the same
    const auto trun = as_bytes(media::testing::child(media::testing::child(moof, "traf"), "trun"));
    require(load32(&trun[8]) == moof.size() + 8 + 8);  // where the data stand
    orders[at.track].next(at.decode_time, at.decode_time + std::uint64_t{at.samples - 1} * at.duration);
  }
}

// The same packets once more, without a hub: nothing that comes out is refused.
class Twin {
 public:
  explicit Twin(const model::StreamInfo& info) {
    for (const auto& track : info.tracks) {
      if (track.media == model::Media::video) {
        pictures_.emplace(std::move(*media::VideoFrames::make(track)));
      } else if (auto sound = media::AudioFrames::make(track)) {
        sound_ = std::move(*sound);
      }
    }
  }
  void push(model::Media media, ByteView rtp) {
    if (media == model::Media::video) {
      pictures_->push(rtp);
      while (const auto frame = pictures_->pull()) take(*frame);
    } else if (sound_) {
      (void)sound_->push(rtp);
      while (const auto frame = sound_->pull())
        accepted(fmp4::kAudioTrack, 0, {frame->data, sound_->frame_samples(), 0, true});
    }
  }
  std::size_t pictures() const { return count_; }

 private:
  void take(const media::VideoFrame& frame) {
    ++count_;
    require(frame.decoded >= 0 && frame.shown >= frame.decoded && frame.duration > 0);
    require(pictures_->format().has_value());
    const auto time = static_cast<std::uint64_t>(frame.decoded);
    order_.next(time, time);
    accepted(fmp4::kVideoTrack, time,
             {frame.data, frame.duration, static_cast<std::int32_t>(frame.shown - frame.decoded), frame.key});
    if (version_ == pictures_->format_version()) return;
    version_ = pictures_->format_version();
    const auto init = fmp4::init_segment(*pictures_->format());
    const auto mime = fmp4::mime_type(*pictures_->format());
    require(init ? mime.has_value() : init.error().code == Code::h26x_invalid);
  }
  static void accepted(std::uint32_t track, std::uint64_t time, const fmp4::Sample& sample) {
    require(fmp4::fragment(1, fmp4::Run{track, time, {&sample, 1}}).has_value());
  }

  std::optional<media::VideoFrames> pictures_;
  std::unique_ptr<media::AudioFrames> sound_;
  Order order_;
  std::uint32_t version_ = 0;
  std::size_t count_ = 0;
};

// The same stream as FLV: a file of whole tags, times that grow in each track.
void check_flv(const std::vector<media::Fragment>& fragments) {
  Bytes file;
  const media::FormInit* init = nullptr;
  for (const auto& fragment : fragments) {
    if (fragment.init.get() != init) {
      const auto& begin = init == nullptr ? fragment.init->data : *fragment.init->change;
      require(fragment.key_start);
      file.insert(file.end(), begin.begin(), begin.end());
      init = fragment.init.get();
    }
    file.insert(file.end(), fragment.data->begin(), fragment.data->end());
  }
  if (file.empty()) return;
  const auto read = flv::testing::read_file(file);
  require(read.has_value() && read->tags.front().type == 18);
  std::array<std::uint32_t, 19> newest{};
  for (const auto& tag : read->tags) {
    require(tag.type == 8 || tag.type == 9 || tag.type == 18);
    // A sequence header stands where its picture does, in front of sound that may be from before.
    const bool config = tag.data[1] == 0 && (tag.type == 8 || (tag.data[0] & 0x80) == 0);
    if (config || (tag.data[0] & 0x8F) == 0x80) continue;
    require(tag.time >= std::exchange(newest[tag.type], tag.time));
  }
}

// And as a transport stream: by its rules, with the tables at its beginning.
void check_ts(const std::vector<media::Fragment>& fragments) {
  ts::testing::Reader reader;
  Bytes all;
  for (const auto& fragment : fragments) all.insert(all.end(), fragment.data->begin(), fragment.data->end());
  reader.read(all);  // throws where a rule is broken
  std::array<std::int64_t, 2> newest{};
  for (const auto& unit : reader.units) {
    require(unit.shown >= unit.decoded && unit.decoded >= ts::PacketWriter::kStart);
    auto& last = newest[unit.pid == ts::kVideoPid];
    require(unit.decoded > std::exchange(last, unit.decoded));
  }
}

void check_description(const model::StreamKey& key, const model::StreamInfo& info) {
  const auto read = sdp::parse(media::describe(key, info, "127.0.0.1", 1));
  require(read && read->medias.size() == info.tracks.size() && read->left_out == 0);
  for (std::size_t i = 0; i < info.tracks.size(); ++i) {
    const auto& track = info.tracks[i];
    const auto& format = read->medias[i].formats.front();
    require(format.payload_type == track.payload_type && format.clock_rate == track.clock_rate);
    if (track.sps.empty() || track.pps.empty()) continue;
    if (track.vps.size() + track.sps.size() + track.pps.size() > 2'000)
      continue;  // more is left to the stream
    std::vector<Bytes> told;
    for (const Bytes* set : {&track.vps, &track.sps, &track.pps})
      if (!set->empty()) told.push_back(*set);
    require(sdp::parameter_sets(format) == told);
  }
}

class World {
 public:
  explicit World(const model::StreamInfo& info)
      : source_(loops_, info), hubs_(source_, loops_, settings_), tasks_(loops_.at(0).executor(), "fuzz") {
    tasks_.spawn(open(*this));
    settle();
    require(bool{lease_});
  }
  ~World() {
    lease_ = {};
    tasks_.spawn(hubs_.stop());
    settle();
    require(tasks_.size() == 0);
  }
  media::Hub& hub() { return *lease_; }
  model::Publisher& camera() { return source_.to(); }
  const media::Settings& settings() const { return settings_; }
  const model::StreamKey& key() const { return key_; }

 private:
  static net::Task<> open(World& world) {
    auto opened = co_await world.hubs_.on(world.loops_.at(0)).open(world.key_);
    if (opened) world.lease_ = std::move(*opened);
  }
  void settle() {
    auto& context = static_cast<net::asio::io_context&>(
        net::asio::query(loops_.at(0).executor(), net::asio::execution::context));
    do context.restart();
    while (context.poll() > 0);
  }

  const model::StreamKey key_ = *model::parse_stream_key("cam");
  const media::Settings settings_;
  net::Loops loops_{1};  // never started: it is turned in settle()
  Source source_;
  media::Hubs hubs_;
  media::Lease lease_;
  net::TaskGroup tasks_;
};

// Numbers and times of one track.
struct Sender {
  std::uint16_t sequence = 65'530;
  std::uint32_t timestamp = 0xFFFFE000;
  bool sets_waiting = false;

  // Whether a key picture begins with this packet: at its parameter sets, also where they have a timestamp of
  // their own.
  bool begins_key(const h26x::PacketClass& seen) {
    if (seen.parameter_set || seen.key_start) {
      const bool begins = !sets_waiting;
      sets_waiting = !seen.key_start;
      return begins;
    }
    if (seen.vcl && !seen.key) sets_waiting = false;
    return false;
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const auto what = input.byte();
  const auto info = info_of(what);
  World world{info};
  Twin twin{info};
  const auto make = [&](media::Form form) {
    auto made = media::Packager::make(media::Lease{world.hub()}, world.settings(), form);
    require(made.has_value());
    return std::move(*made);
  };
  const auto mp4 = make(media::Form::mp4);
  const auto flv = make((what & 64) != 0 ? media::Form::flv_12 : media::Form::flv);
  const auto ts = make(media::Form::ts);
  {
    media::testing::Collector collector{*mp4};
    media::testing::Collector of_flv{*flv};
    media::testing::Collector of_ts{*ts};
    std::array<Sender, 2> senders;
    SteadyTime now = system_clock().steady();
    for (int i = 0; i < kPackets && !input.empty(); ++i) {
      const auto flags = input.byte();
      const std::size_t track = (flags & 64) != 0 ? info.tracks.size() - 1 : 0;
      const bool picture = info.tracks[track].media == model::Media::video;
      Sender& sender = senders[track];
      if ((flags & 2) != 0) {
        sender.timestamp += picture ? 3'600 : 320;
        now += std::chrono::milliseconds{40} / static_cast<int>(info.tracks.size());
      }
      if ((flags & 32) != 0) {
        const auto wild = input.word();
        sender.timestamp += static_cast<std::uint32_t>(static_cast<std::int16_t>(wild)) * 64;
      }
      if ((flags & 4) != 0) sender.sequence += 3;
      const auto payload = input.take((flags & 8) != 0 ? input.word() : input.byte());
      const auto number = (flags & 16) != 0 ? sender.sequence : ++sender.sequence;
      auto packet = media::testing::rtp_packet(
          static_cast<std::uint8_t>(track), number, sender.timestamp, (flags & 1) != 0,
          payload.first(std::min(payload.size(), 60'000UL)), info.tracks[track].payload_type);
      packet.arrival = now;
      if (picture) {
        const auto codec =
            info.tracks[track].codec == model::Codec::h264 ? h26x::Codec::h264 : h26x::Codec::h265;
        packet.key_start = sender.begins_key(h26x::classify(codec, payload));
      }
      twin.push(info.tracks[track].media, packet.rtp());
      world.camera().packet(std::move(packet));
      if ((flags & 128) == 0) world.camera().flush();
    }
    world.camera().flush();
    check_fragments(collector.got);
    check_flv(of_flv.got);
    check_ts(of_ts.got);
    const auto pictures = std::ranges::count_if(collector.got, [](const media::Fragment& fragment) {
      return media::testing::moment(media::testing::child(as_text(*fragment.data), "moof")).track ==
             fmp4::kVideoTrack;
    });
    require(static_cast<std::size_t>(pictures) <= twin.pictures());
    check_description(world.key(), *world.hub().info());
  }
  return 0;
}
