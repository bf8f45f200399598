#include <cstdio>
#include <string>
#include <vector>

#include "load.h"
#include "storage/sqlite/event_store.h"

namespace camfleet::bench {
namespace {

constexpr std::size_t kDevices = 200;
constexpr std::size_t kBatch = 4'096;

model::NewEntry entry(std::size_t number) {
  model::NewEntry out;
  auto& one = out.entry;
  auto name = std::to_string(number);
  one.event = "AAAAAAAAAAAAAAAAAAAAAAAAAA";
  one.event.replace(one.event.size() - name.size(), name.size(), name);
  one.state = model::EventState::pulse;
  one.device = model::DeviceId{"device-" + std::to_string(number % kDevices)};
  one.channel = 1;
  one.type = "linedetection";
  one.description = "alarm " + name;
  one.device_time = "2026-11-28T16:00:00+08:00";
  one.received = system_clock().wall();
  one.happened = one.started = one.received;
  one.count = 1;
  one.payload = "<EventNotificationAlert version=\"2.0\">" + name;
  one.payload.resize(700, ' ');
  return out;
}

int complain(const Error& error) {
  std::fprintf(stderr, "events_load: %s\n", error.text().c_str());
  return 1;
}

}  // namespace

int fill(const std::filesystem::path& data, std::size_t count) {
  const auto where = data / "events";
  std::filesystem::create_directories(where);
  storage::EventFiles files{where};
  storage::SqliteEventStore store{files, {}};
  if (const auto opened = store.recover(); !opened) return complain(opened.error());
  std::vector<model::NewEntry> batch;
  for (std::size_t i = 1; i <= count; ++i) {
    batch.push_back(entry(i));
    if (batch.size() < kBatch && i < count) continue;
    if (const auto written = store.append(batch); !written) return complain(written.error());
    batch.clear();
    store.settle();
  }
  const auto closed = store.close(system_clock().wall(), {});
  return closed ? 0 : complain(closed.error());
}

}  // namespace camfleet::bench
