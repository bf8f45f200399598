#include "media/outputs/video_frames.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "media/testing/fake_video.h"

namespace camfleet::media {
namespace {

// A clip of 10 pictures a second whose pictures are shown in another order than they come: 0 3 1 2 6 4 5 ...
class Reordered {
 public:
  explicit Reordered(h26x::Codec codec) : codec_(codec) {
    const bool h264 = codec == h26x::Codec::h264;
    std::ifstream file{
        std::string(CAMFLEET_SOURCE_DIR "/src/media/testdata/bframes.") + (h264 ? "h264" : "h265"),
        std::ios::binary};
    data_.assign(std::istreambuf_iterator<char>{file}, {});
    nals_ = h26x::split_annexb(data_);
  }
  model::Track track() const {
    model::Track track;
    track.codec = codec_ == h26x::Codec::h264 ? model::Codec::h264 : model::Codec::h265;
    return track;
  }
  // All of it; `change` sees each NAL unit before it is sent.
  std::vector<VideoFrame> play(VideoFrames& to, const std::function<void(Bytes&)>& change = {}) {
    std::vector<VideoFrame> out;
    std::uint32_t picture = 0;
    std::uint16_t sequence = 0;
    for (const ByteView nal : nals_) {
      const bool vcl = h26x::is_vcl(codec_, h26x::nal_type(codec_, nal));
      if (vcl && h26x::is_key(codec_, h26x::nal_type(codec_, nal))) begin_ = picture;
      Bytes bytes{nal.begin(), nal.end()};
      if (change) change(bytes);
      std::vector<h26x::Piece> pieces;
      if (codec_ == h26x::Codec::h264) {
        h26x::packetize_h264(bytes, vcl, 1200, pieces);
      } else {
        h26x::packetize_h265(bytes, vcl, 1200, pieces);
      }
      for (const auto& piece : pieces) {
        to.push(
            testing::rtp_packet(0, sequence++, 5'000 + shown(picture) * 9'000, piece.marker, piece.joined())
                .rtp());
        while (auto frame = to.pull()) out.push_back(std::move(*frame));
      }
      if (vcl) EXPECT_EQ(out.size(), picture + 1) << "no picture waits for another";
      picture += vcl;
    }
    return out;
  }

 private:
  // Groups of three behind each key picture, the last one of what is left: P first, and shown last.
  std::uint32_t shown(std::uint32_t picture) const {
    const std::uint32_t group_of_pictures = codec_ == h26x::Codec::h264 ? 15 : 20;
    const auto at = picture - begin_;
    if (at == 0) return picture;
    const auto in_group = (at - 1) % 3;
    const auto left = group_of_pictures - at;
    return in_group == 0 ? picture + std::min(3U, left) - 1 : picture - 1;
  }
  h26x::Codec codec_;
  Bytes data_;
  std::vector<ByteView> nals_;
  std::uint32_t begin_ = 0;
};

void expect_order(const std::vector<VideoFrame>& frames, std::size_t from) {
  for (std::size_t i = from; i < frames.size(); ++i) {
    if (i > 0) EXPECT_GT(frames[i].decoded, frames[i - 1].decoded) << i;
    EXPECT_GE(frames[i].shown, frames[i].decoded) << i;
    const auto since = static_cast<std::int32_t>(frames[i].timestamp - frames[0].timestamp);
    EXPECT_EQ(frames[i].shown - frames[0].shown, since) << i;
  }
}

TEST(video_frames, b_frames_are_decoded_in_order_and_shown_when_they_say) {
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265}) {
    Reordered clip{codec};
    auto frames = VideoFrames::make(clip.track());
    ASSERT_TRUE(frames);
    const auto got = clip.play(*frames);
    ASSERT_GE(got.size(), 20U);
    EXPECT_EQ(got[0].decoded, 0);
    expect_order(got, 0);
    EXPECT_GT(got[1].shown, got[2].shown) << "this clip has B frames";
    EXPECT_EQ(frames->format()->width, 128);
  }
}

TEST(video_frames, b_frames_that_the_sps_does_not_announce_are_found_out) {
  Reordered clip{h26x::Codec::h264};
  auto frames = VideoFrames::make(clip.track());
  const auto got = clip.play(*frames, [](Bytes& nal) {
    // Its VUI is cut off, and with it what it says of the order.
    if ((nal[0] & 0x1F) == h26x::h264::kSps) nal.resize(nal.size() - 5);
  });
  ASSERT_EQ(got.size(), 30U);
  for (std::size_t i = 1; i < got.size(); ++i) {
    EXPECT_GT(got[i].decoded, got[i - 1].decoded) << i;
    EXPECT_GE(got[i].shown, got[i].decoded) << i;
  }
  expect_order({got.begin() + 8, got.end()}, 0);
}

TEST(video_frames, without_b_frames_a_picture_is_shown_when_it_is_decoded) {
  testing::TinyClip clip;
  auto frames = VideoFrames::make(clip.info().tracks[0]);
  ASSERT_TRUE(frames);
  EXPECT_TRUE(frames->format()) << "known from the description";
  for (int i = 0; i < 20; ++i) {
    for (const auto& packet : clip.frame()) frames->push(packet.rtp());
    const auto frame = frames->pull();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->decoded, i * 9'000);
    EXPECT_EQ(frame->shown, frame->decoded);
    EXPECT_EQ(frame->duration, 9'000U);
  }
}

}  // namespace
}  // namespace camfleet::media
