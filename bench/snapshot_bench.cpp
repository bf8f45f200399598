// What a picture of a stream costs: from the packets of a key picture in a hub's memory to a JPEG, as a
// caller of
// `.jpg` waits for it, against the floor of libavcodec alone doing the same to the same picture. No HTTP.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <future>
#include <iterator>
#include <optional>
#include <thread>
#include <vector>

#include "media/decode/libav.h"
#include "media/key_picture.h"
#include "media/snapshots.h"
#include "net/loop_groups.h"
#include "proto/rtp/packet.h"
#include "sim/clips.h"

namespace camfleet {
namespace {

using media::PictureBox;
constexpr int kPictures = 60;  // of a run

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

long resident_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stol(line.substr(6));
  return 0;
}

model::StreamInfo video() {
  model::StreamInfo out;
  out.tracks.emplace_back().codec = model::Codec::h264;
  return out;
}

model::Packet packet_of(std::uint16_t sequence, std::uint32_t timestamp, bool marker, ByteView payload) {
  const auto length = static_cast<std::uint16_t>(rtp::kHeaderSize + payload.size());
  auto* slab = model::Slab::make(4U + length);
  slab->data()[0] = '$';
  slab->data()[1] = 0;
  store16(slab->data() + 2, length);
  rtp::write_header(slab->data() + 4, marker, 96, sequence, timestamp, 0xC0FFEE);
  std::ranges::copy(payload, slab->data() + 4 + rtp::kHeaderSize);
  model::Packet packet;
  packet.slab = model::SlabRef{slab};
  packet.size = 4U + length;
  packet.timestamp = timestamp;
  packet.marker = marker;
  return packet;
}

// One group of pictures of a clip as packets, with the description that they were sent with.
struct Source {
  model::StreamInfo info = video();
  std::vector<std::vector<model::Packet>> frames;

  explicit Source(const sim::Clip& clip) {
    std::uint16_t sequence = 1;
    for (std::size_t i = 0; i < clip.gop(); ++i) {
      const auto& frame = clip.frame(i);
      std::vector<model::Packet> packets;
      for (std::size_t p = 0; p < frame.packets; ++p) {
        const auto& piece = clip.packets(frame)[p];
        packets.push_back(
            packet_of(sequence++, static_cast<std::uint32_t>(i) * 3600, piece.marker, clip.payload(piece)));
      }
      packets.front().key_start = i == 0;
      frames.push_back(std::move(packets));
    }
  }
};

// A camera that sends what it is told to.
class Camera final : public model::StreamSource {
 public:
  Camera(net::Loops& loops, const Source& source) : loop_(loops.at(0)), source_(source) {}
  Result<net::Loop*> loop_of(const model::DeviceId&) override { return &loop_; }
  net::Task<Error> pull(model::StreamKey, model::Publisher& to) override {
    to.start(source_.info);
    to_ = &to;
    net::Event never{loop_.executor()};
    co_await never.wait();
    co_return Error{};
  }
  // A group of pictures with times of its own, so that it is another one.
  void send() {
    std::promise<void> sent;
    loop_.post([&] {
      for (const auto& frame : source_.frames) {
        for (auto packet : frame) {
          packet.timestamp += base_;
          store32(packet.slab.get()->data() + packet.offset + 8, packet.timestamp);
          packet.arrival = std::chrono::steady_clock::now();
          to_->packet(std::move(packet));
        }
        to_->flush();
      }
      base_ += 3600U * static_cast<std::uint32_t>(source_.frames.size());
      sent.set_value();
    });
    sent.get_future().get();
  }
  net::Loop& loop() { return loop_; }

