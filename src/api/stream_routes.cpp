// GET /api/v1/stream: what happens to the devices, as server-sent events.
#include <sys/socket.h>

#include <array>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/stream_feed.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/address.h"
#include "net/scratch.h"
#include "net/task_group.h"
#include "net/within.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

using fleet::LogCursor;
using fleet::LogEntry;
using fleet::MoveLog;

constexpr std::size_t kBatch = 256;              // entries looked at before others of the loop have a turn
constexpr std::size_t kPiece = 32 * 1024;        // bytes of one write
constexpr int kSendBuffer = 128 * 1024;          // of the kernel, for one who does not read
constexpr std::size_t kMostFromClient = 16'384;  // it has nothing to say

SteadyTime now() { return system_clock().steady(); }

// What a subscriber wants to hear of. A state is of interest when a device comes to it and when it leaves it.
struct Interest {
  fleet::DeviceFilter devices;
  unsigned kinds = 0;  // a bit a kind; none: all

  bool wants(const LogEntry& entry) const {
    if (kinds != 0 && (kinds & (1U << static_cast<unsigned>(entry.kind))) == 0) return false;
    return devices.matches_labels(entry.device->id, entry.device->tags) &&
           (devices.matches_state(entry.to, entry.reason) || devices.matches_state(entry.from, entry.reason));
  }
};

Result<LogCursor> place_of(const Call& call, Query& query, const MoveLog& log) {
  const auto cursor = query.one("cursor");
  if (!cursor) return fail(cursor.error());
  const auto from = query.one("from");
  if (!from) return fail(from.error());
  if (*cursor && *from) return fail(Code::api_bad_request, "from: has no meaning beside a cursor");
  if (*from && **from != "now" && **from != "oldest")
    return fail(Code::api_bad_request, "from: wants now or oldest");
  // The header is the newer one: a browser that comes back asks with the address that it was given.
  const auto& headers = call.exchange.request().headers;
  const bool resumes = !headers.get("Last-Event-ID").empty();
  if (resumes || *cursor) {
    const auto place =
        fleet::parse_log_cursor(resumes ? headers.get("Last-Event-ID") : std::string_view{**cursor});
    if (!place)
      return fail(Code::api_bad_request,
                  std::string{resumes ? "Last-Event-ID" : "cursor"} + ": not one of ours");
    return *place;
  }
  return *from && **from == "oldest" ? log.oldest() : log.cursor();
}

struct Request {
  Interest interest;
  LogCursor place;
};

Result<Request> read_request(const Call& call, const MoveLog& log) {
  auto query = Query::read(call.exchange.query());
  if (!query) return fail(query.error());
  Request request;
  const auto place = place_of(call, *query, log);
  if (!place) return fail(place.error());
  request.place = *place;
  for (const auto& type : query->many("type")) {
    unsigned bit = 0;
    for (const auto kind :
         {LogEntry::Kind::move, LogEntry::Kind::added, LogEntry::Kind::changed, LogEntry::Kind::removed})
      if (type == fleet::to_text(kind)) bit = 1U << static_cast<unsigned>(kind);
    if (bit == 0) return fail(Code::api_bad_request, "type: wants move, added, changed or removed");
    request.interest.kinds |= bit;
  }
  for (const auto& name : {"device", "tag", "state", "reason"})
    for (const auto& value : query->many(name)) {
      const auto taken =
          request.interest.devices.take(std::string_view{name} == "device" ? "id" : name, value);
      if (!taken) return fail(taken.error());
    }
  if (const auto done = query->done(); !done) return fail(done.error());
  return request;
}

// The client has nothing to say, so this hears only that it left.
net::Task<> hear_the_end(net::TcpStream& stream, StreamFeed::Subscriber& subscriber) {
  for (std::size_t heard = 0; heard < kMostFromClient;) {
    const auto ready = co_await stream.wait_readable(kNever);
    if (!ready) break;
    std::array<std::uint8_t, 512> bytes{};
    const auto got = stream.try_read(bytes);
    if (!got) break;
    heard += *got;
  }
  subscriber.end(Code::net_closed);
}

