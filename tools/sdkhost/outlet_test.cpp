#include "sdkhost/outlet.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace camfleet::sdkhost {
namespace {

// The gateway's end of all three ways, with small rings.
class SdkHostOutlet : public testing::Test {
 protected:
  static constexpr std::size_t kRing = 64 * 1024;
  struct Shared {
    Shared() : fd(::memfd_create("ring", 0)), bell(::eventfd(0, EFD_NONBLOCK)) {
      EXPECT_EQ(::ftruncate(fd, static_cast<off_t>(ring_size(kRing))), 0);
      memory = static_cast<std::uint8_t*>(
          ::mmap(nullptr, ring_size(kRing), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
      RingWriter::make({memory, ring_size(kRing)});
      reader.emplace(std::span{memory, ring_size(kRing)});
    }
    ~Shared() {
      ::munmap(memory, ring_size(kRing));
      ::close(fd);
      ::close(bell);
    }
    int fd, bell;
    std::uint8_t* memory = nullptr;
    std::optional<RingReader> reader;
  };
  SdkHostOutlet() {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair_), 0);
    outlet_.emplace(pair_[1], *Outlet::Ring::open(alarms_.fd, alarms_.bell),
                    *Outlet::Ring::open(media_.fd, media_.bell));
  }
  ~SdkHostOutlet() override {
    outlet_.reset();
    ::close(pair_[0]);
    ::close(pair_[1]);
  }

  Shared alarms_, media_;
  int pair_[2]{};
  std::optional<Outlet> outlet_;
};

Alarm alarm(int number, std::size_t picture = 0) {
  Alarm out;
  out.device = 1;
  out.type = "vmd";
  out.channel = number;
  if (picture > 0) out.pictures.push_back({"image/jpeg", std::string(picture, 'x')});
  return out;
}

// Far more than the ring holds: they wait for whoever reads slowly, and none is missing.
TEST_F(SdkHostOutlet, no_alarm_is_lost_to_a_full_ring) {
  constexpr int kAll = 300;
  std::jthread callback{[this] {
    for (int i = 1; i <= kAll; ++i) EXPECT_TRUE(outlet_->send(alarm(i, 2'000)));
  }};
  Bytes record;
  for (int next = 1; next <= kAll;) {
    const auto got = alarms_.reader->next(record);
    ASSERT_TRUE(got.has_value());
    if (!*got) {
      std::this_thread::yield();
      continue;
    }
    const auto read = decode_body<Alarm>(as_text(record));
    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->channel, next);
    ++next;
  }
  EXPECT_EQ(outlet_->alarms_refused(), 0U);
}

TEST_F(SdkHostOutlet, pictures_that_do_not_fit_are_left_out_and_counted) {
  EXPECT_TRUE(outlet_->send(alarm(1, kRing)));
  Bytes record;
  for (;;) {
    const auto got = alarms_.reader->next(record);
    ASSERT_TRUE(got.has_value());
    if (*got) break;
    std::this_thread::yield();
  }
  const auto read = decode_body<Alarm>(as_text(record));
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->pictures.empty());
  EXPECT_EQ(read->pictures_left_out, 1U);
}

TEST_F(SdkHostOutlet, media_never_wait) {
  const Bytes piece(1'400, 7);
  int taken = 0;
  while (outlet_->send_media(9, 4, piece)) ++taken;
  EXPECT_GT(taken, 40);
  Bytes record;
  ASSERT_TRUE(*media_.reader->next(record));
  EXPECT_EQ(record.size(), piece.size() + 8);
  EXPECT_EQ(record[0], 9);
  EXPECT_EQ(record[4], 4);
  EXPECT_TRUE(outlet_->send_media(9, 4, piece)) << "there is room again";
}

TEST_F(SdkHostOutlet, a_long_answer_goes_in_pieces) {
  Answer answer{5};
  answer.body.assign(200'000, 'p');
  std::jthread sender{[this, &answer] { outlet_->send(answer); }};
  std::string body, buffer(kMaxMessage + 4096, '\0');
  for (bool more = true; more;) {
    const auto got = ::recv(pair_[0], buffer.data(), buffer.size(), 0);
    ASSERT_GT(got, 0);
    ASSERT_LE(static_cast<std::size_t>(got), kMaxMessage);
    const auto told = decode_told({buffer.data(), static_cast<std::size_t>(got)});
    ASSERT_TRUE(told.has_value());
    const auto& part = std::get<Answer>(*told);
    EXPECT_EQ(part.number, 5U);
    body += part.body;
    more = part.more;
  }
  EXPECT_EQ(body, answer.body);
}

}  // namespace
}  // namespace camfleet::sdkhost
