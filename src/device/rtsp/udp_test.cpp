#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/random.h"
#include "device/rtsp/client.h"
#include "device/rtsp/transport_memory.h"
#include "device/testing/udp_camera.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using testing::rtp_bytes;
using testing::UdpCamera;
using testing::rtsp_rig::kIdr;
using testing::rtsp_rig::kSlice;

struct Pull {
  explicit Pull(std::size_t enough = 1)
      : camera(loop.executor()),
        listener(loop.executor(), [this](testing::Talk& talk, int n) { return camera.serve(talk, n); }),
        recorder(loop.executor(), enough) {
    target.guard = &testing::loopback_guard();
    target.url.scheme = "rtsp";
    target.url.host = "127.0.0.1";
    target.url.port = listener.port();
    target.url.target = "/Streaming/Channels/101";
    target.carrier = Carrier::udp;
    limits.udp.ports = &ports;
    limits.udp.memory = &memory;
    camera.interleaved = testing::rtp_frame(0, 96, true, 900, 3600, kIdr);
  }
  // Plays until there are enough packets, or it ends by itself; the reason of the latter.
  Error run() { return loop.run(until_enough(*this)); }
  static net::Task<Error> until_enough(Pull& pull) {
    RtspClient client{pull.target, pull.limits};
    Error why;
    bool ended = false;
    {
      net::TaskGroup group{pull.loop.executor(), "pull"};
      group.spawn(testing::rtsp_rig::Pull::play(client, pull.recorder, why, ended));
      (void)co_await pull.recorder.event.wait(std::chrono::steady_clock::now() + 8s);
      co_await group.stop();
    }
    pull.counters = client.counters();
    co_return why;
  }
  ~Pull() { loop.run(listener.stop()); }

  std::vector<std::uint16_t> sequences() const {
    std::vector<std::uint16_t> out;
    for (const auto& packet : recorder.packets)
      if (!packet.rtcp) out.push_back(load16(packet.rtp().data() + 2));
    return out;
  }

  net::testing::TestLoop loop;
  net::DatagramPairs ports;
  TransportMemory memory;
  UdpCamera camera;
  testing::FakeCamera listener;
  testing::Recorder recorder;
  RtspTarget target;
  RtspLimits limits{.phase = 2s, .stall = 2s, .teardown = 1s, .udp = {}};
  IntakeCounters counters;
};

std::vector<std::uint16_t> numbers(std::uint16_t from, std::uint16_t count) {
  std::vector<std::uint16_t> out;
  for (std::uint16_t i = 0; i < count; ++i) out.push_back(static_cast<std::uint16_t>(from + i));
  return out;
}

