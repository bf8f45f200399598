#include "api/live_streams.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "api/problem.h"
#include "api/query.h"
#include "base/clock.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::value codec_or_null(model::Codec codec) {
  return codec == model::Codec::unknown ? json::value(nullptr) : json::value(model::to_text(codec));
}

json::object health_of(const media::StreamStatus& stream) {
  const auto& health = stream.health;
  json::value age = nullptr;
  if (stream.last_frame)
    age = std::max<std::int64_t>(
        0, std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().wall() - *stream.last_frame)
               .count());
  json::value declared = nullptr;
  if (stream.declared_millifps > 0) declared = stream.declared_millifps / 1'000.0;
  return {{"packets", health.packets},
          {"lost", health.lost},
          {"jitter_ms", health.jitter_us / 1'000.0},
          {"fps", health.millifps / 1'000.0},
          {"declared_fps", std::move(declared)},
          {"gop_frames", health.gop_frames},
          {"kbps", health.bits_per_second / 1'000},
          {"frame_age_ms", std::move(age)}};
}

json::object to_json(const media::StreamStatus& stream) {
  json::object clock{{"source", media::to_text(stream.clock)}, {"offset_ms", nullptr}};
  if (stream.clock_offset) clock["offset_ms"] = stream.clock_offset->count();
  json::value note = nullptr;
  if (stream.audio_note != Code::ok) note = name(stream.audio_note);
  json::value reason = nullptr;
  if (stream.reason != Code::ok) reason = name(stream.reason);
  return {{"stream", model::to_text(stream.key)},
          {"device", stream.key.device.str()},
          {"state", media::state_text(stream)},
          {"reason", std::move(reason)},
          {"viewers", stream.viewers},
          {"bytes", stream.bytes},
          {"dropped", stream.dropped},
          {"started", time_or_null(stream.started)},
          {"last_frame", time_or_null(stream.last_frame)},
          {"video", codec_or_null(stream.codec)},
          {"width", stream.width},
          {"height", stream.height},
          {"audio", codec_or_null(stream.audio)},
          {"audio_note", std::move(note)},
          {"clock", std::move(clock)},
          {"held_bytes", stream.held_bytes},
          {"health", health_of(stream)}};
}

}  // namespace

net::Task<Result<>> list_streams(const ApiParts& parts, Call& call) {
  auto query = Query::read(call.exchange.query());
  if (!query) co_return fail(query.error());
  const auto limit = query->number("limit", 1, 1000, 100);
  if (!limit) co_return fail(limit.error());
  const auto cursor = query->one("cursor");
  if (!cursor) co_return fail(cursor.error());
  const auto device = query->one("device");
  if (!device) co_return fail(device.error());
  if (const auto done = query->done(); !done) co_return fail(done.error());
  std::optional<model::StreamKey> after;
  if (*cursor) {
    const auto key = model::parse_stream_key(**cursor);
    if (!key) co_return fail(Code::api_bad_request, "cursor");
    after = *key;
  }

  auto streams = parts.hubs.streams();
  std::erase_if(streams, [&](const media::StreamStatus& stream) {
    if (!call.fleet.is_whole() && !call.fleet.has(stream.key.device)) return true;
    return (after && stream.key <= *after) || (*device && stream.key.device.str() != **device);
  });
  std::ranges::sort(streams, {}, &media::StreamStatus::key);
  json::value next = nullptr;
  if (streams.size() > *limit) {
    streams.resize(*limit);
    next = model::to_text(streams.back().key);
  }
  json::array items;
  items.reserve(streams.size());
  for (const auto& stream : streams) items.push_back(to_json(stream));
  auto body = json::serialize(json::object{{"items", std::move(items)}, {"next", std::move(next)}});
  co_return co_await answer_json(call, 200, std::move(body));
}

}  // namespace camfleet::api
