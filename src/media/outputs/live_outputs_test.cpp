#include "media/outputs/live_outputs.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <numeric>
#include <thread>
#include <tuple>

#include "base/metrics.h"
#include "base/random.h"
#include "media/outputs/packager.h"
#include "media/testing/fragments.h"
#include "media/testing/raw_client.h"
#include "media/testing/world.h"
#include "net/http_server.h"
#include "proto/flv/testing/reader.h"
#include "proto/ts/testing/reader.h"

namespace camfleet::media {
namespace {

using namespace testing;

TEST(fmp4_packager, one_fragment_a_picture_at_once_and_on_the_stream_s_time) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    publish(to, clip.frame());
    publish(to, clip.frame());
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    ASSERT_TRUE(packager);
    ASSERT_TRUE((*packager)->init()) << "known from the description";
    EXPECT_EQ((*packager)->init()->mime.substr(0, 23), "video/mp4; codecs=\"avc1");
    EXPECT_EQ(types(boxes(as_text((*packager)->init()->data))), "ftyp moov ");
    Collector collector{**packager};
    EXPECT_EQ(collector.got.size(), 2U) << "the group of pictures from memory";
    for (int i = 2; i < 25; ++i) {
      publish(to, clip.frame());
      EXPECT_EQ(collector.got.size(), static_cast<std::size_t>(i + 1)) << "no picture waits for the next";
    }
    for (std::size_t i = 0; i < collector.got.size(); ++i) {
      const auto list = boxes(as_text(*collector.got[i].data));
      ASSERT_EQ(types(list), i % 10 == 0 ? "prft moof mdat " : "moof mdat ");
      const Moment at = moment(child(as_text(*collector.got[i].data), "moof"));
      EXPECT_EQ(at.decode_time, i * 9000);
      EXPECT_EQ(at.duration, i == 0 ? 9000U : 9000U);
      EXPECT_EQ(at.key, i % 10 == 0);
      EXPECT_EQ(at.size, list.back().body.size());
      const int type = static_cast<int>(list.back().body[4]) & 0x1F;
      EXPECT_EQ(type, i % 10 == 0 ? 5 : 1) << "parameter sets stand in the init segment alone";
    }
    EXPECT_EQ((*packager)->cache().begin().item, 20U) << "only the newest group of pictures is kept";
  });
  world.close("cam");
}

TEST(fmp4_packager, waits_for_parameter_sets_in_the_stream) {
  TinyClip clip;
  World world{quick_settings(), clip.info(false)};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    ASSERT_TRUE(packager);
    EXPECT_FALSE((*packager)->init());
    Collector collector{**packager};
    publish(to, clip.frame());
    EXPECT_TRUE((*packager)->init());
    EXPECT_EQ(collector.got.size(), 1U);
    EXPECT_EQ(world.hub("cam").status().read().width, 128);
  });
  world.close("cam");
}

