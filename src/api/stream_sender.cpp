#include "api/stream_sender.h"

#include <boost/json.hpp>

#include "base/metrics.h"
#include "net/within.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

using fleet::MoveLog;

constexpr std::size_t kBatch = 256;        // entries looked at before others of the loop have a turn
constexpr std::size_t kPiece = 32 * 1024;  // bytes of one write

SteadyTime now() { return system_clock().steady(); }

EventText word(std::string_view event, const StreamCursor& place, Code code, Language language,
               std::string_view cause = {}) {
  json::object data{{"type", event}, {"code", name(code)}, {"text", sentence(code, language)}};
  if (!cause.empty()) data["cause"] = cause;
  return std::make_shared<const std::string>(server_sent(event, api::to_text(place), json::serialize(data)));
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

// A batch of each; true where there is more at once.
net::Task<Result<bool>> StreamSender::pass_on() {
  auto moves = pass_on_moves();
  const auto more = co_await std::move(moves);
  if (!more || subscriber_.over() != Code::ok) co_return more;
  auto alarms = pass_on_alarms();
  const auto more_alarms = co_await std::move(alarms);
  if (!more_alarms) co_return more_alarms;
  auto flushing = flush();
  if (const auto sent = co_await std::move(flushing); !sent) co_return fail(sent.error());
  co_return *more || *more_alarms;
}

net::Task<Result<>> StreamSender::add(std::string_view event, const std::string& data) {
  out_.push_back(std::make_shared<const std::string>(server_sent(event, api::to_text(place_), data)));
  out_bytes_ += out_.back()->size();
  ended_with_id_ = place_;
  if (out_bytes_ < kPiece) co_return Result<>{};
  auto flushing = flush();
  co_return co_await std::move(flushing);
}

net::Task<Result<>> StreamSender::flush() {
  out_bytes_ = 0;
  if (out_.empty()) co_return Result<>{};
  auto writing = write(std::exchange(out_, {}));
  co_return co_await std::move(writing);
}

void StreamSender::add_reset(std::string_view cause) {
  out_.push_back(word("reset", place_, Code::api_cursor_gone, call_.language, cause));
  ended_with_id_ = place_;
  metrics::counter("camfleet_stream_resets_total", "Followers that were told to read the list again.").add();
}

net::Task<Result<bool>> StreamSender::pass_on_moves() {
  const auto batch = feed_.log().read(place_.moves, kBatch);
  if (batch.lost != MoveLog::Lost::nothing) {
    place_.moves = batch.next;
    add_reset(to_text(batch.lost));
  }
  for (const auto& entry : batch.entries) {
    place_.moves.number = entry->number;
    const auto told = heard_by(call_.fleet, entry);
    if (!told || !interest_.wants(*told)) continue;
    auto text = told == entry
                    ? feed_.text_of(entry, call_.language)
                    : std::make_shared<const std::string>(StreamFeed::make_text(*told, call_.language));
    auto adding = add(fleet::to_text(told->kind), *text);
    if (const auto added = co_await std::move(adding); !added) co_return fail(added.error());
    if (subscriber_.over() != Code::ok) co_return true;  // what follows is sent when it comes back
  }
  place_.moves = batch.next;
  co_return batch.entries.size() == kBatch;
}

// Of the ledger, which outlives us: who comes back after a restart goes on where he was.
net::Task<Result<bool>> StreamSender::pass_on_alarms() {
  auto* const ledger = feed_.ledger();
  if (ledger == nullptr) co_return false;
  const auto newest = ledger->newest();
  if (!place_.events || !interest_.wants_alarms()) {
    place_.events = newest;
    co_return false;
  }
  if (*place_.events > newest) {
    place_.events = newest;
    add_reset("unknown");
  } else if (const auto oldest = ledger->oldest(); *place_.events + 1 < oldest) {
    place_.events = oldest - 1;
    add_reset("overrun");
  }
  if (*place_.events == newest) co_return false;
  auto reading = ledger->read(*place_.events, kBatch);
  const auto entries = co_await std::move(reading);
  if (!entries) {
    // What cannot be read is not waited for.
    place_.events = newest;
    add_reset("overrun");
    co_return false;
  }
  for (const auto& entry : *entries) {
    place_.events = entry->seq;
    if (!hears_alarm(call_.fleet, interest_, *entry)) continue;
    const auto text = feed_.text_of(entry, call_.language);
    auto adding = add("alarm", *text);
    if (const auto added = co_await std::move(adding); !added) co_return fail(added.error());
    if (subscriber_.over() != Code::ok) co_return true;
  }
  co_return entries->size() == kBatch;
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