 private:
  net::Loop& loop_;
  const Source& source_;
  model::Publisher* to_ = nullptr;
  std::uint32_t base_ = 0;
};

net::Task<> open(media::Hubs& hubs, net::Loop& loop, model::StreamKey key, std::optional<media::Lease>& out) {
  auto opened = co_await hubs.on(loop).open(std::move(key));
  if (opened) out.emplace(std::move(*opened));
}

struct Figures {
  double p50 = 0, p95 = 0, cpu = 0;
};

Figures summary(std::vector<double> wall, double cpu) {
  std::ranges::sort(wall);
  return {wall[wall.size() / 2], wall[wall.size() * 95 / 100], cpu / static_cast<double>(wall.size())};
}

template <class Fn>
Figures measure(Fn fn) {
  std::vector<double> wall;
  const auto before = cpu_seconds();
  for (int i = 0; i < kPictures; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    fn(i);
    wall.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  }
  return summary(std::move(wall), (cpu_seconds() - before) * 1e3);
}

net::Task<> keep(net::Task<Result<media::SnapshotPtr>> task, Result<media::SnapshotPtr>& out) {
  out = co_await std::move(task);
}

net::Task<Result<model::Picture>> no_camera(model::StreamKey, Deadline) {
  co_return fail(Code::device_not_supported);
}

int run(const char* clip_name, PictureBox box) {
  std::ifstream in{std::string{CAMFLEET_CLIPS "/"} + clip_name + ".h264", std::ios::binary};
  const Bytes annexb{std::istreambuf_iterator<char>{in}, {}};
  const auto clip = sim::Clip::cut(annexb);
  if (!clip) {
    std::fprintf(stderr, "bench_snapshot: no clip %s: %s\n", clip_name, clip.error().text().c_str());
    return 1;
  }
  const Source source{*clip};
  net::Loops loops{2};
  loops.start();
  Camera camera{loops, source};
  media::Hubs hubs{camera, loops};
  media::Snapshots snapshots{loops, hubs, no_camera};
  const auto key = *model::parse_stream_key("bench");
  std::optional<media::Lease> lease;
  net::block_on(camera.loop().executor(), open(hubs, camera.loop(), key, lease));
  if (!lease) return 1;
  Result<media::SnapshotPtr> last;
  bool right = true;
  // Each time another key picture: nothing that was kept serves. Sending it is not measured.
  std::vector<double> wall;
  double cpu = 0;
  for (int i = 0; i < kPictures; ++i) {
    camera.send();
    const auto cpu_before = cpu_seconds();
    const auto begun = std::chrono::steady_clock::now();
    net::block_on(loops.at(1).executor(), keep(snapshots.take(key, box, "bench"), last));
    wall.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
    cpu += (cpu_seconds() - cpu_before) * 1e3;
    right = right && last && (*last)->source == media::Snapshot::Source::hub;
  }
  const auto ours = summary(std::move(wall), cpu);
  const auto again = measure(
      [&](int) { net::block_on(loops.at(1).executor(), keep(snapshots.take(key, box, "bench"), last)); });
  // The floor: libavcodec with the picture already in one piece.
  media::CodedPicture coded;
  std::promise<void> taken;
  camera.loop().post([&] {
    if (const auto whole = media::newest_key_picture(**lease))
      if (auto assembled = media::assemble(*whole)) coded = std::move(*assembled);
    taken.set_value();
  });
  taken.get_future().get();
  const auto floor = measure([&](int) { right = right && media::make_jpeg(coded, box).has_value(); });
  std::printf("%-5s %5d %6d %8.1f | %8.2f %8.2f %8.2f | %8.2f %8.2f | %8.3f\n", clip_name, box.width,
              last ? (*last)->width : 0, last ? static_cast<double>((*last)->jpeg.size()) / 1024 : 0,
              ours.p50, ours.p95, ours.cpu, floor.p50, floor.cpu, again.p50);
  snapshots.stop_and_wait();
  std::promise<void> closed;
  camera.loop().post([&] {
    lease.reset();
    closed.set_value();
  });
  closed.get_future().get();
  hubs.stop_and_wait();
  loops.stop();
  if (!right) std::fprintf(stderr, "bench_snapshot: a picture did not come out of the hub\n");
  return right ? 0 : 1;
}

}  // namespace
}  // namespace camfleet

int main() {
  using camfleet::resident_kib;
  std::printf("bench_snapshot  commit %s  %u cores  %d pictures each, times in ms\n", CAMFLEET_COMMIT,
              std::thread::hardware_concurrency(), camfleet::kPictures);
  const auto before = resident_kib();
  const auto begun = std::chrono::steady_clock::now();
  if (!camfleet::media::Libav::load()) return 1;
  const auto took =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
  std::printf("loading libav at the first picture: %.1f ms, %.1f MiB resident\n", took,
              static_cast<double>(resident_kib() - before) / 1024);
  std::printf("%-5s %5s %6s %8s | %8s %8s %8s | %8s %8s | %8s\n", "clip", "asked", "width", "KiB", "p50",
              "p95", "CPU", "floor", "CPU", "kept p50");
  int failed = 0;
  for (const char* clip : {"sub", "main"})
    for (const int width : {0, 640, 320}) failed += camfleet::run(clip, {width, 0});
  return failed;
}
