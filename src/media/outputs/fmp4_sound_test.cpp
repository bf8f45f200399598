// Sound beside pictures, and alone.
#include <gtest/gtest.h>

#include <cstring>

#include "media/outputs/packager.h"
#include "media/testing/fragments.h"
#include "media/testing/world.h"
#include "proto/aac/config.h"
#include "proto/g711/g711.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::media {
namespace {

using namespace testing;

model::Track aac_track() {
  model::Track track;
  track.media = model::Media::audio;
  track.codec = model::Codec::aac;
  track.payload_type = 104;
  track.clock_rate = 16'000;
  track.audio_config = {0x14, 0x08};
  track.fmtp = "mode=AAC-hbr;SizeLength=13;IndexLength=3;IndexDeltaLength=3";
  return track;
}
model::Track g711_track(model::Codec codec, std::uint32_t rate = 8'000) {
  model::Track track;
  track.media = model::Media::audio;
  track.codec = codec;
  track.payload_type = codec == model::Codec::pcmu ? 0 : 8;
  track.clock_rate = rate;
  return track;
}

// A camera with 10 pictures a second and sound, both of which arrive when the test says.
class Camera {
 public:
  explicit Camera(model::Track sound, std::uint8_t track = 1) : track_(track), rate_(sound.clock_rate) {
    info = clip.info();
    if (track == 0) info.tracks.clear();
    info.tracks.push_back(std::move(sound));
  }
  void picture(model::Publisher& to) {
    auto packets = clip.frame();
    for (auto& packet : packets) packet.arrival = start_ + pictures * 100ms;
    ++pictures;
    publish(to, std::move(packets));
  }
  // A packet with `payload`, of this many samples; arrives when its first sample was heard, and `late`.
  void sound(model::Publisher& to, const Bytes& payload, std::uint32_t samples,
             std::chrono::milliseconds late = 0ms) {
    auto packet = rtp_packet(track_, sequence_++, timestamp_, true, payload);
    packet.arrival = start_ + std::chrono::milliseconds{std::int64_t{heard_} * 1000 / rate_} + late;
    timestamp_ += samples;
    heard_ += samples;
    publish(to, {packet});
  }
  // A frame of AAC in its packet (RFC 3640).
  void aac(model::Publisher& to, std::chrono::milliseconds late = 0ms, ByteView unit = {}) {
    if (unit.empty()) unit = kUnit;
    Bytes payload(4);
    store16(payload.data(), 16);
    store16(&payload[2], static_cast<std::uint16_t>(unit.size() << 3));
    payload.insert(payload.end(), unit.begin(), unit.end());
    sound(to, payload, 1'024, late);
  }
  // The time of day in seconds at a timestamp of a track.
  void report(model::Publisher& to, std::uint8_t track, std::uint32_t timestamp, double seconds) {
    rtp::SenderReport report;
    report.ntp = static_cast<rtp::NtpTime>((3'900'000'000.0 + seconds) * 4294967296.0);
    report.rtp_timestamp = timestamp;
    Bytes bytes;
    rtp::write(bytes, report);
    auto packet = rtcp_packet(track, bytes.size());
    std::memcpy(packet.slab.get()->data() + 4, bytes.data(), bytes.size());
    packet.arrival = start_ + pictures * 100ms;
    publish(to, {packet});
  }
  std::uint32_t audio_timestamp() const { return timestamp_; }

  static constexpr std::uint8_t kUnit[] = {0x01, 0x02, 0x03, 0x04, 0x05};
  TinyClip clip;
  model::StreamInfo info;
  int pictures = 0;

 private:
  const SteadyTime start_ = std::chrono::steady_clock::now();
  std::uint8_t track_;
  std::uint32_t rate_;
  std::uint16_t sequence_ = 100;
  std::uint32_t timestamp_ = 0xFFFFF000;
  std::uint32_t heard_ = 0;
};

std::vector<Moment> of_track(const Collector& collector, std::uint32_t track) {
  std::vector<Moment> out;
  for (const auto& fragment : collector.got) {
    const auto at = moment(child(as_text(*fragment.data), "moof"));
    if (at.track == track) out.push_back(at);
  }
  return out;
}
void expect_contiguous(const std::vector<Moment>& sound) {
  for (std::size_t i = 1; i < sound.size(); ++i)
    EXPECT_EQ(sound[i].decode_time, sound[i - 1].decode_time + std::uint64_t{sound[i - 1].samples} * 1'024)
        << i;
}
bool is_silence(const Fragment& fragment) {
  const auto data = as_bytes(child(as_text(*fragment.data), "mdat"));
  const auto quiet = aac::silence(1);
  return std::ranges::equal(data.first(std::min(data.size(), quiet.size())), quiet);
}

using Play = std::function<void(model::Publisher&, Packager&, Collector&)>;
void with_packager(const model::StreamInfo& info, const Play& play) {
  World world{quick_settings(), info};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    ASSERT_TRUE(packager) << packager.error().text();
    Collector collector{**packager};
    play(to, **packager, collector);
  });
  world.close("cam");
}

TEST(fmp4_sound, two_tracks_stand_beside_each_other_as_they_arrived) {
  Camera camera{aac_track()};
  with_packager(camera.info, [&](model::Publisher& to, Packager& packager, Collector& collector) {
    ASSERT_TRUE(packager.init());
    EXPECT_TRUE(packager.init()->mime.ends_with(",mp4a.40.2\"")) << packager.init()->mime;
    for (int i = 0; i < 20; ++i) {
      camera.picture(to);
      camera.aac(to, 20ms);
      if (i % 2 == 0) camera.aac(to, 20ms);
    }
    const auto pictures = of_track(collector, 1);
    const auto sound = of_track(collector, 2);
    ASSERT_EQ(pictures.size(), 20U);
    EXPECT_EQ(pictures[19].decode_time, 19U * 9'000);
    ASSERT_GT(sound.size(), 28U);
    expect_contiguous({sound.begin() + 2, sound.end()});
    // The n-th frame was heard 20 ms after n frames: at 16 kHz.
    EXPECT_NEAR(static_cast<double>(sound.back().decode_time), 29 * 1'024 + 320, 32);
    EXPECT_FALSE(is_silence(collector.got.back()));
  });
}

TEST(fmp4_sound, announced_sound_that_does_not_come_is_silence_up_to_each_picture) {
  Camera camera{aac_track()};
  with_packager(camera.info, [&](model::Publisher& to, Packager&, Collector& collector) {
    for (int i = 0; i < 20; ++i) {
      camera.picture(to);
      const auto sound = of_track(collector, 2);
      ASSERT_FALSE(sound.empty());
      const auto end = sound.back().decode_time + std::uint64_t{sound.back().samples} * 1'024;
      EXPECT_GT(end * 90'000 / 16'000, static_cast<std::uint64_t>(i) * 9'000);
      EXPECT_EQ(of_track(collector, 1).size(), static_cast<std::size_t>(i + 1)) << "no picture waits";
    }
    expect_contiguous(of_track(collector, 2));
  });
}

TEST(fmp4_sound, sound_that_stops_is_followed_by_silence_and_comes_back) {
  Camera camera{aac_track()};
  with_packager(camera.info, [&](model::Publisher& to, Packager&, Collector& collector) {
    const auto heard = [&] {
      std::size_t count = 0;
      for (const auto& fragment : collector.got)
        count += moment(child(as_text(*fragment.data), "moof")).track == 2 && !is_silence(fragment);
      return count;
    };
    for (int i = 0; i < 10; ++i) camera.picture(to), camera.aac(to);
    const auto before = heard();
    EXPECT_GT(before, 5U);
    for (int i = 0; i < 40; ++i) camera.picture(to);
    EXPECT_EQ(heard(), before);
    const auto sound = of_track(collector, 2);
    EXPECT_GT((sound.back().decode_time + 1'024) * 90'000 / 16'000, 49U * 9'000);
  });
}

TEST(fmp4_sound, sender_reports_say_better_than_arrival_what_belongs_together) {
  for (const double apart : {0.0, 3'600.0}) {
    Camera camera{aac_track()};
    with_packager(camera.info, [&](model::Publisher& to, Packager&, Collector& collector) {
      // Sound travels 500 ms longer; by the reports both began at the same moment.
      camera.picture(to);
      const auto first = camera.audio_timestamp();
      camera.aac(to, 500ms);
      camera.report(to, 0, 0xFFFF0000, 0.0);
      camera.report(to, 1, first, apart);
      int last = 0;
      for (int i = 1; i < 30; ++i) {
        camera.picture(to);
        for (int k = 0; k < 1 + i % 2; ++k, ++last) camera.aac(to, 500ms);
      }
      const auto sound = of_track(collector, 2);
      const double expected = last * 1'024 + (apart > 0 ? 8'000 : 0);
      EXPECT_NEAR(static_cast<double>(sound.back().decode_time), expected, 170)
          << (apart > 0 ? "clocks that differ by an hour are not believed" : "");
    });
  }
}

TEST(fmp4_sound, g711_becomes_aac_of_its_rate) {
  for (const auto codec : {model::Codec::pcmu, model::Codec::pcma}) {
    for (const std::uint32_t rate : {8'000U, 16'000U}) {
      Camera camera{g711_track(codec, rate)};
      with_packager(camera.info, [&](model::Publisher& to, Packager& packager, Collector& collector) {
        EXPECT_TRUE(packager.init()->mime.ends_with("mp4a.40.2\""));
        const auto law = codec == model::Codec::pcmu ? g711::Law::mu : g711::Law::a;
        Bytes tone(rate / 50);
        for (std::size_t i = 0; i < tone.size(); ++i)
          tone[i] = g711::encode(law, static_cast<std::int16_t>(i % 8 < 4 ? 8'000 : -8'000));
        for (int i = 0; i < 30; ++i) {
          camera.picture(to);
          for (int k = 0; k < 5; ++k) camera.sound(to, tone, rate / 50);
        }
        const auto sound = of_track(collector, 2);
        ASSERT_GT(sound.size(), rate * 3 / 1'024 - 4);
        // What was heard last is at most two frames and the rest of one behind the newest picture.
        const auto end = static_cast<double>(sound.back().decode_time + 1'024) / rate;
        EXPECT_GT(end, 2.9 - 3 * 1'024.0 / rate);
        EXPECT_LT(end, 3.0);
      });
    }
  }
}

TEST(fmp4_sound, alone) {
  Camera camera{aac_track(), 0};
  with_packager(camera.info, [&](model::Publisher& to, Packager& packager, Collector& collector) {
    ASSERT_TRUE(packager.init());
    EXPECT_EQ(packager.init()->mime, "audio/mp4; codecs=\"mp4a.40.2\"");
    for (int i = 0; i < 30; ++i) camera.aac(to);
    ASSERT_EQ(collector.got.size(), 30U);
    EXPECT_TRUE(collector.got.back().key_start) << "each frame is as good a beginning as another";
    expect_contiguous(of_track(collector, 2));
    EXPECT_EQ(packager.cache().end().item - packager.cache().begin().item, 1U);
  });
}

TEST(fmp4_sound, alone_another_form_behind_a_hole_begins_with_its_silence) {
  Camera camera{aac_track(), 0};
  with_packager(camera.info, [&](model::Publisher& to, Packager&, Collector& collector) {
    const Bytes adts{0xFF, 0xF1, 0x6C, 0x40, 0x01, 0x9F, 0xFC, 1, 2, 3, 4, 5};
    for (int i = 0; i < 3; ++i) camera.aac(to);
    camera.sound(to, {}, 8 * 1'024);
    for (int i = 0; i < 5; ++i) camera.aac(to, 0ms, adts);
    int beginnings = 0;
    for (std::size_t i = 1; i < collector.got.size(); ++i) {
      if (collector.got[i].init == collector.got[i - 1].init) continue;
      EXPECT_TRUE(collector.got[i].key_start) << i;
      ++beginnings;
    }
    EXPECT_EQ(beginnings, 1);
  });
}

TEST(fmp4_sound, what_cannot_be_carried_is_left_out_and_said) {
  Camera camera{g711_track(model::Codec::g722)};
  World world{quick_settings(), camera.info};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    ASSERT_TRUE(packager);
    EXPECT_EQ((*packager)->init()->mime.find("mp4a"), std::string::npos);
    Collector collector{**packager};
    camera.picture(to);
    camera.sound(to, Bytes(160, 0), 160);
    EXPECT_EQ(collector.got.size(), 1U);
  });
  const auto status = world.hubs->stream(key_of("cam"));
  EXPECT_EQ(status->audio, model::Codec::g722);
  EXPECT_EQ(status->audio_note, Code::media_unsupported_codec);
  EXPECT_EQ(status->clock, ClockSource::arrival);
  world.close("cam");
}

TEST(fmp4_sound, aac_that_says_it_is_another_gets_another_beginning_at_a_key_picture) {
  Camera camera{aac_track()};
  with_packager(camera.info, [&](model::Publisher& to, Packager& packager, Collector& collector) {
    const auto before = packager.init();
    // ADTS, AAC-LC, 8 kHz, mono, 7 + 5 bytes.
    const Bytes adts{0xFF, 0xF1, 0x6C, 0x40, 0x01, 0x9F, 0xFC, 1, 2, 3, 4, 5};
    for (int i = 0; i < 25; ++i) {
      camera.picture(to);
      if (i < 3) camera.aac(to);
      if (i >= 3) camera.aac(to, 0ms, adts);
    }
    EXPECT_NE(packager.init(), before);
    bool keys_only = true;
    for (std::size_t i = 1; i < collector.got.size(); ++i) {
      if (collector.got[i].init != collector.got[i - 1].init)
        keys_only = keys_only && collector.got[i].key_start;
    }
    EXPECT_TRUE(keys_only);
    EXPECT_EQ(of_track(collector, 1).size(), 25U);
  });
}

TEST(fmp4_sound, noise_costs_no_picture) {
  Camera camera{aac_track()};
  with_packager(camera.info, [&](model::Publisher& to, Packager&, Collector& collector) {
    for (int i = 0; i < 20; ++i) {
      camera.picture(to);
      camera.sound(to, Bytes{0xFF, 0xFF, 0, 0, 1}, 1'024);
      camera.sound(to, {}, 0);
    }
    EXPECT_EQ(of_track(collector, 1).size(), 20U);
  });
}

}  // namespace
}  // namespace camfleet::media