TEST(fmp4_packager, a_lost_packet_costs_pictures_until_the_next_key_frame_and_no_more) {
  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  world.source.publish(key_of("cam"), [&](model::Publisher& to) {
    auto packager = Packager::make(Lease{world.hub("cam")}, world.hubs->settings());
    Collector collector{**packager};
    for (int i = 0; i < 20; ++i) {
      auto packets = clip.frame();
      if (i == 4) packets.erase(packets.begin());
      publish(to, std::move(packets));
    }
    EXPECT_EQ(collector.got.size(), 14U);
    EXPECT_TRUE(collector.got[4].key_start);
    EXPECT_EQ(moment(child(as_text(*collector.got[4].data), "moof")).decode_time, 90'000U) << "time goes on";
  });
  world.close("cam");
}

TEST(fmp4_packager, says_what_it_cannot_carry_and_why_it_ended) {
  auto info = FakeVideo::info();
  info.tracks[0].codec = model::Codec::mjpeg;
  World jpeg{quick_settings(), info};
  ASSERT_EQ(jpeg.open("cam"), Code::ok);
  on(jpeg.loop("cam"), [&] {
    const auto packager = Packager::make(Lease{jpeg.hub("cam")}, jpeg.hubs->settings());
    EXPECT_EQ(packager.error().code, Code::media_unsupported_codec);
  });
  jpeg.close("cam");

  info.tracks[0].media = model::Media::audio;
  World sound{quick_settings(), info};
  ASSERT_EQ(sound.open("cam"), Code::ok);
  on(sound.loop("cam"), [&] {
    const auto packager = Packager::make(Lease{sound.hub("cam")}, sound.hubs->settings());
    EXPECT_EQ(packager.error().code, Code::media_no_video);
  });
  sound.close("cam");

  TinyClip clip;
  World world{quick_settings(), clip.info()};
  ASSERT_EQ(world.open("cam"), Code::ok);
  auto& loop = world.loop("cam");
  auto packager = on(loop, [&] { return *Packager::make(Lease{world.hub("cam")}, world.hubs->settings()); });
  auto collector = on(loop, [&] { return std::make_unique<Collector>(*packager); });
  world.source.stop(key_of("cam"), Code::media_stalled);
  EXPECT_TRUE(eventually([&] { return on(loop, [&] { return collector->over; }) == Code::media_stalled; }));
  on(loop, [&] {
    collector.reset();
    packager.reset();
  });
  world.close("cam");
}

// The outputs behind an HTTP server, as the API puts them.
class Web {
 public:
  explicit Web(LiveSettings settings = {}, Settings media = quick_settings(),
               h26x::Codec codec = h26x::Codec::h264)
      : clip(codec),
        world(media, clip.info()),
        live(world.loops, *world.hubs, world.gate, settings),
        http(world.loops, [this](net::HttpExchange& exchange) { return handle(*this, exchange); }) {
    at = *http.listen(net::Endpoint{net::asio::ip::address_v4::loopback(), 0});
  }
  ~Web() {
    http.stop_and_wait();
    live.stop_and_wait();
  }
  void frame(std::size_t padding = 0) {
    world.source.publish(key_of("cam"), [&](model::Publisher& to) { publish(to, clip.frame(padding)); });
  }

  TinyClip clip;
  World world;
  LiveOutputs live;
  net::HttpServer http;
  net::Endpoint at;

 private:
  static net::Task<> handle(Web& web, net::HttpExchange& exchange) {
    // /DEVICE.FORM or /DEVICE.FORM.ws
    const std::string device = exchange.path().substr(1, exchange.path().find('.') - 1);
    std::string ending = exchange.path().substr(exchange.path().find('.') + 1);
    const bool ws = ending.ends_with("ws");
    if (ws) ending = ending == "ws" ? "mp4" : ending.substr(0, ending.size() - 3);
    const Form form = ending == "flv12" ? Form::flv_12 : *parse_form(ending);
    auto key = key_of(device);
    auto grant = *web.world.gate.admit(key, "good");
    Result<> served;
    if (ws) {
      served = co_await web.live.serve_ws(exchange, key, form, std::move(grant));
    } else {
      net::HttpHeaders headers;
      headers.add("X-Trace-ID", "abc");
      served = co_await web.live.serve_http(exchange, key, form, std::move(grant), std::move(headers));
    }
    if (served) co_return;
    net::HttpResponse response;
    response.status = info(served.error().code).http_status;
    response.body = name(served.error().code);
    co_await exchange.respond(response);
  }
};

TEST(http_mp4, an_endless_file_that_begins_from_memory) {
  Web web;
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  for (int i = 0; i < 13; ++i) web.frame();
  RawClient client{web.at};
  client.send("GET /cam.mp4 HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string got;
  const auto fragments = [&] {
    const auto body = got.find("\r\n\r\n");
    if (body == std::string::npos) return std::string{};
    std::string_view rest;
    return types(boxes(std::string_view{got}.substr(body + 4), &rest));
  };
  while (fragments() != "ftyp moov prft moof mdat moof mdat moof mdat ") {
    const auto more = client.read();
    ASSERT_FALSE(more.empty()) << fragments();
    got += more;
  }
  EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got.substr(0, 200);
  EXPECT_NE(got.find("Content-Type: video/mp4\r\n"), std::string::npos);
  EXPECT_NE(got.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_NE(got.find("X-Trace-ID: abc\r\n"), std::string::npos);
  EXPECT_EQ(got.find("Content-Length"), std::string::npos);
  web.frame();
  got += client.read();
  EXPECT_EQ(fragments(), "ftyp moov prft moof mdat moof mdat moof mdat moof mdat ");
  EXPECT_EQ(web.world.hubs->stream(key_of("cam"))->viewers, 1U);
  EXPECT_EQ(web.world.source.pulls, 1);
  web.world.source.stop(key_of("cam"), Code::net_reset);
  EXPECT_TRUE(client.ends());
  web.world.close("cam");
}

TEST(http_mp4, errors_come_back_before_the_first_byte) {
  Web web;
  RawClient unknown{web.at};
  unknown.send("GET /unknown-1.mp4 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(unknown.read().find("device.unknown"), std::string::npos);
  web.world.source.refuse = Code::device_offline;
  RawClient offline{web.at};
  offline.send("GET /cam.mp4 HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = offline.read();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
  EXPECT_NE(answer.find("device.offline"), std::string::npos);
}

TEST(http_mp4, a_viewer_that_stops_reading_is_closed_and_a_revoked_one_too) {
  auto media = quick_settings();
  media.slow_limit = 200ms;
  media.window.bytes = 400'000;
  Web web{{}, media};
  RawClient stuck{web.at, 4096};
  stuck.send("GET /cam.mp4 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(eventually([&] { return web.world.source.active() == 1; }));
  const auto viewers = [&] {
    const auto status = web.world.hubs->stream(key_of("cam"));
    return status ? status->viewers : 0U;
  };
  ASSERT_TRUE(eventually([&] { return viewers() == 1; }));
  EXPECT_TRUE(eventually(
      [&] {
        web.frame(20'000);
        return viewers() == 0;
      },
      60s));

  LiveSettings settings;
  settings.recheck = 20ms;
  Web other{settings};
  RawClient client{other.at};
  client.send("GET /cam.mp4 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_FALSE(client.read().empty());
  other.world.gate.revoked = true;
  EXPECT_TRUE(client.ends());
}

// What ffprobe says of 40 pictures that a client received: "codec,width,height,pictures".
std::string probe(h26x::Codec codec, const std::string& form = "mp4") {
  Web web{{}, quick_settings(), codec};
  EXPECT_EQ(web.world.open("cam"), Code::ok);
  for (int i = 0; i < 10; ++i) web.frame();
  RawClient client{web.at};
  client.send("GET /cam." + form + " HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string got = client.read();
  for (int i = 10; i < 40; ++i) web.frame();
  while (true) {
    const auto more = client.read(300ms);
    if (more.empty()) break;
    got += more;
  }
  const std::string path = ::testing::TempDir() + "camfleet-" + random_hex(8) + "." + form;
  std::ofstream{path, std::ios::binary} << got.substr(got.find("\r\n\r\n") + 4);
  const std::string command =
      "ffprobe -v error -count_frames -show_entries stream=codec_name,width,height,nb_read_frames -of "
      "csv=p=0 " +
      path + " 2>&1";
  std::string out;
  if (FILE* pipe = ::popen(command.c_str(), "r")) {
    char buffer[512];
    while (const auto count = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, count);
    ::pclose(pipe);
  }
  std::remove(path.c_str());
  web.world.close("cam");
  // Of a transport stream it shows the programme, and behind that the stream once more.
  const auto last = out.find("\n\n");
  return last == std::string::npos ? out : out.substr(last + 2);
}

TEST(http_mp4, ffprobe_decodes_it) {
  if (std::system("command -v ffprobe >/dev/null 2>&1") != 0) GTEST_SKIP() << "no ffprobe";
  EXPECT_EQ(probe(h26x::Codec::h264), "h264,128,96,40\n");
  EXPECT_EQ(probe(h26x::Codec::h265), "hevc,128,96,40\n");
  EXPECT_EQ(probe(h26x::Codec::h264, "flv"), "h264,128,96,40\n");
  EXPECT_EQ(probe(h26x::Codec::h264, "ts"), "h264,128,96,40\n");
  EXPECT_EQ(probe(h26x::Codec::h265, "ts"), "hevc,128,96,40\n");
}

TEST(http_play, flv_and_ts_say_what_they_are) {
  Web web;
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  web.frame();
  for (const auto& [form, type, first] :
       {std::tuple{"flv", "video/x-flv", "FLV\x01\x01"}, std::tuple{"ts", "video/mp2t", "\x47\x40"}}) {
    RawClient client{web.at};
    client.send("GET /cam." + std::string{form} + " HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string got;
    while (got.find("\r\n\r\n") == std::string::npos || got.size() < got.find("\r\n\r\n") + 10) {
      const auto more = client.read();
      ASSERT_FALSE(more.empty()) << got;
      got += more;
    }
    EXPECT_NE(got.find("Content-Type: " + std::string{type} + "\r\n"), std::string::npos)
        << got.substr(0, 300);
    EXPECT_TRUE(std::string_view{got}.substr(got.find("\r\n\r\n") + 4).starts_with(first));
  }
  EXPECT_EQ(web.world.source.pulls, 1);
  web.world.close("cam");
}

TEST(http_ts, who_is_moved_forward_is_told_of_the_jump) {
  auto media = quick_settings();
  media.lag.bytes = 200'000;
  Web web{{}, media};
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  web.frame();
  RawClient slow{web.at, 4096};
  slow.send("GET /cam.ts HTTP/1.1\r\nHost: x\r\n\r\n");
  std::string got = slow.read();
  for (int i = 0; i < 600; ++i) web.frame(20'000);  // more than the buffers of a connection take
  const auto dropped = [&] { return web.world.hubs->stream(key_of("cam"))->dropped; };
  while (true) {
    const auto more = slow.read(300ms);
    got += more;
    if (more.empty() && dropped() > 0) break;
    if (more.empty()) web.frame();
  }
  for (int i = 0; i < 20; ++i) web.frame();
  for (auto more = slow.read(); !more.empty(); more = slow.read(300ms)) got += more;
  const auto body = as_bytes(got).subspan(got.find("\r\n\r\n") + 4);
  ts::testing::Reader reader;
  reader.read(body.first(body.size() - body.size() % ts::kPacket));
  EXPECT_GE(reader.gaps[ts::kVideoPid], 1);
  EXPECT_EQ(reader.gaps[0], reader.gaps[ts::kVideoPid]) << "tables too";
  EXPECT_LT(reader.units.size(), 621U);
  web.world.close("cam");
}

// Each output tells the steps of its viewers, as RTSP does.
TEST(viewer_trace, every_output_over_http_has_its_steps) {
  Web web;
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  for (int i = 0; i < 3; ++i) web.frame();
  for (const std::string output : {"mp4", "flv", "ts", "ws", "ws-flv", "ws-ts"}) {
    const auto count = [&](const char* step) {
      const auto counts = metrics::histogram("camfleet_viewer_step_seconds", "", metrics::latency_bounds(),
                                             {{"output", output}, {"step", step}})
                              .counts();
      return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    };
    std::map<std::string, std::uint64_t> before;
    for (const char* step : {"authorise", "pull", "play", "packet", "key", "send"})
      before[step] = count(step);
    const std::string path = output == "ws"              ? "/cam.ws"
                             : output.starts_with("ws-") ? "/cam." + output.substr(3) + ".ws"
                                                         : "/cam." + output;
    RawClient client{web.at};
    client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n" +
                (output.starts_with("ws")
                     ? "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                       "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                     : "") +
                "\r\n");
    EXPECT_TRUE(eventually([&] { return count("send") == before["send"] + 1; })) << output;
    for (const auto& [step, was] : before) EXPECT_EQ(count(step.c_str()), was + 1) << output << ' ' << step;
  }
  web.world.close("cam");
}

struct Frame {
  int opcode = 0;
  std::string payload;
};
// A WebSocket's client, as far as these tests need it.
class WsClient : public RawClient {
 public:
  WsClient(const net::Endpoint& to, std::string_view path) : RawClient(to) {
    send("GET " + std::string(path) +
         " HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    while (unread_.find("\r\n\r\n") == std::string::npos) {
      const auto more = read();
      if (more.empty()) return;
      unread_ += more;
    }
    status = std::atoi(unread_.c_str() + 9);
    head = unread_.substr(0, unread_.find("\r\n\r\n"));
    unread_.erase(0, unread_.find("\r\n\r\n") + 4);
  }
  std::optional<Frame> frame() {
    for (;;) {
      if (unread_.size() >= 2) {
        const auto* at = as_bytes(unread_).data();
        std::size_t size = at[1] & 0x7F;
        std::size_t header = 2;
        if (size == 126 && unread_.size() >= 4) size = load16(at + 2), header = 4;
        if (size == 127 && unread_.size() >= 10) size = load32(at + 6), header = 10;
        if (unread_.size() >= header + size) {
          Frame out{at[0] & 0x0F, unread_.substr(header, size)};
          unread_.erase(0, header + size);
          return out;
        }
      }
      const auto more = read();
      if (more.empty()) return std::nullopt;
      unread_ += more;
    }
  }
  int status = 0;
  std::string head;

 private:
  std::string unread_;
};

TEST(ws_mp4, an_init_message_then_the_init_segment_then_fragments_and_at_last_why) {
  Web web;
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  for (int i = 0; i < 12; ++i) web.frame();
  WsClient client{web.at, "/cam.ws"};
  ASSERT_EQ(client.status, 101);
  auto frame = client.frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 1);
  EXPECT_TRUE(frame->payload.starts_with("{\"type\":\"init\",\"mime\":\"video/mp4; codecs=\\\"avc1.42"))
      << frame->payload;
  frame = client.frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 2);
  EXPECT_EQ(types(boxes(frame->payload)), "ftyp moov ");
  for (int i = 0; i < 2; ++i) {
    frame = client.frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(types(boxes(frame->payload)), i == 0 ? "prft moof mdat " : "moof mdat ");
    EXPECT_EQ(moment(child(frame->payload, "moof")).key, i == 0);
  }
  client.send(std::string("\x89\x80\0\0\0\0", 6));
  EXPECT_EQ(client.frame()->opcode, 10) << "pings are answered";
  web.world.source.stop(key_of("cam"), Code::net_reset);
  frame = client.frame();
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->opcode, 1);
  EXPECT_TRUE(frame->payload.starts_with("{\"type\":\"error\",\"code\":\"net.reset\",\"detail\":\""))
      << frame->payload;
  EXPECT_EQ(client.frame()->opcode, 8);
  EXPECT_TRUE(client.ends());
  web.world.close("cam");
}

TEST(ws_flv, messages_are_binary_and_the_close_says_why) {
  Web web;
  ASSERT_EQ(web.world.open("cam"), Code::ok);
  for (int i = 0; i < 12; ++i) web.frame();
  WsClient client{web.at, "/cam.flv.ws"};
  ASSERT_EQ(client.status, 101);
  std::string got;
  for (int i = 0; i < 2; ++i) {
    const auto frame = client.frame();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->opcode, 2);
    got += frame->payload;
  }
  const auto file = flv::testing::read_file(as_bytes(got));
  ASSERT_TRUE(file) << "a message is whole tags";
  ASSERT_EQ(file->tags.size(), 4U) << "metadata, sequence header, a key picture and the next";
  EXPECT_EQ(file->tags[2].data[0], 0x17);
  EXPECT_EQ(file->tags[3].data[0], 0x27);
  web.world.source.stop(key_of("cam"), Code::net_reset);
  const auto last = client.frame();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->opcode, 8);
  EXPECT_EQ(last->payload.substr(2), "net.reset");
  EXPECT_TRUE(client.ends());
  web.world.close("cam");
}

TEST(ws_mp4, what_fails_after_the_upgrade_is_told_on_the_socket) {
  Web web;
  WsClient unknown{web.at, "/unknown-1.ws"};
  EXPECT_EQ(unknown.status, 404) << unknown.head;
  web.world.source.refuse = Code::device_offline;
  WsClient client{web.at, "/cam.ws"};
  ASSERT_EQ(client.status, 101);
  const auto frame = client.frame();
  ASSERT_TRUE(frame);
  EXPECT_TRUE(frame->payload.starts_with("{\"type\":\"error\",\"code\":\"device.offline\""))
      << frame->payload;
  EXPECT_TRUE(client.ends());
}

TEST(ws_mp4, many_viewers_share_one_pull_and_who_leaves_is_forgotten) {
  Web web;
  {
    WsClient a{web.at, "/cam.ws"};
    WsClient b{web.at, "/cam.ws"};
    ASSERT_EQ(a.status, 101);
    ASSERT_EQ(b.status, 101);
    ASSERT_TRUE(eventually([&] { return web.world.source.active() == 1; }));
    web.frame();
    EXPECT_EQ(a.frame()->opcode, 1);
    EXPECT_EQ(b.frame()->opcode, 1);
    EXPECT_EQ(web.world.source.pulls, 1);
    EXPECT_EQ(web.world.hubs->stream(key_of("cam"))->viewers, 2U);
  }
  EXPECT_TRUE(eventually([&] {
    const auto status = web.world.hubs->stream(key_of("cam"));
    if (status && status->viewers > 0) web.frame();
    return !status || status->viewers == 0;
  }));
}

}  // namespace
}  // namespace camfleet::media
