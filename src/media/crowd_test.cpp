// Very many who want what is not there, and some who do not read among those who do.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <vector>

#include "media/cursor.h"
#include "media/testing/world.h"

namespace camfleet::media {
namespace {

using namespace testing;

struct Asked {
  std::map<Code, int> answers;
  int open = 0;
};

net::Task<> ask(World& world, net::Loop& loop, int number, Asked& asked) {
  auto opened = co_await world.hubs->on(loop).open(key_of("dead-" + std::to_string(number % 1'000)));
  ++asked.answers[opened ? Code::ok : opened.error().code];
  --asked.open;
}

// Row 41.
TEST(crowd, ten_thousand_requests_for_dead_cameras_get_an_answer_each_and_few_pulls) {
  auto settings = quick_settings();
  settings.max_starts = 8;
  settings.start_limit = 2s;  // longer than asking takes: none begins behind one that gave up
  World world{settings, {}};  // pulls that never begin
  std::array<Asked, 2> asked;
  net::LoopGroups tasks{world.loops, "crowd"};
  for (std::size_t i = 0; i < 2; ++i) {
    net::Loop& loop = world.loops.at(i);
    on(loop, [&] {
      for (int n = 0; n < 10'000; ++n) {
        const auto key = key_of("dead-" + std::to_string(n % 1'000));
        if (*world.source.loop_of(key.device) != &loop) continue;
        ++asked[i].open;
        tasks.on(loop).spawn(ask(world, loop, n, asked[i]));
      }
    });
  }
  ASSERT_TRUE(eventually(
      [&] {
        int open = 0;
        for (std::size_t i = 0; i < 2; ++i) open += on(world.loops.at(i), [&] { return asked[i].open; });
        return open == 0;
      },
      std::chrono::seconds{60}));
  int answers = 0;
  for (const auto& one : asked) {
    for (const auto& [code, count] : one.answers) {
      EXPECT_TRUE(code == Code::media_too_many_pulls || code == Code::media_start_timeout) << name(code);
      answers += count;
    }
  }
  EXPECT_EQ(answers, 10'000);
  EXPECT_LE(world.source.most_active(), 8U);
  tasks.stop_and_wait();
  EXPECT_TRUE(eventually([&] { return world.hubs->streams().empty(); }, std::chrono::seconds{20}))
      << "nothing of them is left";
}

class Reads final : public Viewer {
 public:
  Reads(Feed& feed, bool reads) : feed_(feed), reads_(reads) {
    cursor_.join(feed.cache(), feed.has_keys());
    feed.attach(*this);
  }
  ~Reads() override { feed_.detach(*this); }
  void wake() override {
    lost += cursor_.catch_up(feed_.cache(), LagLimits{.bytes = 20'000});
    while (reads_ && !cursor_.waiting() && cursor_.place().item < feed_.complete().item) {
      cursor_.advance(feed_.cache().at(cursor_.place().item).size);
      ++got;
    }
  }
  void ended(const Error&) override {}
  Place place() const override { return cursor_.place(); }
  std::uint64_t lost = 0;
  std::uint64_t got = 0;

 private:
  Feed& feed_;
  bool reads_;
  Cursor cursor_;
};

// Rows 32 and 33, among many.
TEST(crowd, five_hundred_good_viewers_notice_nothing_of_those_who_never_read) {
  World world;
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  std::vector<std::unique_ptr<Reads>> viewers;
  on(loop, [&] {
    for (int i = 0; i < 520; ++i) viewers.push_back(std::make_unique<Reads>(world.hub("cam"), i % 26 != 0));
  });
  FakeVideo video{10, 3, 1'000};
  std::size_t most = 0;
  for (int i = 0; i < 200; ++i) {
    world.source.publish(key_of("cam"), [&](model::Publisher& to) { publish(to, video.frame()); });
    most = std::max(most, on(loop, [&] { return world.hub("cam").cache().bytes(); }));
  }
  on(loop, [&] {
    for (int i = 0; i < 520; ++i) {
      const auto& viewer = *viewers[static_cast<std::size_t>(i)];
      EXPECT_EQ(viewer.got, i % 26 != 0 ? 600U : 0U);
      EXPECT_EQ(viewer.lost > 0, i % 26 == 0);
    }
    viewers.clear();
  });
  EXPECT_LT(most, 2U * 10 * 3 * 1'100) << "two groups of pictures, however many do not read";
  world.close("cam");
}

// Smart codecs: key pictures ten seconds apart.
TEST(crowd, a_group_of_250_pictures_is_kept_whole_and_past_its_bounds_not_at_all) {
  auto settings = quick_settings();
  settings.window.bytes = 400'000;
  World world{settings};
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  FakeVideo video{250, 1, 1'000};
  const auto publish_frames = [&](int count) {
    world.source.publish(key_of("cam"), [&](model::Publisher& to) {
      for (int i = 0; i < count; ++i) publish(to, video.frame());
    });
  };
  publish_frames(250);
  on(loop, [&] {
    EXPECT_TRUE(world.hub("cam").cache().key());
    EXPECT_EQ(world.hub("cam").cache().end().item - world.hub("cam").cache().key()->item, 250U);
  });
  FakeVideo endless{1'000'000, 1, 1'000};
  video = endless;
  publish_frames(2'000);
  on(loop, [&] {
    EXPECT_FALSE(world.hub("cam").cache().key());
    EXPECT_LE(world.hub("cam").cache().bytes(), 400'000U + 2'000);
  });
  world.close("cam");
}

}  // namespace
}  // namespace camfleet::media
