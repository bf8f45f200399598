#include "sdkhost/outlet.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <vector>

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

  Notice next_notice() {
    std::string buffer(kMaxMessage, '\0');
    const auto got = ::recv(pair_[0], buffer.data(), buffer.size(), 0);
    const auto told = decode_told({buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
    EXPECT_TRUE(told.has_value());
    return told ? std::get<Notice>(*told) : Notice{};
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

// What a callback hands over is there even if this process ends before anybody reads.
TEST_F(SdkHostOutlet, an_alarm_lies_in_shared_memory_when_send_returns) {
  ASSERT_TRUE(outlet_->send(alarm(7)));
  outlet_.reset();
  Bytes record;
  ASSERT_TRUE(*alarms_.reader->next(record));
  EXPECT_EQ(decode_body<Alarm>(as_text(record))->channel, 7);
}

// Nobody reads: what fits is kept, the rest is refused at once, counted, and told of as one notice.
TEST_F(SdkHostOutlet, what_finds_no_room_is_refused_at_once_and_told) {
  constexpr int kAll = 300;
  int taken = 0;
  for (int i = 1; i <= kAll; ++i) taken += outlet_->send(alarm(i, 2'000)) ? 1 : 0;
  EXPECT_GT(taken, 10);
  EXPECT_LT(taken, kAll);
  EXPECT_EQ(outlet_->alarms_refused(), static_cast<std::uint64_t>(kAll - taken));
  std::uint32_t told = 0;
  while (told < static_cast<std::uint32_t>(kAll - taken)) {
    const auto notice = next_notice();
    EXPECT_EQ(notice.kind, NoticeKind::alarms_dropped);
    EXPECT_EQ(notice.id, 1U);
    told += notice.error;
  }
  EXPECT_EQ(told, outlet_->alarms_refused());
  Bytes record;
  for (int next = 1; next <= taken; ++next) {
    ASSERT_TRUE(*alarms_.reader->next(record));
    EXPECT_EQ(decode_body<Alarm>(as_text(record))->channel, next);
  }
  EXPECT_TRUE(outlet_->send(alarm(1, 2'000))) << "there is room again";
}

// Nobody reads the socket: whoever tells does not wait, and what is kept is bounded.
TEST_F(SdkHostOutlet, notices_never_wait_and_their_ends_survive) {
  for (int i = 0; i < 20'000; ++i) {
    outlet_->tell({NoticeKind::alarm_lost, 3, 0});
    outlet_->tell({NoticeKind::alarm_lost, 3, 1});
    outlet_->tell({NoticeKind::alarm_back, 3, 2});
  }
  outlet_->tell({NoticeKind::alarm_closed, 3, 9});
  std::vector<NoticeKind> seen;
  while (seen.empty() || seen.back() != NoticeKind::alarm_closed) seen.push_back(next_notice().kind);
  EXPECT_EQ(seen.front(), NoticeKind::alarm_lost);
  EXPECT_LT(seen.size(), 20'000U);
}

TEST_F(SdkHostOutlet, an_empty_ring_gives_its_memory_back) {
  constexpr std::size_t kBig = 8 << 20;
  const int fd = ::memfd_create("big", 0);
  ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(ring_size(kBig))), 0);
  auto* memory =
      static_cast<std::uint8_t*>(::mmap(nullptr, ring_size(kBig), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  RingWriter::make({memory, ring_size(kBig)});
  RingReader reader{{memory, ring_size(kBig)}};
  Outlet outlet{pair_[1], *Outlet::Ring::open(fd, alarms_.bell), *Outlet::Ring::open(media_.fd, media_.bell)};
  const auto held = [&] {
    struct stat what {};
    ::fstat(fd, &what);
    return what.st_blocks * 512;
  };
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(outlet.send(alarm(i, 1 << 20)));
  const auto full = held();
  outlet.tidy();
  EXPECT_EQ(held(), full) << "it is not empty";
  Bytes record;
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(*reader.next(record));
  outlet.tidy();
  EXPECT_LT(held(), full / 4);
  EXPECT_TRUE(outlet.send(alarm(77, 1 << 20)));
  ASSERT_TRUE(*reader.next(record));
  EXPECT_EQ(decode_body<Alarm>(as_text(record))->channel, 77);
  ::munmap(memory, ring_size(kBig));
  ::close(fd);
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
