// What it costs to take in a camera's bytes: interleaved frames found, checked and cut into packets, against
// the floor of copying the same bytes once. No sockets: the cost of the system calls is not in here.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "device/rtsp/intake.h"
#include "sim/clips.h"

namespace camfleet {
namespace {

constexpr int kRuns = 7;
constexpr int kLoops = 40;  // of the clip, in a run

// One wake-up of the receiver: a frame's packets as they stand on the wire.
using WakeUp = Bytes;

std::vector<WakeUp> wire_of(const sim::Clip& clip) {
  std::vector<WakeUp> out;
  std::uint16_t sequence = 1;
  for (std::size_t i = 0; i < clip.frames(); ++i) {
    const auto& frame = clip.frame(i);
    WakeUp bytes;
    for (std::size_t p = 0; p < frame.packets; ++p) {
      const auto& packet = clip.packets(frame)[p];
      const auto payload = clip.payload(packet);
      std::uint8_t head[16] = {'$', 0,    0,
                               0,   0x80, static_cast<std::uint8_t>(96 | (packet.marker ? 0x80 : 0))};
      store16(head + 2, static_cast<std::uint16_t>(12 + payload.size()));
      store16(head + 6, sequence++);
      store32(head + 8, static_cast<std::uint32_t>(i) * sim::kTicksPerFrame);
      store32(head + 12, 0xC0FFEE);
      bytes.insert(bytes.end(), head, head + sizeof head);
      bytes.insert(bytes.end(), payload.begin(), payload.end());
    }
    out.push_back(std::move(bytes));
  }
  return out;
}

class Counting final : public model::Publisher {
 public:
  void start(model::StreamInfo) override {}
  void packet(model::Packet packet) override {
    ++packets;
    keys += packet.key_start ? 1 : 0;
    held = std::move(packet);  // as a hub would: the slab is not free at once
  }
  void flush() override {}
  std::uint64_t packets = 0;
  std::uint64_t keys = 0;
  model::Packet held;
};

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

double floor_run(const std::vector<WakeUp>& wire) {
  static Bytes slab(256 * 1024);
  const auto before = cpu_seconds();
  std::uint64_t sum = 0;
  for (int loop = 0; loop < kLoops; ++loop)
    for (const auto& bytes : wire) {
      std::memcpy(slab.data(), bytes.data(), std::min(bytes.size(), slab.size()));
      sum += slab[loop % 16];
    }
  const auto took = cpu_seconds() - before;
  if (sum == 1) std::puts("");  // the copies are used
  return took;
}

double intake_run(const std::vector<WakeUp>& wire, std::uint64_t& packets, std::uint64_t& keys) {
  device::Intake intake;
  device::Intake::Track track;
  track.codec = model::Codec::h264;
  track.starts = true;
  track.payload_types = {96};
  track.payload_type_count = 1;
  intake.assign(0, 1, track);
  Counting to;
  const auto before = cpu_seconds();
  for (int loop = 0; loop < kLoops; ++loop)
    for (const auto& bytes : wire)
      for (ByteView rest{bytes}; !rest.empty();) {
        const auto room = intake.room();
        const auto size = std::min(room.size(), rest.size());
        std::memcpy(room.data(), rest.data(), size);
        rest = rest.subspan(size);
        if (!intake.received(size, {}, &to)) std::exit(1);
      }
  const auto took = cpu_seconds() - before;
  packets = to.packets;
  keys = to.keys;
  return took;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run(const char* name) {
  std::ifstream in{std::string{CAMFLEET_CLIPS "/"} + name + ".h264", std::ios::binary};
  const Bytes annexb{std::istreambuf_iterator<char>{in}, {}};
  const auto clip = sim::Clip::cut(annexb);
  if (!clip) {
    std::fprintf(stderr, "bench_intake: no clip %s: %s\n", name, clip.error().text().c_str());
    return 1;
  }
  const auto wire = wire_of(*clip);
  std::size_t bytes = 0;
  for (const auto& one : wire) bytes += one.size();
  std::vector<double> floors;
  std::vector<double> intakes;
  std::uint64_t packets = 0;
  std::uint64_t keys = 0;
  for (int i = 0; i < kRuns; ++i) {  // in turns, so that a noisy moment meets both
    floors.push_back(floor_run(wire));
    intakes.push_back(intake_run(wire, packets, keys));
  }
  const auto stream_seconds = static_cast<double>(clip->frames()) * kLoops / sim::kFramesPerSecond;
  const auto gbit = static_cast<double>(bytes) * kLoops * 8 / 1e9;
  std::printf("%-5s %9.1f %12.3f %12.3f %14.2f %12.1f\n", name, gbit * 1e6 / stream_seconds,
              median(floors) / gbit, median(intakes) / gbit, median(intakes) / stream_seconds * 1e6,
              (median(intakes) - median(floors)) / static_cast<double>(packets) * 1e9);
  // What was counted must be what was sent, or the figure says nothing.
  const bool right = keys == clip->frames() / clip->gop() * kLoops;
  if (!right)
    std::fprintf(stderr, "bench_intake: %llu key pictures?\n", static_cast<unsigned long long>(keys));
  return right ? 0 : 1;
}

}  // namespace
}  // namespace camfleet

int main() {
  std::printf("bench_intake  commit %s  %u cores  medians of %d runs, user CPU\n", CAMFLEET_COMMIT,
              std::thread::hardware_concurrency(), camfleet::kRuns);
  std::printf("%-5s %9s %12s %12s %14s %12s\n", "clip", "kbit/s", "floor s/Gbit", "ours s/Gbit",
              "us/stream-s", "ns/packet");
  return camfleet::run("sub") + camfleet::run("main");
}
