#include "api/stream_sender.h"

#include <boost/json.hpp>

#include "base/metrics.h"
#include "net/within.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

using fleet::LogCursor;
using fleet::MoveLog;

constexpr std::size_t kBatch = 256;        // entries looked at before others of the loop have a turn
constexpr std::size_t kPiece = 32 * 1024;  // bytes of one write

SteadyTime now() { return system_clock().steady(); }

EventText word(std::string_view event, const LogCursor& place, Code code, Language language,
               std::string_view cause = {}) {
  const auto id = fleet::to_text(place);
  json::object data{{"id", id}, {"type", event}, {"code", name(code)}, {"text", sentence(code, language)}};
  if (!cause.empty()) data["cause"] = cause;
  return std::make_shared<const std::string>(server_sent(event, id, json::serialize(data)));
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

}  // namespace

net::Task<Error> StreamSender::run() {
  auto opening = outlet_.open(write_limit());
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
      auto saying = write({word("bye", place_, why, call_.language)});
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

SteadyTime StreamSender::write_limit() {
  last_write_ = now();
  return last_write_ + feed_.options().write_timeout;
}

net::Task<Result<>> StreamSender::write(std::vector<EventText> events) {
  auto sending = outlet_.send(std::move(events), write_limit());
  co_return co_await std::move(sending);
}

// A batch of the log; true where there is more at once.
net::Task<Result<bool>> StreamSender::pass_on() {
  const auto batch = feed_.log().read(place_, kBatch);
  std::vector<EventText> out;
  std::size_t bytes = 0;
  if (batch.lost != MoveLog::Lost::nothing) {
    out.push_back(word("reset", batch.next, Code::api_cursor_gone, call_.language, to_text(batch.lost)));
    ended_with_id_ = batch.next;
    metrics::counter("camfleet_stream_resets_total", "Followers that were told to read the list again.")
        .add();
  }
  for (const auto& entry : batch.entries) {
    place_.number = entry->number;
    const auto told = heard_by(call_.fleet, entry);
    if (!told || !interest_.wants(*told)) continue;
    out.push_back(told == entry ? feed_.text_of(entry, place_.run, call_.language)
                                : std::make_shared<const std::string>(
                                      StreamFeed::make_text(*told, place_.run, call_.language)));
    bytes += out.back()->size();
    ended_with_id_ = {place_.run, entry->number};
    if (bytes < kPiece) continue;
    bytes = 0;
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

net::Task<Result<>> StreamSender::wait() {
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
  if (asked_ && outlet_.heard() < *asked_) co_return fail(Code::net_timeout, "no pong");
  asked_ = now();
  // The place moves on also where a filter lets nothing through, so that coming back does not begin far
  // behind.
  const auto place = place_;
  const bool moved = ended_with_id_ != place;
  ended_with_id_ = place;
  auto beating = outlet_.beat(moved ? &place : nullptr, write_limit());
  co_return co_await std::move(beating);
}

}  // namespace camfleet::api
