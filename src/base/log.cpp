#include "base/log.h"

#include <atomic>

namespace camfleet::log {
namespace {
std::atomic<Sink*> g_sink{nullptr};
std::atomic<Level> g_level{Level::info};
}  // namespace

Sink* set_sink(Sink* sink) { return g_sink.exchange(sink); }
void set_level(Level level) { g_level.store(level, std::memory_order_relaxed); }
bool enabled(Level level) { return level >= g_level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  if (auto* sink = g_sink.load(std::memory_order_acquire)) sink->write(level, event, fields);
}

}  // namespace camfleet::log
