#include "proto/sdkhost/ring.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <thread>

#include "base/random.h"

namespace camfleet::sdkhost {
namespace {

struct Memory {
  explicit Memory(std::size_t capacity)
      : size(ring_size(capacity)),
        data(static_cast<std::uint8_t*>(std::aligned_alloc(4096, (size + 4095) / 4096 * 4096)), &std::free) {
    std::memset(data.get(), 0, size);
  }
  std::span<std::uint8_t> bytes() const { return {data.get(), size}; }
  std::size_t size;
  std::unique_ptr<std::uint8_t, void (*)(void*)> data;
};

Bytes record(std::uint64_t number, std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(number * 31 + i);
  return out;
}

TEST(SdkHostRing, records_of_all_sizes_come_out_in_order) {
  const Memory memory{4096};
  auto writer = RingWriter::make(memory.bytes());
  RingReader reader{memory.bytes()};
  std::uint64_t written = 0, read = 0;
  Bytes out;
  Rng rng{20261128};
  while (read < 20'000) {
    while (written < 20'000 && writer.write({record(written, written * 7 % 900)})) ++written;
    ASSERT_GT(written, read);
    for (auto n = rng.below(8); n-- > 0 && read < written;) {
      const auto got = reader.next(out);
      ASSERT_TRUE(got.has_value() && *got);
      ASSERT_EQ(out, record(read, read * 7 % 900)) << read;
      ++read;
    }
  }
  EXPECT_FALSE(*reader.next(out));
}

TEST(SdkHostRing, a_full_ring_refuses_and_keeps_what_it_has) {
  const Memory memory{1024};
  auto writer = RingWriter::make(memory.bytes());
  RingReader reader{memory.bytes()};
  int kept = 0;
  while (writer.write({record(1, 100)})) ++kept;
  EXPECT_EQ(kept, 1024 / 112);
  EXPECT_FALSE(writer.write({record(2, writer.most() + 1)}));
  Bytes out;
  while (*reader.next(out)) {
    EXPECT_EQ(out, record(1, 100));
    --kept;
  }
  EXPECT_EQ(kept, 0);
}

TEST(SdkHostRing, the_other_process_opens_the_same) {
  const Memory memory{4096};
  RingWriter::make(memory.bytes());
  auto writer = RingWriter::open(memory.bytes());
  ASSERT_TRUE(writer.has_value());
  RingReader reader{memory.bytes()};
  EXPECT_TRUE(writer->write({as_bytes("one "), as_bytes("record")}));
  Bytes out;
  ASSERT_TRUE(*reader.next(out));
  EXPECT_EQ(as_text(out), "one record");
  const Memory other{4096};
  EXPECT_FALSE(RingWriter::open(other.bytes()).has_value());
  EXPECT_FALSE(RingWriter::open(other.bytes().first(100)).has_value());
}

TEST(SdkHostRing, who_sleeps_is_woken_once) {
  const Memory memory{4096};
  auto writer = RingWriter::make(memory.bytes());
  RingReader reader{memory.bytes()};
  EXPECT_TRUE(reader.sleep());
  EXPECT_TRUE(writer.write({as_bytes("x")}));
  EXPECT_TRUE(writer.wake());
  EXPECT_FALSE(writer.wake());
  EXPECT_FALSE(reader.sleep()) << "there is something to read";
}

TEST(SdkHostRing, two_threads_pass_many_records) {
  const Memory memory{16384};
  auto writer = RingWriter::make(memory.bytes());
  RingReader reader{memory.bytes()};
  constexpr std::uint64_t kAll = 10'000;
  std::jthread producer{[&writer] {
    for (std::uint64_t i = 0; i < kAll;)
      if (writer.write({record(i, i % 300)})) ++i;
  }};
  Bytes out;
  for (std::uint64_t i = 0; i < kAll;) {
    const auto got = reader.next(out);
    ASSERT_TRUE(got.has_value());
    if (!*got) continue;
    ASSERT_EQ(out, record(i, i % 300)) << i;
    ++i;
  }
}

// A library that went wild may have written anywhere in the memory: never more than an error comes of it.
TEST(SdkHostRing, a_reader_survives_any_bytes) {
  Rng rng{20261128};
  for (int round = 0; round < 5'000; ++round) {
    const Memory memory{1024};
    auto writer = RingWriter::make(memory.bytes());
    RingReader reader{memory.bytes()};
    for (auto n = rng.below(6); n-- > 0;) (void)writer.write({record(n, rng.below(200))});
    for (auto n = rng.below(20) + 1; n-- > 0;) {
      // Half of it in the head, where it hurts.
      const auto at = rng.below(2) == 0 ? rng.below(sizeof(RingHead)) : rng.below(memory.size);
      memory.bytes()[at] = static_cast<std::uint8_t>(rng());
    }
    Bytes out;
    for (int i = 0; i < 300; ++i) {
      const auto got = reader.next(out);
      if (!got) {
        EXPECT_EQ(got.error().code, Code::sdk_bad_data);
        break;
      }
      if (!*got) break;
      ASSERT_LE(out.size(), 512U);
    }
  }
}

}  // namespace
}  // namespace camfleet::sdkhost
