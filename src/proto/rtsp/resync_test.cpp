#include "proto/rtsp/resync.h"

#include <gtest/gtest.h>

namespace camfleet::rtsp {
namespace {

std::bitset<256> channels() {
  std::bitset<256> set;
  set.set(0).set(1);
  return set;
}

std::string packet(char channel, std::size_t size) {
  std::string out{'$', channel, static_cast<char>(size >> 8), static_cast<char>(size), '\x80'};
  return out.append(size - 1, 'p');
}

// What scan() makes of the stream when it comes in pieces that end at each of `cuts`: the offset of what it
// found.
std::optional<std::size_t> find(std::string_view stream, const std::vector<std::size_t>& cuts) {
  Resync resync(channels());
  std::size_t taken = 0;
  for (const auto cut : cuts) {
    auto in = as_bytes(stream.substr(taken, cut - taken));
    const auto given = in.size();
    const auto found = resync.scan(in);
    taken += given - in.size();
    EXPECT_EQ(resync.dropped(), taken);
    if (found && *found) return taken;
  }
  return std::nullopt;
}

TEST(Resync, finds_the_next_packet_behind_junk) {
  const auto junk = std::string("xx$\x05$\x00\x00\x03\x80$\x00\x10\x00\x11yy$$R", 19);
  const auto stream = junk + packet(0, 20) + packet(1, 12);
  EXPECT_EQ(find(stream, {stream.size()}), junk.size());
}

TEST(Resync, finds_the_same_on_every_split) {
  const auto junk = std::string("zz$\x00\x01$$\x07R", 9);
  const auto stream = junk + packet(0, 20) + packet(1, 12);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut)
    EXPECT_EQ(find(stream, {cut, stream.size()}), junk.size()) << cut;
}

TEST(Resync, a_packet_that_nothing_sensible_follows_is_not_believed) {
  const auto stream = packet(0, 20) + "junk" + packet(0, 8) + packet(1, 8);
  EXPECT_EQ(find(stream, {stream.size()}), 28U);
}

TEST(Resync, a_response_is_also_a_place_to_go_on) {
  const std::string stream = "junk RTSP/1.0 200 OK\r\n";
  EXPECT_EQ(find(stream, {stream.size()}), 5U);
}

TEST(Resync, gives_up_after_its_budget) {
  Resync resync(channels());
  const std::string junk(1000, 'j');
  for (;;) {
    auto in = as_bytes(junk);
    const auto found = resync.scan(in);
    if (!found) {
      EXPECT_EQ(found.error().code, Code::rtsp_out_of_sync);
      break;
    }
    ASSERT_FALSE(*found);
    ASSERT_TRUE(in.empty());
  }
  EXPECT_EQ(resync.dropped(), 64 * 1024U);
}

}  // namespace
}  // namespace camfleet::rtsp