std::string word(std::string_view event, const LogCursor& place, Code code, Language language,
                 std::string_view cause = {}) {
  const auto id = fleet::to_text(place);
  json::object data{{"id", id}, {"type", event}, {"code", name(code)}, {"text", sentence(code, language)}};
  if (!cause.empty()) data["cause"] = cause;
  return server_sent(event, id, json::serialize(data));
}

std::string_view to_text(MoveLog::Lost lost) {
  switch (lost) {
    case MoveLog::Lost::restart:
      return "restart";
    case MoveLog::Lost::unknown:
      return "unknown";
    default:
      return "overrun";
  }
}

metrics::Counter& ended(std::string_view why) {
  return metrics::counter("camfleet_stream_ends_total", "Event streams that ended, by cause.",
                          {{"cause", std::string{why}}});
}

// One subscriber, from its first event to its last.
class Sender {
 public:
  Sender(StreamFeed& feed, StreamFeed::Subscriber& subscriber, const auth::Gate& gate, Call& call,
         net::HttpBodyWriter writer, Request request)
      : feed_(feed),
        subscriber_(subscriber),
        gate_(gate),
        call_(call),
        writer_(writer),
        interest_(std::move(request.interest)),
        place_(request.place) {}

  // Why it ended: net.closed (the client left), net.timeout (it does not read), fleet.stopping, auth.*.
  net::Task<Error> run() {
    auto opening = write("retry: 2000\n: camfleet\n\n");
    if (const auto sent = co_await std::move(opening); !sent) co_return sent.error();
    next_recheck_ = now() + feed_.options().recheck;
    for (;;) {
      if (subscriber_.over() == Code::net_closed) co_return Error{Code::net_closed};
      auto why = subscriber_.over();
      if (now() >= next_recheck_) {
        next_recheck_ = now() + feed_.options().recheck;
        if (!gate_.still_good(call_.who)) why = Code::auth_revoked;
      }
      if (why != Code::ok) {
        auto saying = write(word("bye", place_, why, call_.language));
        if (const auto said = co_await std::move(saying); !said) co_return said.error();
        co_return Error{why};
      }
      auto passing = pass_on();
      const auto more = co_await std::move(passing);
      if (!more) co_return more.error();
      if (*more) {
        // Far behind: the others of the loop have a turn between two batches.
        auto turn = net::sleep_until(SteadyTime{});
        co_await std::move(turn);
        continue;
      }
      auto waiting = wait();
      if (const auto waited = co_await std::move(waiting); !waited) co_return waited.error();
    }
  }

 private:
  net::Task<Result<>> write(std::string text) {
    last_write_ = now();
    auto writing = writer_.write(text, last_write_ + feed_.options().write_timeout);
    co_return co_await std::move(writing);
  }

  // A batch of the log; true where there is more at once.
  net::Task<Result<bool>> pass_on() {
    const auto batch = feed_.log().read(place_, kBatch);
    std::string out;
    if (batch.lost != MoveLog::Lost::nothing) {
      out = word("reset", batch.next, Code::api_precondition_failed, call_.language, to_text(batch.lost));
      ended_with_id_ = batch.next;
      metrics::counter("camfleet_stream_resets_total", "Followers that were told to read the list again.")
          .add();
    }
    for (const auto& entry : batch.entries) {
      place_.number = entry->number;
      if (!interest_.wants(*entry)) continue;
      out += *feed_.text_of(entry, place_.run, call_.language);
      ended_with_id_ = {place_.run, entry->number};
      if (out.size() < kPiece) continue;
      auto writing = write(std::exchange(out, {}));
      if (const auto sent = co_await std::move(writing); !sent) co_return fail(sent.error());
      if (subscriber_.over() != Code::ok) co_return true;  // what follows is sent when it comes back
    }
    if (!out.empty()) {
      auto writing = write(std::move(out));
      if (const auto sent = co_await std::move(writing); !sent) co_return fail(sent.error());
    }
    place_ = batch.next;
    co_return batch.entries.size() == kBatch;
  }