TEST(RtspOverUdp, packets_come_as_if_they_had_come_interleaved) {
  Pull pull{3};
  pull.camera.media = [](UdpCamera& camera) {
    camera.send(rtp_bytes(65'535, 3600, false, kIdr));
    camera.send(rtp_bytes(0, 3600, true, kIdr));
    camera.send(rtp_bytes(1, 7200, true, kSlice));
  };
  EXPECT_FALSE(pull.run());
  ASSERT_EQ(pull.sequences(), (std::vector<std::uint16_t>{65'535, 0, 1}));
  const auto& first = pull.recorder.packets[0];
  EXPECT_EQ(first.framed()[0], '$');
  EXPECT_EQ(first.framed()[1], 0);
  EXPECT_EQ(load16(first.framed().data() + 2), first.size - 4);
  EXPECT_EQ(as_text(first.rtp()).substr(12), kIdr);
  EXPECT_TRUE(first.key_start);
  EXPECT_TRUE(pull.recorder.packets[1].marker);
  EXPECT_FALSE(pull.recorder.packets[2].key_start);
  EXPECT_EQ(pull.recorder.packets[0].slab.get(), pull.recorder.packets[2].slab.get()) << "one slab for many";
  EXPECT_EQ(pull.recorder.starts, 1);
  EXPECT_EQ(pull.camera.count("TEARDOWN"), 1);
  EXPECT_EQ(pull.ports.taken(), 0U) << "ports are taken while it plays";
}

TEST(RtspOverUdp, what_comes_twice_late_or_in_disorder_is_put_right) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Pull pull{200};
    pull.camera.media = [seed](UdpCamera& camera) {
      Rng rng{seed};
      std::vector<std::uint16_t> order = numbers(1, 199);
      for (std::size_t i = 0; i + 32 <= order.size(); i += 32)
        std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(i),
                     order.begin() + static_cast<std::ptrdiff_t>(i + 32), rng);
      camera.send(rtp_bytes(0, 0, true, kIdr));
      for (const auto number : order)
        for (std::uint64_t copies = 1 + rng.below(2); copies > 0; --copies)
          camera.send(rtp_bytes(number, number * 3600U, true, kSlice));
    };
    EXPECT_FALSE(pull.run());
    EXPECT_EQ(pull.sequences(), numbers(0, 200));
  }
}

// Row 56 of the bad inputs.
TEST(RtspOverUdp, only_the_device_itself_is_listened_to) {
  Pull pull{2};
  auto stranger = pull.ports.open(pull.loop.executor(), {.at = {*net::parse_address("127.0.0.9"), 0}});
  ASSERT_TRUE(stranger);
  pull.camera.media = [&](UdpCamera& camera) {
    for (std::uint16_t i = 0; i < 50; ++i) camera.send_from(stranger->rtp, rtp_bytes(i, 1, true, kIdr));
    camera.send(rtp_bytes(700, 3600, true, kIdr));
    camera.send(rtp_bytes(701, 7200, true, "metadata", 112));  // a payload type that nobody announced
    camera.send({0x80});
    camera.send({});
    camera.send(rtp_bytes(702, 7200, true, kSlice));
  };
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.sequences(), (std::vector<std::uint16_t>{700, 702}));
  EXPECT_EQ(pull.counters.foreign_payload, 1U);
}

TEST(RtspOverUdp, a_refusal_is_answered_by_tcp_at_once_on_the_same_connection) {
  for (const int status : {461, 400, 551}) {
    Pull pull;
    pull.camera.refuse_udp = status;
    EXPECT_FALSE(pull.run()) << status;
    EXPECT_EQ(pull.sequences(), (std::vector<std::uint16_t>{900}));
    EXPECT_EQ(pull.listener.connections(), 1);
    EXPECT_EQ(pull.camera.setups(true), 1);
    EXPECT_EQ(pull.memory.size(), 1U);
    EXPECT_EQ(pull.ports.taken(), 0U);
  }
  Pull busy;
  busy.camera.refuse_udp = 453;
  EXPECT_EQ(busy.run().code, Code::device_sessions_full) << "says nothing of UDP";
  EXPECT_EQ(busy.camera.setups(false), 0);
}

// Row 59: a firewall lets no packet through.
TEST(RtspOverUdp, where_nothing_comes_it_goes_on_over_tcp_and_that_is_remembered) {
  Pull pull;
  pull.limits.udp.first = 100ms;
  pull.limits.udp.again = 300ms;
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.sequences(), (std::vector<std::uint16_t>{900}));
  EXPECT_EQ(pull.recorder.starts, 1) << "for its viewers it is one stream";
  EXPECT_EQ(pull.camera.count("TEARDOWN"), 2);
  EXPECT_EQ(pull.camera.setups(true), 1);
  EXPECT_EQ(pull.camera.setups(false), 1);

  pull.recorder.packets.clear();
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.setups(true), 1) << "not asked again";
  // And back: after that time UDP is tried again.
  pull.camera.media = [](UdpCamera& camera) { camera.send(rtp_bytes(5, 3600, true, kIdr)); };
  const auto authority = pull.target.url.authority();
  while (pull.memory.wants_tcp(authority, std::chrono::steady_clock::now())) {
  }
  pull.recorder.packets.clear();
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.setups(true), 2);
  EXPECT_EQ(pull.sequences(), (std::vector<std::uint16_t>{5}));
}

