#include "sdkhost/stream.h"

#include <gtest/gtest.h>

#include "proto/rtp/packet.h"

namespace camfleet::sdkhost {
namespace {

Bytes rtp_packet(std::initializer_list<std::uint8_t> payload) {
  Bytes out(rtp::kHeaderSize);
  rtp::write_header(out.data(), true, 96, 1, 1, 1);
  out.insert(out.end(), payload);
  return out;
}

const Bytes kKey = rtp_packet({0x65, 0x88, 0x80});
const Bytes kPicture = rtp_packet({0x41, 0x9A, 0x00});
const Bytes kHead(40, 0);

TEST(SdkHostStream, where_the_ring_was_full_it_goes_on_with_the_next_key_picture) {
  Host::Stream stream{1};
  stream.standard = true;
  EXPECT_TRUE(stream.wanted(true, abi::data_std_video, kPicture));
  stream.lost(abi::data_std_video, kPicture);
  EXPECT_FALSE(stream.wanted(true, abi::data_std_video, kPicture));
  EXPECT_FALSE(stream.wanted(true, abi::data_std_audio, kPicture));
  EXPECT_FALSE(stream.wanted(true, abi::data_std_video, Bytes{1, 2, 3}));
  EXPECT_TRUE(stream.wanted(true, abi::data_system_head, kHead))
      << "what the stream is made of is always told";
  EXPECT_TRUE(stream.wanted(true, abi::data_std_video, kKey));
  EXPECT_TRUE(stream.wanted(true, abi::data_std_video, kPicture));
}

TEST(SdkHostStream, what_it_is_made_of_is_kept_where_there_was_no_room) {
  Host::Stream stream{1};
  stream.lost(abi::data_system_head, kHead);
  stream.lost(abi::data_sdp, kPicture);
  stream.lost(abi::data_sdp, kKey);
  ASSERT_EQ(stream.owed.size(), 2U);
  EXPECT_EQ(stream.owed[0].type, abi::data_system_head);
  EXPECT_EQ(stream.owed[1].bytes, kKey) << "the last of its kind";
}

TEST(SdkHostStream, of_two_forms_one_goes_on) {
  Host::Stream stream{1};
  stream.standard = true;
  const Bytes pack{0, 0, 1, 0xBA, 0, 0, 1, 0xBC, 0, 0};
  EXPECT_FALSE(stream.wanted(false, abi::data_stream, pack)) << "RTP is waited for";
  EXPECT_TRUE(stream.wanted(true, abi::data_std_video, kPicture));
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(stream.wanted(false, abi::data_stream, pack));
}

TEST(SdkHostStream, a_library_that_sends_no_rtp_is_taken_at_its_program_stream) {
  Host::Stream stream{1};
  stream.standard = true;
  const Bytes pack{0, 0, 1, 0xBA, 0, 0, 1, 0xBC, 0, 0};
  int passed = 0;
  for (int i = 0; i < 1'000; ++i) passed += stream.wanted(false, abi::data_stream, pack) ? 1 : 0;
  EXPECT_GT(passed, 800);
  stream.lost(abi::data_stream, pack);
  EXPECT_FALSE(stream.wanted(false, abi::data_stream, Bytes{0, 0, 1, 0xE0, 1}));
  EXPECT_TRUE(stream.wanted(false, abi::data_stream, pack));
}

}  // namespace
}  // namespace camfleet::sdkhost
