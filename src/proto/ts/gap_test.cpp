#include "proto/ts/gap.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>

#include "proto/ts/testing/reader.h"

namespace camfleet::ts {
namespace {

using testing::Reader;

// A stream of pictures and sound, a group of pictures each five.
struct Stream {
  PacketWriter writer{StreamType::h264, true};
  int number = 0;
  bool key() const { return number % 5 == 0; }
  Bytes next() {
    Bytes out;
    if (key()) writer.tables(out);
    const Bytes data(500, 0x41);
    const std::array parts{ByteView{data}};
    EXPECT_TRUE(writer.video(out, {parts, 3'600 * number, 3'600 * number, key()}));
    if (!key()) EXPECT_TRUE(writer.audio(out, {parts, 3'600 * number, 3'600 * number, false}));
    ++number;
    return out;
  }
};

TEST(TsGap, every_counter_that_jumps_is_announced_once) {
  Stream stream;
  Reader reader;
  Gap gap;
  const auto pass = [&] {
    const bool key = stream.key();
    const auto bytes = stream.next();
    reader.read(gap.before(bytes, key));
    reader.read(bytes);
  };
  for (int i = 0; i < 13; ++i) pass();
  EXPECT_TRUE(reader.gaps.empty());
  for (int i = 13; i < 20; ++i) stream.next();  // which this reader does not get
  gap.open();
  for (int i = 20; i < 50; ++i) pass();
  const std::map<std::uint16_t, int> once{{0, 1}, {kProgrammePid, 1}, {kVideoPid, 1}, {kAudioPid, 1}};
  EXPECT_EQ(reader.gaps, once);
  EXPECT_FALSE(gap.is_open()) << "it is not looked for any more";
  EXPECT_EQ(reader.units.size(), 43U + 43U - 9U) << "sound is missing at key pictures alone";
}

TEST(TsGap, a_strict_reader_takes_a_jump_that_is_not_announced_for_damage) {
  Stream stream;
  Reader reader;
  reader.read(stream.next());
  for (int i = 1; i < 5; ++i) stream.next();
  EXPECT_THROW(reader.read(stream.next()), std::runtime_error);
}

}  // namespace
}  // namespace camfleet::ts
