// The whole way of a packet, from a camera's bytes to a viewer's socket, as app puts it together: what it
// allocates once it goes on evenly.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "device/rtsp/intake.h"
#include "media/outputs/rtsp_viewer.h"
#include "media/testing/world.h"
#include "net/testing/pair.h"

namespace {

// Of this thread, while `counting`.
struct Allocations {
  bool counting = false;
  std::uint64_t slabs = 0;  // 4 KiB and more
  std::uint64_t small = 0;
};
thread_local Allocations allocations;

void* allocate(std::size_t size) {
  if (allocations.counting) ++(size >= 4096 ? allocations.slabs : allocations.small);
  return std::malloc(size == 0 ? 1 : size);
}

}  // namespace

// Of this whole test program.
void* operator new(std::size_t size) {
  if (void* at = allocate(size)) return at;
  throw std::bad_alloc{};
}
void* operator new[](std::size_t size) { return ::operator new(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* at) noexcept { std::free(at); }
void operator delete[](void* at) noexcept { std::free(at); }
void operator delete(void* at, std::size_t) noexcept { std::free(at); }
void operator delete[](void* at, std::size_t) noexcept { std::free(at); }
void operator delete(void* at, const std::nothrow_t&) noexcept { std::free(at); }
void operator delete[](void* at, const std::nothrow_t&) noexcept { std::free(at); }

namespace camfleet::app {
namespace {

using namespace media::testing;

constexpr int kGop = 10;  // pictures; of the clip too

// A camera's bytes, viewers on real sockets, and whoever reads at the other end; all on one loop.
struct Path {
  explicit Path(media::Hub& h) : hub(h) {
    device::Intake::Track track;
    track.codec = model::Codec::h264;
    track.starts = true;
    track.payload_types[0] = 96;
    track.payload_type_count = 1;
    intake.assign(0, 1, track);
  }

  // A picture comes, in two pieces as a network cuts it, and leaves.
  void picture(const std::vector<model::Packet>& packets) {
    bytes.clear();
    for (const auto& packet : packets) {
      const auto framed = packet.framed();
      bytes.insert(bytes.end(), framed.begin(), framed.end());
    }
    const bool was = std::exchange(allocations.counting, counting);
    for (ByteView left{bytes}; !left.empty();) {
      const auto room = intake.room();
      const auto size = std::min({room.size(), left.size(), bytes.size() * 2 / 3});
      std::memcpy(room.data(), left.data(), size);
      left = left.subspan(size);
      ASSERT_TRUE(intake.received(size, system_clock().steady(), &hub));
      hub.flush();
    }
    for (const auto& end : far_ends) {
      while (true) {
        const auto got = ::recv(end.native_handle(), sink.data(), sink.size(), MSG_DONTWAIT);
        if (got <= 0) break;
        received += static_cast<std::uint64_t>(got);
      }
    }
    allocations.counting = was;
    sent += bytes.size();
    count += packets.size();
  }

  media::Hub& hub;
  device::Intake intake;
  std::vector<std::shared_ptr<media::RtspViewer>> viewers;
  std::vector<net::TcpStream> far_ends;
  Bytes bytes;
  std::array<char, 64 * 1024> sink;
  bool counting = false;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t count = 0;
};

net::Task<> pairs(Path& path, net::TaskGroup& tasks, const media::Settings& settings,
                  media::OutputMetrics& metrics, int viewers) {
  for (int i = 0; i < viewers; ++i) {
    auto pair = co_await net::testing::connected_pair();
    path.far_ends.push_back(std::move(pair.client));
    auto viewer = std::make_shared<media::RtspViewer>(std::move(pair.server), tasks, settings, metrics);
    viewer->map(0, 0, 1);
    viewer->play(path.hub, system_clock().steady(), {});
    path.viewers.push_back(std::move(viewer));
  }
}

TEST(RelayPath, allocates_for_each_slab_and_not_for_each_packet) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  media::OutputMetrics metrics{"rtsp"};
  std::unique_ptr<net::TaskGroup> tasks;
  std::unique_ptr<Path> path;
  on(loop, [&] {
    tasks = std::make_unique<net::TaskGroup>(loop.executor(), "viewers");
    path = std::make_unique<Path>(world.hub("cam"));
  });
  net::block_on(loop.executor(), pairs(*path, *tasks, world.hubs->settings(), metrics, 3));
  on(loop, [&] {
    const auto pass = [&](int groups) {
      for (int i = 0; i < groups * kGop; ++i) path->picture(clip.frame(i % kGop == 0 ? 20'000 : 3'000));
    };
    pass(8);  // rings and slabs find their size
    const auto packets = path->count;
    const auto bytes = path->sent;
    path->counting = true;
    pass(100);
    path->counting = false;
    const auto counted = allocations;
    const auto passed = path->count - packets;
    EXPECT_GT(passed, 4'000U);
    EXPECT_EQ(path->received, 3 * path->sent) << "nobody was skipped";
    EXPECT_EQ(counted.small, 0U) << "of " << passed << " packets";
    EXPECT_GT(counted.slabs, 0U);
    EXPECT_LE(counted.slabs * 8 * 1024, (path->sent - bytes) * 3 / 2) << "slabs of " << passed << " packets";
    path.reset();
  });
  net::block_on(loop.executor(), tasks->stop());
  on(loop, [&] { tasks.reset(); });
  world.close("cam");
}

}  // namespace
}  // namespace camfleet::app