  net::Task<Result<>> wait() {
    const auto& options = feed_.options();
    // Many small moves become few writes. All rest until the same moment, so that one bell wakes them.
    const auto since_epoch = std::chrono::duration_cast<std::chrono::milliseconds>(now().time_since_epoch());
    const SteadyTime tick{(since_epoch / options.gap + 1) * options.gap};
    if (now() - last_write_ < options.gap) {
      auto resting = subscriber_.rest(tick);
      co_await std::move(resting);
    }
    const auto due = std::min(last_write_ + options.heartbeat, next_recheck_);
    auto waiting = subscriber_.wait_for_more(place_, due);
    co_await std::move(waiting);
    if (now() < last_write_ + options.heartbeat) co_return Result<>{};
    // The place moves on also where a filter lets nothing through, so that coming back does not begin far
    // behind. An id alone is no event.
    auto beat = std::string{": heartbeat\n"};
    if (ended_with_id_ != place_) beat += "id: " + fleet::to_text(place_) + '\n';
    ended_with_id_ = place_;
    auto writing = write(beat + '\n');
    co_return co_await std::move(writing);
  }

  StreamFeed& feed_;
  StreamFeed::Subscriber& subscriber_;
  const auth::Gate& gate_;
  Call& call_;
  net::HttpBodyWriter writer_;
  Interest interest_;
  LogCursor place_;
  std::optional<LogCursor> ended_with_id_;  // what the client was last told
  SteadyTime last_write_{};
  SteadyTime next_recheck_{};
};

net::Task<> send_all(Sender& sender, net::TaskGroup& hearing, net::Task<> hear, Error& why) {
  hearing.spawn(std::move(hear));
  auto sending = sender.run();
  why = co_await std::move(sending);
}

net::Task<Result<>> stream(StreamFeed& feed, const auth::Gate& gate, Call& call) {
  auto request = read_request(call, feed.log());
  if (!request) co_return fail(request.error());
  auto subscribed = feed.subscribe();
  if (!subscribed) co_return fail(subscribed.error());
  auto& subscriber = **subscribed;
  net::HttpResponse head;
  head.headers.set("Content-Type", "text/event-stream");
  head.headers.set("Cache-Control", "no-store");
  head.headers.set("X-Accel-Buffering", "no");  // a proxy that collects would make it late
  head.headers.set("Connection", "close");
  add_common_headers(head, call.trace_id);
  auto& socket = call.exchange.stream();
  ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  auto responding = call.exchange.respond_stream(head);
  auto writer = co_await std::move(responding);
  if (!writer) co_return fail(writer.error());
  if (call.exchange.request().method == "HEAD") co_return co_await writer->finish(kNever);

  Error why;
  {
    Sender sender{feed, subscriber, gate, call, *writer, std::move(*request)};
    net::TaskGroup hearing{socket.executor(), "event stream"};
    auto body = send_all(sender, hearing, hear_the_end(socket, subscriber), why);
    co_await net::scoped(hearing, std::move(body));
  }
  const bool slow = why.code == Code::net_timeout;
  ended(slow                                  ? "slow"
        : why.code == Code::fleet_stopping    ? "stopping"
        : name(why.code).starts_with("auth.") ? "refused"
                                              : "left")
      .add();
  if (slow)
    log::warn("api.slow_subscriber",
              {{"remote", net::to_string(call.exchange.remote())}, {"trace_id", call.trace_id}});
  if (name(why.code).starts_with("net.")) co_return fail(why);  // without an end: it is cut
  co_return co_await writer->finish(now() + feed.options().write_timeout);
}

}  // namespace

void Api::add_stream() {
  router_.add({"GET", "/api/v1/stream", "stream", Access::view,
               [this](Call& call) { return stream(feed_, parts_.gate, call); }});
}

}  // namespace camfleet::api
