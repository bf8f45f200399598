#include "api/stream_feed.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/alarm_names.h"
#include "base/metrics.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

metrics::Gauge& subscribers() {
  static auto& gauge =
      metrics::gauge("camfleet_stream_subscribers", "Who follows the stream of events over HTTP.");
  return gauge;
}

std::string_view to_text(model::Phase phase) {
  switch (phase) {
    case model::Phase::active:
      return "active";
    case model::Phase::inactive:
      return "inactive";
    case model::Phase::pulse:
      return "pulse";
  }
  return "pulse";
}

json::object alarm_json(const fleet::LogEntry& entry, std::string_view id, Language language) {
  const auto& event = *entry.alarm.event;
  return {{"id", id},
          {"event", "alarm"},
          {"device", entry.device->id.str()},
          {"channel", event.channel},
          {"type", clean_utf8(event.type)},
          {"type_text", alarm_name(event.type, language)},
          {"phase", to_text(event.phase)},
          {"device_time", clean_utf8(event.device_time)},
          {"received", to_rfc3339(event.received)},
          {"description", clean_utf8(event.description)},
          {"count", event.count},
          {"left_out", entry.alarm.left_out}};
}

json::object to_json(const fleet::LogEntry& entry, std::string_view id, Language language) {
  if (entry.kind == fleet::LogEntry::Kind::alarm) return alarm_json(entry, id, language);
  return {{"id", id},
          {"type", fleet::to_text(entry.kind)},
          {"device", entry.device->id.str()},
          {"from", model::to_text(entry.from)},
          {"to", model::to_text(entry.to)},
          {"reason", name(entry.reason)},
          {"text", sentence(entry.reason, language)},
          {"detail", clean_utf8(entry.detail)},
          {"at", to_rfc3339(entry.at)},
          {"attempts", entry.attempts},
          {"next_attempt",
           entry.next_attempt ? json::value(to_rfc3339(*entry.next_attempt)) : json::value(nullptr)}};
}

}  // namespace

std::string server_sent(std::string_view event, std::string_view id, std::string_view data) {
  return fmt::format("event: {}\nid: {}\ndata: {}\n\n", event, id, data);
}

StreamFeed::StreamFeed(net::Loops& loops, fleet::MoveLog& log, StreamOptions options)
    : log_(log), options_(options) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    loops_.push_back(std::make_unique<OnLoop>(loops.at(i)));
    log_.listen(*loops_.back());
  }
  for (auto& language : made_) language.resize(kMade);
}

StreamFeed::~StreamFeed() {
  for (auto& loop : loops_) log_.silence(*loop);
}

void StreamFeed::OnLoop::ring() {
  // A read costs the writers less than an exchange where nobody waits.
  if (armed.load(std::memory_order_relaxed) && armed.exchange(false)) loop.post([this] { wake(); });
}

void StreamFeed::OnLoop::wake() {
  for (auto* subscriber : subscribers) subscriber->more_.set();
}

StreamFeed::Subscriber::Subscriber(StreamFeed& feed)
    : feed_(feed),
      loop_(net::Loop::current()->index()),
      more_(net::Loop::current()->executor()),
      end_(net::Loop::current()->executor()) {
  feed_.loops_[loop_]->subscribers.push_back(this);
  subscribers().add(1);
}

StreamFeed::Subscriber::~Subscriber() {
  feed_.loops_[loop_]->subscribers.remove(this);
  subscribers().add(-1);
  const std::lock_guard lock{feed_.mutex_};
  --feed_.count_;
  feed_.none_left_.notify_all();
}

net::Task<> StreamFeed::Subscriber::wait_for_more(const fleet::LogCursor& place, Deadline deadline) {
  more_.clear();
  feed_.loops_[loop_]->armed = true;
  // What came before the bell was armed did not ring it.
  if (over_ != Code::ok || feed_.log_.cursor() != place) co_return;
  co_await more_.wait(deadline);
}

net::Task<> StreamFeed::Subscriber::rest(Deadline deadline) {
  if (over_ == Code::ok) co_await end_.wait(deadline);
}

void StreamFeed::Subscriber::end(Code why) {
  if (over_ == Code::ok) over_ = why;
  more_.set();
  end_.set();
}

Result<std::unique_ptr<StreamFeed::Subscriber>> StreamFeed::subscribe() {
  {
    const std::lock_guard lock{mutex_};
    if (stopping_) return fail(Code::fleet_stopping);
    if (count_ >= options_.max_subscribers)
      return fail(
          Error{Code::api_too_many_streams, std::to_string(options_.max_subscribers) + " are open", 5});
    ++count_;
  }
  return std::make_unique<Subscriber>(*this);
}

void StreamFeed::stop_and_wait(std::chrono::milliseconds patience) {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  for (auto& loop : loops_)
    loop->loop.post([on = loop.get()] {
      for (auto* subscriber : on->subscribers) subscriber->end(Code::fleet_stopping);
    });
  std::unique_lock lock{mutex_};
  none_left_.wait_for(lock, patience, [this] { return count_ == 0; });
}

std::shared_ptr<const std::string> StreamFeed::text_of(const fleet::LogEntryPtr& entry, std::uint64_t run,
                                                       Language language) {
  auto& slots = made_[language == Language::zh ? 1 : 0];
  auto& slot = slots[entry->number % kMade];
  {
    const std::lock_guard lock{made_mutex_};
    if (slot.number == entry->number) return slot.text;
  }
  auto text = std::make_shared<const std::string>(make_text(*entry, run, language));
  const std::lock_guard lock{made_mutex_};
  if (slot.number < entry->number) slot = {entry->number, text};
  return text;
}

std::string StreamFeed::make_text(const fleet::LogEntry& entry, std::uint64_t run, Language language) {
  const auto id = fleet::to_text(fleet::LogCursor{run, entry.number});
  return server_sent(fleet::to_text(entry.kind), id, json::serialize(to_json(entry, id, language)));
}

}  // namespace camfleet::api