// Row 60: the network loses what is larger than it takes in one piece.
TEST(RtspOverUdp, where_no_picture_comes_whole_it_goes_on_over_tcp) {
  Pull pull{100};
  pull.limits.udp.whole = 200ms;
  struct Sender {
    static net::Task<> run(UdpCamera& camera) {
      for (std::uint16_t i = 0;; ++i) {
        // The first and the last packet of each picture are small; what is between them never arrives.
        if (camera.client) {
          camera.send(rtp_bytes(static_cast<std::uint16_t>(4 * i), i * 3600U, false, kIdr));
          camera.send(rtp_bytes(static_cast<std::uint16_t>(4 * i + 3), i * 3600U, true, kIdr));
        }
        co_await net::sleep_for(5ms);
      }
    }
  };
  for (int i = 0; i < 150; ++i)
    pull.camera.interleaved += testing::rtp_frame(0, 96, true, static_cast<std::uint16_t>(900 + i), 9, kIdr);
  net::TaskGroup sender{pull.loop.executor(), "sender"};
  sender.spawn(Sender::run(pull.camera));
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.setups(false), 1);
  EXPECT_EQ(pull.memory.size(), 1U);
  pull.loop.run(sender.stop());
}

TEST(RtspOverUdp, where_there_are_no_ports_it_is_tcp_and_nothing_is_held_against_the_device) {
  Pull pull;
  net::DatagramPairs none{{}, 0};
  pull.limits.udp.ports = &none;
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.setups(true), 0);
  EXPECT_EQ(pull.sequences(), (std::vector<std::uint16_t>{900}));
  EXPECT_EQ(pull.memory.size(), 0U);
}

TEST(RtspOverUdp, auto_is_tcp_and_udp_only_where_that_is_refused) {
  Pull pull;
  pull.target.carrier = Carrier::any;
  EXPECT_FALSE(pull.run());
  EXPECT_EQ(pull.camera.setups(true), 0);
  Pull refused;
  refused.target.carrier = Carrier::any;
  refused.camera.refuse_tcp = true;
  refused.camera.media = [](UdpCamera& camera) { camera.send(rtp_bytes(5, 3600, true, kIdr)); };
  EXPECT_FALSE(refused.run());
  EXPECT_EQ(refused.sequences(), (std::vector<std::uint16_t>{5}));
  Pull neither;
  neither.target.carrier = Carrier::any;
  neither.camera.refuse_tcp = true;
  neither.camera.refuse_udp = 461;
  EXPECT_EQ(neither.run().code, Code::rtsp_no_transport);
  Pull only_tcp;
  only_tcp.target.carrier = Carrier::tcp;
  only_tcp.camera.refuse_tcp = true;
  EXPECT_EQ(only_tcp.run().code, Code::rtsp_no_transport);
  EXPECT_EQ(only_tcp.camera.setups(true), 0);
}

