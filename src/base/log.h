#pragma once
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>

namespace camfleet::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error };

// A value of a field; texts are seen only during the call.
using Value = std::variant<std::string_view, std::int64_t, double, bool>;
struct Field {
  std::string_view key;
  Value value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view{v}) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, std::integral auto v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, double v) : key(k), value(v) {}
};
using Fields = std::initializer_list<Field>;

// Where lines go; telemetry/ installs one that writes JSON. Called from any thread.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void write(Level level, std::string_view event, Fields fields) = 0;
};
// The sink is borrowed and must outlive every line; nullptr drops lines. Returns the one before.
Sink* set_sink(Sink* sink);
void set_level(Level level);
bool enabled(Level level);

// `event` is a stable name "area.what_happened"; the rest are fields, a trace id among them ("trace_id").
// Never a secret.
void write(Level level, std::string_view event, Fields fields);
inline void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
inline void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }

}  // namespace camfleet::log
