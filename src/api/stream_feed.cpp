#include "api/stream_feed.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/event_json.h"
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

// As who follows has known alarms from the first day, and what the ledger adds.
json::object alarm_json(const model::LedgerEntry& entry, Language language) {
  auto out = to_json(entry, language);
  const auto state = entry.state;
  out["entry"] = entry.id();
  out["event_id"] = entry.event;
  out["event"] = "alarm";
  out["phase"] = state == model::EventState::pulse ? "pulse"
                 : state == model::EventState::end ? "inactive"
                                                   : "active";
  out["left_out"] = 0;
  out.erase("id");  // here it is the place in the stream
  return out;
}

json::object to_json(const fleet::LogEntry& entry, Language language) {
  return {{"type", fleet::to_text(entry.kind)},
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
  data.remove_prefix(1);  // its brace: the id comes before the first member
  return fmt::format("event: {}\nid: {}\ndata: {{\"id\":\"{}\",{}\n\n", event, id, id, data);
}

StreamFeed::StreamFeed(net::Loops& loops, fleet::MoveLog& log, model::LedgerFeed* ledger,
                       StreamOptions options)
    : log_(log), ledger_(ledger), options_(options) {
  for (std::size_t i = 0; i < loops.size(); ++i) {
    loops_.push_back(std::make_unique<OnLoop>(loops.at(i)));
    log_.listen(*loops_.back());
    if (ledger_ != nullptr) ledger_->listen(*loops_.back());
  }
  for (auto* slots : {&made_, &made_alarms_})
    for (auto& language : *slots) language.resize(kMade);
}

StreamFeed::~StreamFeed() {
  for (auto& loop : loops_) {
    log_.silence(*loop);
    if (ledger_ != nullptr) ledger_->silence(*loop);
  }
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

net::Task<> StreamFeed::Subscriber::wait_for_more(const StreamCursor& place, Deadline deadline) {
  more_.clear();
  feed_.loops_[loop_]->armed = true;
  // What came before the bell was armed did not ring it.
  if (over_ != Code::ok || feed_.log_.cursor() != place.moves) co_return;
  if (feed_.ledger_ != nullptr && feed_.ledger_->newest() != place.events) co_return;
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

template <class Make>
std::shared_ptr<const std::string> StreamFeed::made(Slots& slots, std::uint64_t number, Language language,
                                                    Make make) {
  auto& slot = slots[language == Language::zh ? 1 : 0][number % kMade];
  {
    const std::lock_guard lock{made_mutex_};
    if (slot.number == number) return slot.text;
  }
  auto text = std::make_shared<const std::string>(make());
  const std::lock_guard lock{made_mutex_};
  if (slot.number < number) slot = {number, text};
  return text;
}

std::shared_ptr<const std::string> StreamFeed::text_of(const fleet::LogEntryPtr& entry, Language language) {
  return made(made_, entry->number, language, [&] { return make_text(*entry, language); });
}

std::shared_ptr<const std::string> StreamFeed::text_of(const model::LedgerEntryPtr& entry,
                                                       Language language) {
  return made(made_alarms_, entry->seq, language,
              [&] { return json::serialize(alarm_json(*entry, language)); });
}

std::string StreamFeed::make_text(const fleet::LogEntry& entry, Language language) {
  return json::serialize(to_json(entry, language));
}

}  // namespace camfleet::api