TEST(RtspOverUdp, it_reports_what_it_received) {
  Pull pull{1000};
  pull.limits.udp.report = 40ms;
  pull.limits.stall = 500ms;
  const auto ntp = rtp::to_ntp(rtp::UnixTime{std::chrono::seconds{1'700'000'000}});
  pull.camera.media = [&](UdpCamera& camera) {
    Bytes report;
    rtp::write(report, rtp::SenderReport{.ssrc = 0x1234'5678,
                                         .ntp = ntp,
                                         .rtp_timestamp = 0,
                                         .packet_count = 0,
                                         .octet_count = 0,
                                         .blocks = {}});
    camera.send_report(report);
    for (std::uint16_t i = 0; i < 100; ++i)
      if (i % 4 != 1) camera.send(rtp_bytes(i, i * 3600U, true, i == 0 ? kIdr : kSlice));
  };
  EXPECT_EQ(pull.run().code, Code::media_stalled);
  const auto reports = pull.camera.reports();
  ASSERT_GE(reports.size(), 3U);
  EXPECT_TRUE(reports.front().blocks.empty()) << "the one that opens the way, before anything came";
  const auto with_loss = std::ranges::find_if(reports, [](const auto& report) {
    return !report.blocks.empty() && report.blocks[0].fraction_lost > 0;
  });
  ASSERT_NE(with_loss, reports.end());
  const auto& last = reports.back().blocks.at(0);
  EXPECT_EQ(last.ssrc, 0x1234'5678U);
  EXPECT_EQ(last.cumulative_lost, 25);
  EXPECT_EQ(last.highest_sequence, 99U);
  EXPECT_EQ(last.last_sr, rtp::compact(ntp));
  EXPECT_GT(last.delay_since_last_sr, 0U);
  const bool forwarded = std::ranges::any_of(pull.recorder.packets, &model::Packet::rtcp);
  EXPECT_TRUE(forwarded) << "sender reports are for the viewers too";
}

TEST(RtspOverUdp, the_session_is_kept_by_requests_and_a_device_that_closes_ends_it) {
  Pull pull{1000};
  pull.limits.keep_alive = 20ms;
  pull.limits.stall = 300ms;
  pull.camera.media = [](UdpCamera& camera) { camera.send(rtp_bytes(5, 3600, true, kIdr)); };
  EXPECT_EQ(pull.run().code, Code::media_stalled);
  EXPECT_GE(pull.camera.count("OPTIONS"), 2);
  EXPECT_EQ(pull.camera.count("TEARDOWN"), 1);
}

TEST(Wholeness, pictures_with_gaps_in_them_are_not_whole) {
  const SteadyTime begin{1h};
  const auto packet = [&](std::uint32_t timestamp, bool key, bool marker, std::chrono::milliseconds at) {
    model::Packet out;
    out.timestamp = timestamp;
    out.key_start = key;
    out.marker = marker;
    out.arrival = begin + at;
    return out;
  };
  Wholeness none{begin, 1s};
  EXPECT_FALSE(none.hopeless(begin + 999ms));
  EXPECT_TRUE(none.hopeless(begin + 1s));
  // Small pictures come whole, the key pictures never.
  Wholeness small{begin, 1s};
  auto at = 0ms;
  int until_hopeless = 0;
  for (std::uint32_t i = 0; !small.hopeless(begin + at) && i < 1000; ++i, at += 40ms, ++until_hopeless) {
    const bool key = i % 25 == 0;
    small.packet(packet(i, key, !key, at), false);
    if (key) small.packet(packet(i, false, true, at), true);
  }
  EXPECT_GE(until_hopeless, 125) << "five seconds";
  EXPECT_LE(until_hopeless, 126);
  // Every third picture has a gap, and every second key picture: bad, and better than nothing.
  Wholeness fair{begin, 1s};
  at = 0ms;
  for (std::uint32_t i = 0; i < 1000; ++i, at += 40ms) {
    fair.packet(packet(i, i % 25 == 0, false, at), false);
    fair.packet(packet(i, false, true, at), i % 3 == 1 || i % 50 == 25);
    ASSERT_FALSE(fair.hopeless(begin + at));
  }
}

TEST(TransportMemory, forgets_in_time_and_is_bounded) {
  TransportMemory memory;
  const SteadyTime now{1h};
  memory.use_tcp("cam:554", now + 1s);
  EXPECT_TRUE(memory.wants_tcp("cam:554", now));
  EXPECT_FALSE(memory.wants_tcp("other:554", now));
  EXPECT_FALSE(memory.wants_tcp("cam:554", now + 1s));
  EXPECT_EQ(memory.size(), 0U);
  for (int i = 0; i < 70'000; ++i) memory.use_tcp(std::to_string(i), now + 1s);
  EXPECT_EQ(memory.size(), 65'536U);
}

}  // namespace
}  // namespace camfleet::device
