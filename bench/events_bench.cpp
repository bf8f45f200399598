// Events from the report of a device to the disk: how many a second in a burst, against the floor of
// appending the same bytes and syncing as often; and how long one takes at 200 a second until who follows has
// it. CAMFLEET_BENCH_DIR: where to write; default: the directory for temporary files.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "events/ledger.h"
#include "net/loop_groups.h"
#include "storage/sqlite/event_archive.h"
#include "storage/sqlite/event_store.h"

namespace camfleet {
namespace {

constexpr int kReports = 200'000;
constexpr int kDevices = 200;
constexpr int kThreads = 2;
constexpr int kRuns = 3;
constexpr int kSlow = 1'000;  // of the second figure
constexpr auto kPace = std::chrono::milliseconds{5};
using Clock = std::chrono::steady_clock;

std::string document(int number) {
  std::string out =
      "<EventNotificationAlert version=\"2.0\"><eventDescription>alarm " + std::to_string(number);
  out.resize(700, ' ');
  return out;
}

model::Event report(int number) {
  model::Event event;
  event.channel = 1;
  event.type = "linedetection";
  event.phase = model::Phase::pulse;
  event.description = "alarm " + std::to_string(number);
  event.received = system_clock().wall();
  event.payload = document(number);
  return event;
}

double seconds_since(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}
double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

std::filesystem::path directory() {
  const char* given = std::getenv("CAMFLEET_BENCH_DIR");  // NOLINT(concurrency-mt-unsafe): one thread as yet
  return (given != nullptr ? std::filesystem::path{given} : std::filesystem::temp_directory_path()) /
         ("camfleet-bench-" + std::to_string(::getpid()));
}

// The whole of the writing side, with lanes of many devices.
struct Town {
  Town()
      : where(directory()), files(where), store(files, {}), archive(files), ledger(store, archive, readers) {
    std::filesystem::remove_all(where);
    std::filesystem::create_directories(where);
    if (const auto opened = ledger.open(); !opened) {
      std::fprintf(stderr, "bench_events: %s\n", opened.error().text().c_str());
      std::exit(1);
    }
    ledger.start();
    for (int i = 0; i < kDevices; ++i)
      lanes.push_back(ledger.open(model::DeviceId{"device-" + std::to_string(i)}));
    wait_for(kDevices);  // each is blind as yet
    before = ledger.feed().newest();
  }
  ~Town() {
    lanes.clear();
    ledger.stop();
    std::filesystem::remove_all(where);
  }
  void wait_for(model::Seq seq) {
    while (ledger.feed().newest() < seq) std::this_thread::sleep_for(std::chrono::microseconds{200});
  }

  std::filesystem::path where;
  storage::EventFiles files;
  storage::SqliteEventStore store;
  storage::SqliteEventArchive archive;
  net::WorkerPool readers{1, 16, "readers"};
  events::Ledger ledger;
  std::vector<std::unique_ptr<model::EventLane>> lanes;
  model::Seq before = 0;
};

struct Burst {
  double wall = 0;
  double cpu = 0;
};

// As devices do: who is crowded waits, here by looking again.
Burst burst() {
  Town town;
  const auto began = Clock::now();
  const auto cpu = cpu_seconds();
  std::vector<std::thread> senders;
  for (int t = 0; t < kThreads; ++t)
    senders.emplace_back([&town, t] {
      for (int i = t; i < kReports; i += kThreads) {
        while (town.ledger.state().queued > 50'000)
          std::this_thread::sleep_for(std::chrono::microseconds{200});
        town.lanes[static_cast<std::size_t>(i % kDevices)]->report(report(i));
      }
    });
  for (auto& sender : senders) sender.join();
  town.wait_for(town.before + kReports);
  return {seconds_since(began), cpu_seconds() - cpu};
}

// The same bytes, appended in pieces of as many reports as a transaction may have, each synced.
double floor_seconds() {
  const auto where = directory();
  std::filesystem::create_directories(where);
  const auto file = where / "floor";
  const int fd = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  const auto began = Clock::now();
  std::string piece;
  for (int i = 0; i < kReports; ++i) {
    piece += document(i);
    if (i % 4'096 != 4'095 && i + 1 != kReports) continue;
    if (::write(fd, piece.data(), piece.size()) != static_cast<ssize_t>(piece.size()) || ::fdatasync(fd) != 0)
      std::exit(1);
    piece.clear();
  }
  const auto took = seconds_since(began);
  ::close(fd);
  std::filesystem::remove_all(where);
  return took;
}

std::vector<double> latencies() {
  Town town;
  std::vector<double> out;
  auto seq = town.before;
  for (int i = 0; i < kSlow; ++i) {
    const auto began = Clock::now();
    town.lanes[static_cast<std::size_t>(i % kDevices)]->report(report(i));
    town.wait_for(++seq);
    out.push_back(seconds_since(began));
    std::this_thread::sleep_until(began + kPace);
  }
  std::ranges::sort(out);
  return out;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

int run() {
  std::vector<double> floors;
  std::vector<double> walls;
  std::vector<double> cpus;
  for (int i = 0; i < kRuns; ++i) {  // in turns, so that a noisy moment meets both
    floors.push_back(floor_seconds());
    const auto one = burst();
    walls.push_back(one.wall);
    cpus.push_back(one.cpu);
  }
  const auto times = latencies();
  std::printf("burst      %9.0f events/s to disk, %.1f us of CPU each; floor %9.0f/s (write and fdatasync)\n",
              kReports / median(walls), median(cpus) / kReports * 1e6, kReports / median(floors));
  std::printf("latency    at 200/s: p50 %.2f ms, p99 %.2f ms, most %.2f ms\n", times[times.size() / 2] * 1e3,
              times[times.size() * 99 / 100] * 1e3, times.back() * 1e3);
  return 0;
}

}  // namespace
}  // namespace camfleet

int main() {
  std::printf("bench_events  commit %s  %u cores  medians of %d runs of %d reports from %d devices\n",
              CAMFLEET_COMMIT, std::thread::hardware_concurrency(), camfleet::kRuns, camfleet::kReports,
              camfleet::kDevices);
  return camfleet::run();
}
